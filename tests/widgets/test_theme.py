"""A hospital's own look: what a theme may change, what it may not, and how it is told."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

import demo
from tests.widgets.cards import BASE, KINDS, LANGUAGES, STATES, card, todos
from widgets.theme import Theme, ThemeError
from widgets.theme_check.colour import RESERVE
from widgets.themes.colour import contrast
from widgets.themes.samples import every, odd
from widgets.tokens import PAIRS, TEXT

OURS = Theme(base_url=BASE)
WORKED = {
    name: Theme(Path(demo.__file__).parent / "theme", name, BASE)
    for name in ("hospital", "hospital-large", "hean")
}
HOSPITAL = WORKED["hospital"]
PART = "_state_empty.html"


def themed(folder: Path, **files: Any) -> Theme:
    """A theme with these files; `parts__x` stands for parts/x.html, and what is no text becomes JSON."""
    for name, content in files.items():
        path = folder / "east" / _path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False))
    return Theme(folder, "east", BASE)


def _path(name: str) -> str:
    kind, _, inner = name.partition("__")
    ends = {"parts": ".html", "messages": ".json", "tokens": ".json", "css": ".css"}
    return (
        f"{kind}/{inner.replace('DASH', '-')}{ends[kind]}"
        if inner
        else {"css": "theme.css"}.get(kind, f"{kind}.json")
    )


def dark(folder: Path, tokens: dict[str, Any]) -> None:
    (folder / "east").mkdir(exist_ok=True)
    (folder / "east" / "tokens.dark.json").write_text(json.dumps(tokens))


def test_a_theme_of_two_colours_changes_these_and_nothing_else(tmp_path: Path) -> None:
    theme = themed(tmp_path, tokens={"color": {"accent": {"$value": "#00695c"}}})
    changed = {name for name, value in theme.tokens.light.items() if value != OURS.tokens.light[name]}
    assert changed == {"accent"}
    assert "--pw-color-accent: var(--pw-light,#00695C) var(--pw-dark,#82BAFF);" in theme.style


def test_a_dark_value_leaves_the_light_one_alone(tmp_path: Path) -> None:
    dark(tmp_path, {"color": {"accent": {"$value": "#9BE8DA"}}})
    theme = Theme(tmp_path, "east", BASE)
    assert "--pw-color-accent: var(--pw-light,#0A58A8) var(--pw-dark,#9BE8DA);" in theme.style


@pytest.mark.parametrize(
    ("token", "css"),
    [
        ({"radius": {"card": {"$value": "12px"}}}, "--pw-radius-card: 12px;"),
        ({"radius": {"card": {"$value": {"value": 12, "unit": "px"}}}}, "--pw-radius-card: 12px;"),
        ({"clamp": {"title": {"$value": 3}}}, "--pw-clamp-title: 3;"),
        ({"font": {"family": {"$value": ["霞鹜文楷", "serif"]}}}, '--pw-font-family: "霞鹜文楷",serif;'),
        ({"color": {"link": {"$value": "{color.critical}"}}}, "--pw-color-link: var(--pw-light,#B5121B)"),
        (
            {"color": {"link": {"$value": {"colorSpace": "srgb", "hex": "#123456"}}}},
            "var(--pw-light,#123456)",
        ),
    ],
)
def test_tokens_are_read_in_every_form_of_the_format(tmp_path: Path, token: dict[str, Any], css: str) -> None:
    assert css in themed(tmp_path, tokens=token).style


@pytest.mark.parametrize(
    "token",
    [
        {"color": {"accent": {"$value": "red;} body{display:none"}}},
        {"color": {"accent": {"$value": "</style><script>"}}},
        {"color": {"accent": {"$value": "{color.nothing}"}}},
        {"color": {"accent": {"$value": 3}}},
        {"color": {"acent": {"$value": "#00695C"}}},
        {"font": {"size": {"$value": "14px;color:red"}}},
        {"font": {"size": {"$value": "2rem"}}},
        {"font": {"family": {"$value": ['x";} *{']}}},
        {"clamp": {"title": {"$value": 0}}},
        {"color": ["#00695C"]},
    ],
)
def test_a_token_that_is_no_plain_value_is_refused_by_name(tmp_path: Path, token: dict[str, Any]) -> None:
    with pytest.raises(ThemeError, match=r"tokens\.json"):
        themed(tmp_path, tokens=token)


def test_a_misspelt_token_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ThemeError, match=r"there is no token color\.acent; color\.accent is the nearest"):
        themed(tmp_path, tokens={"color": {"acent": {"$value": "#00695C"}}})


@pytest.mark.parametrize(
    ("token", "wrong"),
    [
        ({"color": {"accent": "#00695C"}}, "color.accent must be an object: a value is written"),
        ({"color.accent": {"$value": "#00695C"}}, '"color.accent" must be written "color": { "accent": … }'),
        ({"color": {"link": {"$value": "{color.acent}"}}}, "there is no such token; accent is the nearest"),
        (
            {"color": {"link": {"$value": "{color.link}"}}},
            "color.link refers to other colours that lead back",
        ),
    ],
)
def test_a_token_in_the_wrong_form_is_answered_with_the_right_one(
    tmp_path: Path, token: dict[str, Any], wrong: str
) -> None:
    with pytest.raises(ThemeError, match=re.escape(wrong)):
        themed(tmp_path, tokens=token)


@pytest.mark.parametrize(
    ("name", "nearest"), [("token.json", "tokens.json"), ("messages/zh.json", "zh-CN.json")]
)
def test_a_file_with_nearly_the_right_name_is_not_passed_over(
    tmp_path: Path, name: str, nearest: str
) -> None:
    (tmp_path / "east" / name).parent.mkdir(parents=True)
    (tmp_path / "east" / name).write_text("{}")
    with pytest.raises(ThemeError, match=re.escape(f"{name} is not read; {nearest} is the nearest")):
        Theme(tmp_path, "east", BASE)


def test_what_an_editor_or_a_desktop_leaves_behind_does_no_harm(tmp_path: Path) -> None:
    words = tmp_path / "east" / "messages" / "zh-CN.json"
    words.parent.mkdir(parents=True)
    words.write_text('\ufeff{"all": "更多"}', "utf-8")
    for folder in ("parts", "assets"):
        (tmp_path / "east" / folder).mkdir()
        (tmp_path / "east" / folder / ".DS_Store").write_bytes(b"\x00\xff")
    assert Theme(tmp_path, "east", BASE).words["zh-CN"]["all"] == "更多"


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    words = tmp_path / "east" / "messages" / "zh-CN.json"
    words.parent.mkdir(parents=True)
    words.write_bytes('{"all": "更多"}'.encode("gbk"))
    with pytest.raises(ThemeError, match=r"zh-CN\.json is not UTF-8"):
        Theme(tmp_path, "east", BASE)


def test_one_part_is_replaced_and_all_others_stay(tmp_path: Path) -> None:
    theme = themed(tmp_path, parts___state_empty="<p>{{ m['empty-todos'] }} · {{ w.title }}</p>")
    assert "<p>没有待办 · 待办</p>" in theme.widget(card(state="empty"), as_fragment=False)
    assert _body(theme.widget(card(), True)) == _body(OURS.widget(card(), True))


@pytest.mark.parametrize(
    ("name", "source", "wrong"),
    [
        ("_state_empty", "{% if %}", "cannot be read: line 1"),
        (
            "_state_empty",
            "{% set a = 1 %}\n{% if w.total %}\n{% for row in w.items %}\n{% if row.title %}\n{% endfor %}{% endif %}",
            "opens {% if %} and does not close it: {% endif %} is missing before line 5",
        ),
        (
            "_state_empty",
            "{% set rows %}{% endset %}\n{% if w.total %}<p>\n</p>",
            "opens {% if %} and does not close it: {% endif %} is missing at the end",
        ),
        ("_state_empty", "{{ w.salary }}", "reads fields that do not exist: salary"),
        ("_state_empty", "{{ w.__class__ }}", "reads fields that do not exist: __class__"),
        ("_state_empty", "{{ request }}", "uses names that do not exist: request"),
        ("_state_empty", "{{ m['nothing'] }}", "uses messages that do not exist: nothing"),
        ("_state_empty", "{{ w.title | safe }}", "may not use the filter safe"),
        ("_state_empty", "{{ w['__class__'] }}", "may not look inside Python"),
        ("_state_empty", "{{ w | attr('title') }}", "may not look inside Python"),
        (
            "_state_empty",
            "{% autoescape false %}{{ w.title }}{% endautoescape %}",
            "may not switch escaping off",
        ),
        ("_state_empty", "<script>1</script>", "may not contain <script"),
        ("_state_empty", '<p onclick="x">', "may not contain onclick="),
        ("_state_empty", '<p style="x">', "may not contain style=: rules belong in theme.css"),
        ("_state_empty", '<img src="assets/logo.svg">', "may show images of assets/ only"),
        (
            "_state_empty",
            "<img src=\"{{ assets['logo.svg'] }}\">",
            "shows assets that do not exist: logo.svg",
        ),
        ("_state_empty", "{% include '_logo.html' %}", "includes files that do not exist: _logo.html"),
        ("_state_empty", "{{ w.title | large }}", "cannot be read: line 1: No filter named 'large'."),
        ("_state_empty", "{{ w is large }}", "cannot be read: line 1: No test named 'large'"),
        ("_state_empty", "{{ w.titel }}", "reads fields that do not exist: titel; title is the nearest"),
        ("_todo", "{{ w.items[0].department }}", "reads fields that do not exist: department"),
        (
            "_foot",
            "{# data-pw-updated #}<!-- data-pw-pause -->",
            "lacks what the card needs to work: data-pw-pause, data-pw-updated",
        ),
        ("_todo", "{% for row in w.items %}{{ row.title }}{% endfor %}", "lacks what the card needs to work"),
        ("_todoo", "<p>", "is not a part that a theme may replace"),
        ("_page", "<p>", "is not a part that a theme may replace"),
    ],
)
def test_a_broken_part_is_refused_in_a_sentence_that_names_it(
    tmp_path: Path, name: str, source: str, wrong: str
) -> None:
    with pytest.raises(ThemeError, match=rf"{name}\.html:\d+ {re.escape(wrong)}"):
        themed(tmp_path, **{f"parts__{name}": source})


def test_messages_are_replaced_key_by_key(tmp_path: Path) -> None:
    theme = themed(tmp_path, messages__en={"open-oa": "Open the office system"})
    assert theme.words["en"]["open-oa"] == "Open the office system"
    assert {**theme.words["en"], "open-oa": "Open the OA"} == OURS.words["en"]


@pytest.mark.parametrize(
    "changed", [{"opn-oa": "Open"}, {"updated": "Updated"}, {"updated": "{time.x}"}, {"all": 3}]
)
def test_a_message_that_does_not_fit_is_refused_by_key(tmp_path: Path, changed: dict[str, Any]) -> None:
    with pytest.raises(ThemeError, match=next(iter(changed))):
        themed(tmp_path, messages__en=changed)


def test_a_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    with pytest.raises(ThemeError, match=r"tokens\.json is not JSON"):
        themed(tmp_path, tokens="{")


def test_rules_of_a_theme_come_last(tmp_path: Path) -> None:
    assert themed(tmp_path, css=".pw-head { border: 0; }").style.endswith(".pw-head { border: 0; }\n")


@pytest.mark.parametrize(
    "css", ["</style>", "@import 'x';", "@layer a{}", "a{background:url(//x)}", "x" * 12_001]
)
def test_rules_that_reach_out_of_the_style_are_refused(tmp_path: Path, css: str) -> None:
    with pytest.raises(ThemeError, match=r"theme\.css"):
        themed(tmp_path, css=css)


def test_a_theme_that_is_not_there_is_logged_and_ours_is_shown(tmp_path: Path) -> None:
    with capture_logs() as logs:
        theme = Theme(tmp_path, "north", BASE)
    assert (logs[0]["event"], logs[0]["theme"], theme.name) == ("theme.unknown", "north", "default")
    assert theme.style == OURS.style


@pytest.mark.parametrize("name", ["../etc", "A", "-x", "", "a b", "a\n", "x" * 33])
def test_a_theme_is_named_by_letters_that_cannot_leave_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(ThemeError, match="must be named with"):
        Theme(tmp_path, name, BASE)


def test_faint_colours_of_a_theme_are_logged_with_their_contrast(tmp_path: Path) -> None:
    with capture_logs() as logs:
        themed(tmp_path, tokens={"color": {"text": {"$value": "#BBBBBB"}}})
    assert "text on surface (light) contrasts by 1.92, less than 4.5" in [line["pair"] for line in logs]


def test_an_asset_has_its_hash_in_its_name_and_is_found_by_it() -> None:
    url = OURS.asset("widgets.js")
    body, content_type = OURS.static(url.removeprefix(f"{BASE}/static/")) or (b"", "")
    assert re.fullmatch(rf"{BASE}/static/widgets\.[0-9a-f]{{12}}\.js", url)
    assert url.split(".")[-2] == sha256(body).hexdigest()[:12]
    assert content_type == "text/javascript; charset=utf-8"


def test_a_file_that_is_not_there_is_none() -> None:
    assert [OURS.static(path) for path in ("widgets.js", "../theme.py", "")] == [None, None, None]


def test_an_address_of_another_release_gives_todays_file_of_that_name_alone() -> None:
    """For a portal's page that has been open since before an upgrade, and loads a script only now."""
    for name in ("live.js", "fragment.js"):
        older = name.replace(".", ".0123456789ab.")
        assert OURS.static(older) is None
        assert OURS.static(older, any_hash=True) == OURS.static(OURS.asset(name).rpartition("/")[2])
    assert [None] * 4 == [
        OURS.static(path, any_hash=True)
        for path in ("live.js", "x.0123456789ab.js", "../live.0123456789ab.js", "")
    ]


