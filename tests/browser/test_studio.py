"""The studio before a designer: real frames, tokens that answer at once, saved files that appear by themselves."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from demo.places import listening, port
from demo.world import World
from tests.browser.visitor import Visitor
from widgets.app import build
from widgets.settings import load
from widgets.theme import HERE
from widgets.themes.merge import mark
from widgets.themes.samples import STATES

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
LINK = "a.pw-btn--link"
FOOT = (HERE / "templates" / "_foot.html").read_text("utf-8")
AXE = Path(__file__).parents[1] / "node_modules" / "axe-core" / "axe.min.js"
RUN = """() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}).then(found =>
  found.violations.map(each => [each.id, ...each.nodes.map(node => node.target.join(' '))]))"""


def colour(hexadecimal: str) -> str:
    """As a browser computes it."""
    return f"rgb({', '.join(str(int(hexadecimal[i : i + 2], 16)) for i in (1, 3, 5))})"


async def test_the_gallery_shows_every_state_in_frames_of_their_own_height(visitor: Visitor) -> None:
    """All of both widgets, drawn, none cut off, and a quiet console."""
    page = await visitor.open(f"{visitor.world.at.widgets}/studio?theme=default")
    for name in ("todos", "notices"):
        for state in STATES:
            frame = page.locator(f"iframe[src*='/{name}/{state}']")
            await frame.scroll_into_view_if_needed()
            card = frame.content_frame.locator(f".pw[data-state={state}]")
            inside = await card.evaluate("card => card.getBoundingClientRect().bottom")
            await expect(frame).to_have_css("height", f"{max(ceil(inside), 96)}px")


async def test_a_typed_colour_is_on_the_card_and_judged_at_once(visitor: Visitor) -> None:
    """Too faint: its ratio is marked and a tone that passes is offered; the offer is taken with one press."""
    page = await visitor.open(f"{visitor.world.at.widgets}/studio/default/todos/ok?scheme=light")
    link = page.frame_locator("iframe").locator(LINK)
    row = page.locator("[data-token=link]")
    await row.locator("[type=text]").fill("#8AB4E8")
    await expect(link).to_have_css("color", colour("#8AB4E8"))
    await expect(row.locator(".ratio--low")).to_have_count(2)
    await expect(page.locator("[data-low]")).to_have_text("1")
    offer = row.get_by_role("button")
    tone = await offer.get_attribute("data-use")
    assert tone
    await offer.click()
    await expect(link).to_have_css("color", colour(tone))
    await expect(row.locator(".ratio--low")).to_have_count(0)
    again = await visitor.open(page.url)
    await expect(again.frame_locator("iframe").locator(LINK)).to_have_css("color", colour(tone))
    await again.get_by_role("button", name="撤销").click()
    await expect(again.frame_locator("iframe").locator(LINK)).to_have_css("color", colour("#0A58A8"))


async def test_the_width_is_drawn_and_kept_in_the_address(visitor: Visitor) -> None:
    """By the arrow keys and by the pointer; the next state is looked at in the same width."""
    page = await visitor.open(f"{visitor.world.at.widgets}/studio/default/todos/ok?w=480")
    grip = page.get_by_role("separator")
    await grip.press("ArrowRight")
    await expect(page.locator("iframe")).to_have_attribute("width", "488")
    box = await grip.bounding_box()
    assert box
    await page.mouse.move(box["x"] + 5, box["y"] + 50)
    await page.mouse.down()
    await page.mouse.move(box["x"] - 95, box["y"] + 50, steps=5)
    await page.mouse.up()
    await expect(page.locator("iframe")).to_have_attribute("width", "288")
    await page.get_by_role("link", name="没有内容").first.click()
    await expect(page.locator("iframe")).to_have_attribute("width", "288")


async def test_a_hostile_portal_changes_nothing_in_the_card(visitor: Visitor) -> None:
    """The same computed styles of every element, in a portal with ordinary and with hostile styles."""
    seen = []
    for portal in ("plain", "hostile"):
        page = await visitor.open(
            f"{visitor.world.at.widgets}/studio/page/default/todos/partial?page={portal}"
        )
        await page.locator("portal-widget .pw[data-widget]").wait_for()
        seen.append(await page.locator("portal-widget").evaluate(COMPUTED))
    assert len(seen[0]) > 50
    assert seen[0] == seen[1]


COMPUTED = """host => [...host.shadowRoot.querySelectorAll('.pw, .pw *')].map(each => {
  const style = getComputedStyle(each);
  return ['font', 'color', 'backgroundColor', 'margin', 'padding', 'letterSpacing', 'textIndent', 'textTransform',
    'wordSpacing', 'lineHeight', 'borderTopWidth', 'boxSizing', 'listStyleType', 'textAlign', 'textDecorationLine'
  ].map(name => style[name]).join('|');
})"""


@dataclass
class Bench:
    """A designer's own installation: a folder of themes, and where its studio is."""

    folder: Path
    address: str

    def save(self, name: str, text: str) -> None:
        (self.folder / "mine" / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / "mine" / name).write_text(text, "utf-8")

    def accent(self, value: str) -> None:
        self.save("tokens.json", json.dumps({"color": {"link": {"$value": value}}}))


