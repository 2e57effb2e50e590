"""A theme is data: whatever its parts say, they reach nothing, cost little, and break no card."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
from structlog.testing import capture_logs

from tests.widgets.cards import BASE, card
from tests.widgets.configuration import Configuration
from widgets.app import build
from widgets.theme import Theme, ThemeError
from widgets.themes import begin
from widgets.themes.samples import every
from widgets.themes.trial import tried
from widgets.views import WidgetView

OURS = Theme(base_url=BASE)


def part(folder: Path, source: str, name: str = "_state_empty", theme: str = "east") -> Theme:
    """A theme of one part."""
    write(folder / theme, name, source)
    return Theme(folder, theme, BASE)


def write(theme: Path, name: str, source: str) -> None:
    path = theme / "parts" / f"{name}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source, "utf-8")


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        ("{{ lipsum }}", "uses names that do not exist: lipsum"),
        ("{% set a = [w, w] %}", "may not make lists of anything but texts and numbers"),
        ("{% set a = (m, m) %}", "may not make lists of anything but texts and numbers"),
        # Our own parts trust their messages: made ones would be formats that no bound holds.
        (
            "{% set m = {'stale': '{when:>30000000}'} %}",
            "may not make lists of anything but texts and numbers",
        ),
        ("{% include w.title %}", "must say by name what it includes"),
        ("{{ " + "(" * 300 + "1" + ")" * 300 + " }}", "is nested too deeply"),
        ("{{ ''.__class__.__mro__ }}", "reads fields that do not exist"),
        ("{{ w['__class__'] }}", "may not look inside Python"),
        ("{{ w | attr('title') }}", "may not look inside Python"),
        ("{{ {'a': 1} | xmlattr }}", "may not look inside Python"),
        ("{{ cycler }}", "uses names that do not exist: cycler"),
        ("{{ config }}", "uses names that do not exist: config"),
        ("{{ g }}{{ session }}{{ request }}", "uses names that do not exist: g, request, session"),
        ("{% for n in range(9) %}{% endfor %}", "uses names that do not exist: range"),
        ("{{ w.title.encode() }}", "reads fields that do not exist: encode"),
        ("{{ w.title.center(9) }}", "reads fields that do not exist: center"),
        ("{{ w.title | center(999999999) }}", "may not use the filter center"),
        ("{{ w.title | pprint }}", "may not use the filter pprint"),
        ("{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}", "may call format, join, get and split only"),
        ("{% macro a() %}{% endmacro %}", "may not make or import macros"),
        ("{% import '_foot.html' as f %}", "may not make or import macros"),
        (
            "{% for a in w.items %}{% include '_foot.html' %}{% endfor %}",
            "may not include a part inside a loop",
        ),
        (
            "{% for a in w.items %}{% for b in w.items %}{% for c in w.items %}{% endfor %}{% endfor %}{% endfor %}",
            "may not have loops three deep",
        ),
        ("{% for a in w.items recursive %}{% endfor %}", "may not have loops three deep"),
        ("{% filter safe %}<b>{% endfilter %}", "may not use the filter safe"),
        ("{% include 'parent:_foot.html' %}", "includes files that do not exist: parent:_foot.html"),
        ("{% include '_state_empty.html' %}", "may not include itself"),
        ("x" * 16_001, "is longer than 16000 characters"),
    ],
)
def test_a_part_that_reaches_out_is_refused(tmp_path: Path, source: str, wrong: str) -> None:
    with pytest.raises(ThemeError, match=r"_state_empty\.html") as refused:
        part(tmp_path, source)
    assert wrong in str(refused.value)


FAILING = (
    "{{ 'a' * 1000000000 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ '%999999999d' % 1 }}",
    "{{ '{:999999999}'.format(1) }}",
    "{{ w.items[0].title }}",
    "{{ w.reason.text }}",
    "{{ icons['sun'] }}",
    "{{ m }}",
    "{% set t = w.src %}" + "{% set t = t ~ t %}" * 40 + "{{ t }}",
    "{% set t = w.src %}" + "{% set t = t + t %}" * 40 + "{{ t }}",
    "{% set t %}{{ w.src }}{% endset %}" + "{% set t %}{{ t }}{{ t }}{% endset %}" * 40 + "{{ t }}",
    "{% set t = w.src %}" + "{% set t = t | replace('e', t) %}" * 40 + "{{ t }}",
    "{% set t = w.src %}" + "{% set t = t.join(t) %}" * 40 + "{{ t }}",
    "{% set t = w.src %}" + "{% set t = t | join(t) %}" * 40 + "{{ t }}",
    "{% set t = w.src %}" + "{% set t = '{a}{a}{a}'.format(a=t) %}" * 40 + "{{ t }}",
)
"""What only shows when a card is drawn."""


@pytest.mark.parametrize("source", FAILING)
def test_a_part_that_fails_is_drawn_by_the_one_that_it_replaces_and_is_told_once(
    tmp_path: Path, source: str
) -> None:
    theme = part(tmp_path, source)
    with capture_logs() as logs:
        drawn = [theme.widget(card(state="empty"), as_fragment=True, styled=False) for _ in range(2)]
    assert drawn == [OURS.widget(card(state="empty"), as_fragment=True, styled=False)] * 2
    assert [("theme.part_failed", True)] == [
        (line["event"], line["part"] in ("east/_state_empty.html", "east/todos.html")) for line in logs
    ]


def test_a_part_that_writes_without_measure_is_left_out(tmp_path: Path) -> None:
    theme = part(tmp_path, "{% for a in m %}{% for b in m %}" + "xxxxxxxxxx" * 9 + "{% endfor %}{% endfor %}")
    drawn = theme.widget(card(state="empty"), as_fragment=True)
    assert "没有待办" in drawn and "xxxx" not in drawn
    assert "Overspent" in str(theme.failing)


BUSY: Final = "{% set t = w.src %}" + "{% set t = t ~ t %}" * 6
"""A text of some 7,000 characters."""


@pytest.mark.parametrize(
    "work",
    [
        "{% for a in t %}{% for b in t %}{% if a == b %}{% endif %}{% endfor %}{% endfor %}",
        "{% if t | sort | length %}{% endif %}" * 300,
    ],
)
def test_a_part_that_works_without_end_and_writes_nothing_is_left_out(tmp_path: Path, work: str) -> None:
    theme = part(tmp_path, BUSY + work)
    assert "没有待办" in theme.widget(card(state="empty"), as_fragment=True)
    assert "Overspent" in str(theme.failing)


def test_a_failing_part_falls_back_to_its_parent_and_not_further(tmp_path: Path) -> None:
    part(tmp_path, "<p>of the parent</p>", theme="west")
    (tmp_path / "east").mkdir()
    (tmp_path / "east" / "theme.json").write_text(json.dumps({"extends": "west"}))
    theme = part(tmp_path, "{{ w.reason.text }}")
    assert "<p>of the parent</p>" in theme.widget(card(state="empty"), as_fragment=True)


def test_a_part_may_draw_the_one_that_it_replaces_inside_itself(tmp_path: Path) -> None:
    theme = part(tmp_path, "<div class='own'>{% include 'parent:_foot.html' %}</div>", "_foot")
    drawn = theme.widget(card(), as_fragment=True)
    assert "<div class='own'>" in drawn and "data-pw-pause" in drawn
    assert theme.failing == {}


def test_everything_that_is_written_is_escaped_in_a_theme_too(tmp_path: Path) -> None:
    theme = part(tmp_path, "<p>{{ w.title }}{{ '<i>' ~ w.title }}</p>")
    assert "<p>&lt;b&gt;&lt;i&gt;&lt;b&gt;</p>" in theme.widget(card(state="empty", title="<b>"), True)


def test_a_theme_of_copied_parts_draws_what_ours_draw(tmp_path: Path) -> None:
    """Of every part that may be copied: the sandbox changes nothing of what is drawn."""
    templates = Path(__file__).parents[2] / "widgets" / "templates"
    for name in begin.parts():
        write(tmp_path / "east", name.removesuffix(".html"), (templates / name).read_text("utf-8"))
    theme = Theme(tmp_path, "east", BASE)
    for view in every():
        assert theme.widget(view, True, False) == OURS.widget(view, True, False)
    assert theme.failing == {}


TRIALS: Final = {
    "slow": (
        BUSY + "{% if t | sort | length %}{% endif %}" * 30,
        "takes more memory or time than a card may",
    ),
    "deep": ("{% if w.total %}" * 120 + "{% endif %}" * 120, "IndentationError"),
    "none": ("{{ w.reason.text }}", "UndefinedError"),
    "long": ("{{ m['all'] ~ m['all'] }}{% set a = w.title %}" + "{% set a = a ~ a %}" * 30, "8192"),
    "fine": ("<p>fine</p>", ""),
}
SILENT: Final = {
    "_todo": ("{% for row in w.items if row.urgency != 'high' %}", "{% for row in w.items %}", "the title"),
    "_notice": ('href="#{{ row.id }}"', 'href="{{ row.href }}"', "the links of its rows"),
    "_state_stale": (
        "{% if w.size == 'full' %} data-pw-banner{% endif %}",
        " data-pw-banner",
        "that its list is old or incomplete",
    ),
    "_foot": ("{{ base_url }}/auth/log", "{{ base_url }}/auth/logout", "the way to sign out"),
    "_state_signed-out": (
        'href="#{{ w.sign_in_url[:4] }}"',
        'href="{{ w.sign_in_url }}"',
        "the way to sign in",
    ),
}


@pytest.mark.integration
def test_a_theme_is_tried_in_a_process_that_may_die(tmp_path: Path) -> None:
    """Too slow to read, too deep to compile, a value that is none, a text without end, and nothing wrong at all."""
    for theme, (source, _) in TRIALS.items():
        path = tmp_path / theme / "parts" / "_state_empty.html"
        path.parent.mkdir(parents=True)
        path.write_text(source)
    wrong = tried(tmp_path, list(TRIALS))
    assert [] == [name for name, (_, told) in TRIALS.items() if told not in wrong.get(name, "")]
    assert "fine" not in wrong


def slug(name: str) -> str:
    return name.strip("_").replace("_", "-")


@pytest.mark.integration
def test_a_theme_that_keeps_a_card_from_saying_what_it_must_is_refused(tmp_path: Path) -> None:
    """Rows left out, links that lead nowhere, no word that the list is old, no way to sign in or out."""
    templates = Path(__file__).parents[2] / "widgets" / "templates"
    for name, (theirs, ours, _) in SILENT.items():
        source = (templates / f"{name}.html").read_text("utf-8")
        assert ours in source
        part(tmp_path, source.replace(ours, theirs), name, theme=slug(name))
    wrong = tried(tmp_path, [slug(name) for name in SILENT])
    assert [True] * 5 == [told in wrong[slug(name)] for name, (_, _, told) in SILENT.items()]


@pytest.mark.integration
async def test_a_part_that_fails_for_one_person_is_named_in_a_header(tmp_path: Path) -> None:
    """It passes the trial, whose cards have six rows; a card of seven is whole all the same."""
    source = (Path(__file__).parents[2] / "widgets" / "templates" / "_state_signed-out.html").read_text(
        "utf-8"
    )
    part(tmp_path / "themes", source + "<i>{{ w.src.split('limit=6')[1] }}</i>", "_state_signed-out")
    config = Configuration(tmp_path)
    config.put("[service]\n", f'[service]\ntheme = "east"\nthemes_dir = "{tmp_path}/themes"\n')
    client = build(config.load()).test_client()
    answers = [await client.get(f"/widgets/todos?limit={limit}&silent=0") for limit in (6, 7)]
    assert [None, "east/_state_signed-out.html"] == [
        answer.headers.get("Widget-Theme-Fallback") for answer in answers
    ]
    cards = [await answer.get_data(as_text=True) for answer in answers]
    assert [True, False] == [
        "<i>" in html.partition("</style>")[2].partition("pw-actions")[2] for html in cards
    ]
    assert [True, True] == ["data-pw-sign-in" in html for html in cards]


@pytest.mark.integration
async def test_a_drawing_that_is_opened_as_a_page_is_no_page_of_ours(tmp_path: Path) -> None:
    assets = tmp_path / "themes" / "east" / "assets"
    assets.mkdir(parents=True)
    (assets / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    config = Configuration(tmp_path)
    config.put("[service]\n", f'[service]\ntheme = "east"\nthemes_dir = "{tmp_path}/themes"\n')
    app = build(config.load())
    address = Theme(tmp_path / "themes", "east").asset("logo.svg")
    answer = await app.test_client().get(address)
    assert (answer.status_code, answer.content_type) == (200, "image/svg+xml")
    assert answer.headers["Content-Security-Policy"].endswith("; sandbox")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_card_may_load_images_fonts_and_answers_of_its_own_origin_alone(tmp_path: Path) -> None:
    """Whatever a rule found out by its selectors, there is nobody whom it could tell."""
    client = build(Configuration(tmp_path).load()).test_client()
    policy = (await client.get("/widgets/todos?silent=0")).headers["Content-Security-Policy"]
    said = dict(each.strip().split(" ", 1) for each in policy.split(";"))
    assert "'none'" == said["default-src"]
    assert ["'self'"] * 3 == [said[each] for each in ("img-src", "font-src", "connect-src")]


def test_names_that_a_part_gives_are_its_own(tmp_path: Path) -> None:
    """Our parts share theirs with each other: what a theme sets must not reach the list and the foot behind it."""
    sets = "".join(
        f"{{% set {name} = lang %}}" for name in ("m", "words", "icons", "base_url", "step", "leaves")
    )
    note = "<p>{{ w.reference }}</p>"
    plain = part(tmp_path, note, "_state_stale", "plain")
    setting = part(tmp_path, sets + note, "_state_stale", "sets")
    for view in every(framed=False):
        assert body(setting, view) == body(plain, view)


def body(theme: Theme, view: WidgetView[Any]) -> str:
    """What is drawn beside the styles."""
    drawn = theme.widget(view, as_fragment=True, styled=False)
    assert not theme.fallen
    return drawn