def test_assets_of_a_theme_are_served_and_scripts_in_them_are_refused(tmp_path: Path) -> None:
    assets = tmp_path / "east" / "assets"
    assets.mkdir(parents=True)
    (assets / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert Theme(tmp_path, "east", BASE).asset("logo.svg").startswith(f"{BASE}/static/logo.")
    (assets / "logo.svg").write_text("<svg><script>1</script></svg>")
    with pytest.raises(ThemeError, match=r"logo\.svg is not a plain"):
        Theme(tmp_path, "east", BASE)


@pytest.mark.parametrize(
    "html", [OURS.widget(card(), False), OURS.page("signed_in"), OURS.page("error", code="x", reference="")]
)
def test_the_policy_hash_fits_the_one_inline_style_of_every_document(html: str) -> None:
    [style] = re.findall(r"<style>(.*?)</style>", html, re.S)
    assert f"'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'" == next(iter(OURS.style_hashes))


def test_the_loader_knows_where_the_runtime_for_cards_in_the_page_is() -> None:
    [address] = re.findall(rf"'({BASE}/static/fragment\.[0-9a-f]+\.js)'", OURS.embed_js().decode())
    body, _ = OURS.static(address.rpartition("/")[2]) or (b"", "")
    assert 0 < body.index(b"window.portalWidgets = {") < body.index(b"page.mount =")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back", "least"), PAIRS)
def test_every_pair_of_colours_can_be_told_apart(scheme: str, front: str, back: str, least: float) -> None:
    """Text with the reserve that rule K03 asks for on washed-out monitors."""
    colours = OURS.tokens.light if scheme == "light" else OURS.tokens.dark
    assert contrast(colours[front], colours[back]) >= (RESERVE if least == TEXT else least)


@pytest.mark.parametrize("theme", WORKED.values(), ids=WORKED)
def test_every_pair_of_colours_of_the_worked_themes_can_be_told_apart(theme: Theme) -> None:
    """In the variants of their campuses too."""
    every = (theme.tokens, *theme.overrides.campuses().values())
    assert [()] * len(every) == [tokens.faint() for tokens in every]


@pytest.mark.parametrize("view", [*every(), *odd()], ids=lambda view: f"{view.name}-{view.state}-{view.lang}")
def test_no_part_of_the_worked_themes_ever_fails(view: Any) -> None:
    for theme in WORKED.values():
        for row in view.items:
            assert row.href is None or row.href in theme.widget(view, as_fragment=True)
        assert theme.fallen == []
    assert [{}] * 3 == [theme.failing for theme in WORKED.values()]


def test_large_words_come_by_inheritance_and_all_else_stays() -> None:
    """A theme of sizes over another: its colours and words are the other's."""
    large = WORKED["hospital-large"]
    assert (large.tokens.light, large.words) == (HOSPITAL.tokens.light, HOSPITAL.words)
    assert ("19px", "44px") == (large.tokens.other["font-size-item"], large.tokens.other["size-target"])


def test_a_campus_has_its_variant_in_light_and_dark() -> None:
    drawn = [WORKED["hean"].widget(card(), False, campus=campus) for campus in ("main", "east")]
    assert ["var(--pw-light,#1F5F4A) var(--pw-dark,#8FD6BC)" in html for html in drawn] == [False, True]


def test_themes_build_on_each_other_token_by_token_and_word_by_word(tmp_path: Path) -> None:
    """Three levels: each says what differs, the nearest wins; parts draw their parent inside themselves."""
    part = "<i>{level}</i>{{% include 'parent:_state_empty.html' %}}"
    levels = (("one", "default", "#111111"), ("two", "one", "#222222"), ("three", "two", "#333333"))
    for n, (name, extends, colour) in enumerate(levels):
        folder = tmp_path / name
        (folder / "parts").mkdir(parents=True)
        (folder / "messages").mkdir()
        (folder / "theme.json").write_text(json.dumps({"extends": extends}))
        said = {("accent", "link", "focus")[n]: {"$value": colour}, "text": {"$value": colour}}
        (folder / "tokens.json").write_text(json.dumps({"color": said}))
        words = {("all", "retry", "open-oa")[n]: name, "refresh-todos": name}
        (folder / "messages" / "zh-CN.json").write_text(json.dumps(words))
        (folder / "parts" / PART).write_text(part.format(level=name))
    theme = Theme(tmp_path, "three", BASE)
    light, words = theme.tokens.light, theme.words["zh-CN"]
    assert ["#111111", "#222222", "#333333", "#333333"] == [
        light[n] for n in ("accent", "link", "focus", "text")
    ]
    assert ["one", "two", "three", "three"] == [
        words[k] for k in ("all", "retry", "open-oa", "refresh-todos")
    ]
    drawn = theme.widget(card(state="empty"), as_fragment=True)
    assert 0 < drawn.index("<i>three</i><i>two</i><i>one</i>") < drawn.index('pw-blank-h">没有待办')


@pytest.mark.parametrize(
    ("manifest", "wrong"),
    [
        ({"extends": "north"}, "extends north, and there is no theme of that name. [M03]"),
        ({"extends": "east"}, "extends must lead to default in 4 steps. [M03]"),
        ({"extents": "x"}, "extents: there is no such key"),
        ({"api": "2"}, "api: input should be '1'"),
        ({"modes": ["dark"]}, "light must be one of them"),
        ({"campuses": {"east": "river"}}, "campuses names river, and there is no"),
        ({"extends": "../etc"}, "extends: it must be written as"),
    ],
)
def test_a_manifest_that_cannot_be_meant_is_refused(
    tmp_path: Path, manifest: dict[str, Any], wrong: str
) -> None:
    with pytest.raises(ThemeError, match=r"theme\.json") as refused:
        themed(tmp_path, theme=manifest)
    assert wrong in str(refused.value)


def test_contrast_is_reckoned_as_wcag_says() -> None:
    assert round(contrast("#FFFFFF", "#000000"), 2) == 21
    assert round(contrast("#0A58A8", "#FFFFFF"), 2) == 7.06


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("state", STATES)
def test_the_worked_theme_draws_every_state(state: Any, name: Any, lang: Any) -> None:
    drawn = _body(HOSPITAL.widget(card(name, state, lang), as_fragment=True))
    ours = _body(OURS.widget(card(name, state, lang), as_fragment=True))
    assert (drawn == ours) == (state not in ("empty", "forbidden"))


def _body(html: str) -> str:
    return html.partition("</style>")[2]


def test_a_row_without_a_link_can_be_focused_when_its_title_is_masked() -> None:
    """Whoever has no pointer reaches every title with the keyboard."""
    bare = tuple(replace(row, href=None) for row in todos())
    drawn = [OURS.widget(card(items=bare, masked=masked), as_fragment=True) for masked in (True, False)]
    assert [6, 0] == [html.count('<span tabindex="0" class="pw-link"') for html in drawn]
    assert [True, False] == [" data-masked" in _body(html) for html in drawn]