@pytest_asyncio.fixture(loop_scope="session")
async def bench(hospital: World, tmp_path: Path) -> Bench:
    place = listening(0)
    made = Bench(tmp_path, f"http://studio.hospital.localhost:{port(place)}")
    made.accent("#7A1FA2")
    changed = {"BASE_URL": made.address, "THEMES_DIR": str(tmp_path), "THEME": "default"}
    named = {f"PORTAL_WIDGETS__SERVICE__{name}": value for name, value in changed.items()}
    await hospital.servers.add(build(load(hospital.config, named)), place)
    return made


async def marked(page: Page) -> None:
    """Scrolled, with something typed: what a page loaded anew would lose."""
    await page.evaluate("scrollTo(0, 40); document.querySelector('.tokens').scrollTop = 200")
    await page.frame_locator("iframe").locator(".pw-item").first.evaluate("row => { row.marked = true; }")


async def test_what_is_saved_appears_and_nothing_is_lost(visitor: Visitor, bench: Bench) -> None:
    """Tokens, a word and a part are taken up in place; the rows, the scroll and what is being tried stay."""
    page = await visitor.open(f"{bench.address}/studio/mine/todos/ok?scheme=light")
    await page.set_viewport_size({"width": 1280, "height": 500})
    frame = page.frame_locator("iframe")
    await expect(frame.locator(LINK)).to_have_css("color", colour("#7A1FA2"))
    await page.locator("[data-token=text] [type=text]").fill("#000033")
    await marked(page)
    bench.accent("#00695C")
    bench.save("messages/zh-CN.json", json.dumps({"all": "看全部"}))
    await expect(frame.locator(LINK)).to_have_css("color", colour("#00695C"), timeout=15_000)
    await expect(frame.locator(LINK)).to_contain_text("看全部")
    assert await frame.locator(".pw-item").first.evaluate("row => row.marked")
    assert (40, 200) == tuple(await page.evaluate("[scrollY, document.querySelector('.tokens').scrollTop]"))
    await expect(frame.locator(".pw-text").first).to_have_css("color", colour("#000033"))
    assert "#00695C" == await page.locator("[data-token=link] [type=text]").input_value()


async def test_a_slip_is_told_above_the_stage_and_goes_away(visitor: Visitor, bench: Bench) -> None:
    """What was there before stays; the sentence names the file and the nearest name."""
    page = await visitor.open(f"{bench.address}/studio/mine/todos/ok?scheme=light")
    bench.save("tokens.json", json.dumps({"color": {"lnik": {"$value": "#00695C"}}}))
    notice = page.locator("[data-refused]")
    await expect(notice).to_contain_text("color.link is the nearest", timeout=15_000)
    await expect(page.frame_locator("iframe").locator(LINK)).to_have_css("color", colour("#7A1FA2"))
    bench.accent("#00695C")
    await expect(notice).to_be_hidden(timeout=15_000)
    await expect(page.frame_locator("iframe").locator(LINK)).to_have_css("color", colour("#00695C"))


async def test_what_ours_has_changed_under_a_copied_part_is_shown_line_by_line(
    visitor: Visitor, bench: Bench
) -> None:
    """What is gone and what is new, as `theme check` says it."""
    older = FOOT.replace(FOOT.splitlines()[0], "<!-- older -->")
    bench.save("based-on/_foot.html", older)
    bench.save("parts/_foot.html", f"{mark(older)}\n{FOOT}<p class='mine-own'></p>\n")
    page = await visitor.open(f"{bench.address}/studio/mine/todos/ok?scheme=light")
    shown = page.locator("[data-check] li", has=page.locator("b", has_text="T07")).locator("pre")
    await expect(shown.locator("del")).to_have_text("-<!-- older -->\n", timeout=60_000)
    await expect(shown.locator("ins")).to_have_text(f"+{FOOT.splitlines()[0]}\n")
    await page.evaluate(AXE.read_text("utf-8"))
    assert [] == await page.evaluate(RUN)


STYLE = """what => [...document.querySelectorAll('.pw, .pw *')].map(each => getComputedStyle(each)[what])"""


@pytest.mark.parametrize(
    ("aid", "medium", "seen"),
    [
        ("still", {"reduced_motion": "reduce"}, ("animationName",)),
        ("print", {"media": "print"}, ("display", "webkitLineClamp", "paddingTop")),
        ("forced", {"forced_colors": "active"}, ("display", "color", "borderTopStyle")),
    ],
)
@pytest.mark.parametrize("state", ["ok", "starting", "stale"])
async def test_what_the_studio_imitates_is_what_the_browser_does(
    visitor: Visitor, state: str, aid: str, medium: Any, seen: tuple[str, ...]
) -> None:
    """In each medium the same is drawn as the browser draws there, part by part; of colours, the same are alike."""
    studio = f"{visitor.world.at.widgets}/studio"
    page = await visitor.open(f"{studio}/default/todos/{state}?aid={aid}&scheme=light&mask=on")
    await expect(page.locator(".told")).to_be_visible()
    imitation = page.frames[1]
    await imitation.wait_for_function("document.adoptedStyleSheets.length && document.querySelector('.pw')")
    real = await visitor.context.new_page()
    await real.set_viewport_size({"width": 360, "height": 900})
    await real.emulate_media(**medium)
    await real.goto(f"{studio}/frame/default/todos/{state}?scheme=light&mask=on")
    for what in seen:
        ours, theirs = [await each.evaluate(STYLE, what) for each in (imitation, real)]
        assert [theirs.index(each) for each in theirs] == [ours.index(each) for each in ours], what


async def test_an_imitation_stays_inside_the_card(visitor: Visitor) -> None:
    """In a portal's page the card alone is printed without grounds."""
    page = await visitor.open(
        f"{visitor.world.at.widgets}/studio/default/todos/ok?aid=print&page=plain&scheme=light"
    )
    inside = page.frame_locator("iframe")
    await expect(inside.locator(".pw[data-widget]")).to_have_css("background-color", "rgba(0, 0, 0, 0)")
    await expect(inside.locator(".portal-head")).to_have_css("background-color", "rgb(34, 48, 63)")


async def test_a_zoomed_card_has_half_the_width(visitor: Visitor) -> None:
    """Twice as large in the same place, and the width can still be drawn."""
    page = await visitor.open(f"{visitor.world.at.widgets}/studio/default/todos/ok?aid=zoom&w=640")
    frame = page.locator("iframe")
    assert 320 == await frame.content_frame.locator(".pw").evaluate("card => card.offsetWidth")
    assert 640 == (await frame.bounding_box() or {})["width"]
    await page.locator("[data-grip]").press("ArrowRight")
    assert 324 == await frame.content_frame.locator(".pw").evaluate("card => card.offsetWidth")


async def test_the_builder_follows_its_form_and_copies_on_plain_http(visitor: Visitor) -> None:
    """A choice changes code, card and address; the address opens the same; copying needs no secure context."""
    await visitor.context.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page = await visitor.open(f"{visitor.world.at.widgets}/studio/embed")
    await page.get_by_label("HTMX 4").check()
    await page.get_by_label("尺寸").select_option("compact")
    code = page.locator("#code")
    await expect(code).to_contain_text("hx-config")
    await expect(code).to_contain_text("size=compact")
    await page.wait_for_url("**way=htmx-4**size=compact**")
    await expect(code).to_have_text(await reserved(page))
    await page.get_by_role("button", name="复制").click()
    await page.evaluate("document.body.appendChild(document.createElement('textarea')).focus()")
    await page.keyboard.press("Control+V")
    written = await code.text_content()
    assert written == await page.locator("textarea").input_value()
    again = await visitor.open(page.url)
    await expect(again.locator("#code")).to_have_text(written or "")


async def reserved(page: Page) -> re.Pattern[str]:
    """Code with the heights of the two cards on the builder's stage, rounded up to ten."""
    heights = []
    for name in ("todos", "notices"):
        card = page.frame_locator(f"iframe[src*='/{name}/']").locator(".pw[data-widget]")
        heights.append(
            await card.evaluate("card => Math.ceil(card.getBoundingClientRect().height / 10) * 10")
        )
    return re.compile(r'height(?:="|:)' + r'.*height(?:="|:)'.join(str(each) for each in heights), re.DOTALL)


@pytest.mark.parametrize("way", ["iframe-script", "element", "htmx-2", "esi"])
async def test_the_code_keeps_the_place_that_the_cards_on_the_stage_take(visitor: Visitor, way: str) -> None:
    """As many rows as are asked for, and another height when the width is drawn."""
    page = await visitor.open(f"{visitor.world.at.widgets}/studio/embed?way={way}&limit=9&w=360")
    rows = page.frame_locator("iframe[src*='/todos/']").locator(".pw-item")
    await expect(rows).to_have_count(9)
    await expect(page.locator("#code")).to_have_text(narrow := await reserved(page))
    await page.locator("[data-grip]").press("ArrowRight")
    for _ in range(40):
        await page.keyboard.press("ArrowRight")
    await expect(page.locator("#code")).not_to_have_text(narrow)
    await expect(page.locator("#code")).to_have_text(await reserved(page))


async def test_the_doctor_takes_a_file_of_five_megabytes(visitor: Visitor, tmp_path: Path) -> None:
    """The browser sends the tags that matter, runs and loads nothing of it; what is wrong is found all the same."""
    saved, at = tmp_path / "portal.html", visitor.world.at
    frame = f'<iframe src="{at.widgets}/widgets/todos" sandbox="allow-scripts" onload="document.title=1"></iframe>'
    around = f'<main hx-target="#x"><p><b hx-get="{at.widgets}/widgets/notices"></b></p></main>'
    program = f"<script>document.title = 'run' + (1 < 2); // {'x' * 2_000_000}</script>"
    loads = (
        f'<img src="{at.portal}/seen.png" onerror="document.title=2"><link rel=stylesheet href="/seen.css">'
    )
    saved.write_text(
        f"<!doctype html><!-- saved from url=(0030){at.portal}/ --><title>门户</title><style>a {{ color: red }}</style>"
        f"{program}{loads}{'<p>字</p>' * 200_000}{frame}{around}",
        "utf-8",
    )
    assert saved.stat().st_size > 4_000_000
    page = await visitor.open(f"{at.widgets}/studio/doctor?ui=en")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.locator("input[type=file]").set_input_files(saved)
    await expect(page.locator("textarea")).to_have_value(re.compile("widgets/todos"))
    assert [] == asked
    assert "Embed doctor" in await page.title()
    # Even of a document that is never shown the browser says what it would refuse.
    assert all("Content Security Policy" in each for each in visitor.troubles)
    visitor.troubles.clear()
    await page.get_by_role("button", name="Examine").last.click()
    findings = page.locator(".findings")
    for said in ("allow-same-origin", "has hx-target", "Leak score 1", "configured portal", "/seen.css"):
        await expect(findings).to_contain_text(said)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "path", ["?theme=default", "/default/todos/ok?ui=en", "/embed", "/doctor?url={portal}/"]
)
async def test_the_studio_itself_can_be_used_by_everybody(
    hospital: World, chromium: Browser, scheme: str, path: str
) -> None:
    """No violation of WCAG A and AA, in the light and in the dark."""
    async with Visitor.at(hospital, chromium, color_scheme=scheme) as visitor:
        page = await visitor.open(f"{hospital.at.widgets}/studio{path.format(portal=hospital.at.portal)}")
        await page.evaluate(AXE.read_text("utf-8"))
        assert [] == await page.evaluate(RUN)
