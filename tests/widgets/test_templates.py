"""What the staff see: every state, kind, language and scheme, drawn from views made by hand."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import fields, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment
from markupsafe import escape

import widgets.theme
from tests.widgets.cards import (
    BASE,
    HOSTILE,
    KINDS,
    LANGUAGES,
    LISTED,
    SCHEMES,
    STATES,
    card,
    hostile,
    todos,
)
from widgets.items import Kind
from widgets.parts import DECLARED, uses
from widgets.theme import Theme
from widgets.views import Language, NoticeRow, Scheme, State, TodoRow, When, WidgetView

ROOM = Path(widgets.theme.__file__).parent
TEMPLATES = sorted((ROOM / "templates").glob("*.html"))
SCRIPTS = sorted((ROOM / "static").glob("*.js"))
THEME = Theme(base_url=BASE)
PARSER = Environment(autoescape=True)


class Tree(HTMLParser):
    """A document as the list of its elements and the text of each id."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def values(self, attribute: str) -> list[str]:
        return [value for _, found in self.elements if (value := found.get(attribute))]


def body(html: str) -> str:
    return html.partition("</style>")[2]


@pytest.mark.parametrize("as_fragment", [False, True])
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("state", STATES)
def test_every_state_is_drawn_with_nothing_undefined(
    state: State, name: Kind, lang: Language, scheme: Scheme, as_fragment: bool
) -> None:
    html = THEME.widget(card(name, state, lang, scheme=scheme), as_fragment)
    assert f'data-state="{state}"' in html
    assert f'data-scheme="{scheme}"' in html
    assert f'lang="{lang}"' in html


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("state", STATES)
def test_page_and_fragment_carry_the_same_card(state: State, name: Kind) -> None:
    def rows(html: str) -> str:
        return re.sub(
            r' target="_blank"| rel="noopener"', "", re.findall(r"<section.*</section>", html, re.S)[0]
        )

    view = card(name, state)
    assert rows(THEME.widget(view, as_fragment=True)) == rows(THEME.widget(view, as_fragment=False))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_opens_with_what_it_draws_accepts_and_how_it_is_used(path: Path) -> None:
    opening = path.read_text().split("#}")[0].split()
    assert {"Draws", "Accepts", "Usage"} <= set(opening)
    assert len(path.read_text().splitlines()) <= 80


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_reads_only_declared_fields(path: Path) -> None:
    assert uses(PARSER, path.read_text()).fields - DECLARED == set()


def test_every_declared_field_is_read_by_some_template() -> None:
    read = frozenset().union(*(uses(PARSER, path.read_text()).fields for path in TEMPLATES))
    declared = {f.name for view in (WidgetView, TodoRow, NoticeRow, When) for f in fields(view)}
    assert declared - read == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_words_of_their_own(path: Path) -> None:
    drawn = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.S)
    assert re.findall(r"[\u3400-\u9fff]+", drawn) == []


def test_both_languages_have_the_same_messages_with_the_same_places() -> None:
    def places(lang: Language) -> dict[str, list[str]]:
        return {key: sorted(re.findall(r"\{\w+\}", text)) for key, text in THEME.words[lang].items()}

    assert places("zh-CN") == places("en")


def test_every_message_is_used() -> None:
    used = [uses(PARSER, path.read_text()) for path in TEMPLATES]
    whole = frozenset().union(*(u.messages for u in used)) | set(json.loads(_words(card())))
    begun = (*frozenset().union(*(u.beginnings for u in used)), "title-", "urgency-", "live-new", "error-")
    assert [k for k in THEME.words["en"] if k not in whole and not k.startswith(begun)] == []


def test_chinese_copy_is_plain_and_punctuated_as_chinese() -> None:
    words = THEME.words["zh-CN"]
    assert [k for k, text in words.items() if re.search(r"[您！!]|[\u3400-\u9fff][,:;?.]", text)] == []
    assert [k for k, text in THEME.words["en"].items() if "!" in text] == []


def _words(view: WidgetView[Any]) -> str:
    return Tree(THEME.widget(view, as_fragment=True)).values("data-words")[0]


@pytest.mark.parametrize("name", KINDS)
def test_the_script_gets_its_words_in_the_language_of_the_card(name: Kind) -> None:
    words = json.loads(_words(card(name, lang="en")))
    assert words["live-new"] == {"todos": "New to-do items: {n}", "notices": "New notices: {n}"}[name]


def test_hostile_text_stays_text() -> None:
    html = body(THEME.widget(hostile(), as_fragment=False))
    tags = {tag for tag, _ in Tree(html).elements}
    handlers = [
        a for _, found in Tree(html).elements for a in found if a.startswith("on") or a == "autofocus"
    ]
    assert (handlers, html.count("<script"), "img" in tags) == ([], 1, False)


def test_hostile_text_is_shown_as_typed() -> None:
    titles = [
        a["title"]
        for a in Tree(body(THEME.widget(hostile(), True))).all("span")
        if a.get("class") == "pw-text"
    ]
    assert titles == list(HOSTILE)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("state", STATES)
def test_ids_are_unique_carry_the_uid_and_every_reference_has_its_target(state: State, name: Kind) -> None:
    tree = Tree(body(THEME.widget(card(name, state, uid="left"), as_fragment=False)))
    ids = tree.values("id")
    wanted = " ".join(tree.values("aria-labelledby") + tree.values("aria-describedby")).split()
    assert len(ids) == len(set(ids))
    assert [i for i in ids if i != "left" and not i.startswith("left-")] == []
    assert set(wanted) - set(ids) == set()


def test_a_row_without_arrival_describes_itself_by_what_is_there() -> None:
    bare = replace(todos()[0], received=None, due=None, sender=None, step=None, campus=None)
    tree = Tree(body(THEME.widget(card(items=(bare,)), as_fragment=True)))
    assert set(" ".join(tree.values("aria-describedby")).split()) - set(tree.values("id")) == set()


@pytest.mark.parametrize("state", STATES)
def test_there_is_one_quiet_status_line_and_it_is_empty_at_first(state: State) -> None:
    html = body(THEME.widget(card(state=state), as_fragment=False))
    assert re.findall(r'<p class="pw-vh" role="status" id="pw-todos-s">(.*?)</p>', html) == [""]
    assert "aria-live" not in html
    assert 'role="alert"' not in html


@pytest.mark.parametrize("state", STATES)
def test_links_to_elsewhere_open_a_new_tab_that_cannot_reach_back(state: State) -> None:
    links = Tree(body(THEME.widget(card(state=state), as_fragment=True))).all("a")
    assert {(a.get("target"), a.get("rel")) for a in links} <= {("_blank", "noopener"), ("_blank", "opener")}


def test_an_item_without_a_link_is_still_readable() -> None:
    html = THEME.widget(card(items=(replace(todos()[0], href=None),)), as_fragment=True)
    assert '<span class="pw-link"' in html
    assert todos()[0].title in html


@pytest.mark.parametrize("state", [s for s in STATES if s not in (*LISTED, "empty")])
def test_without_a_list_no_number_is_shown(state: State) -> None:
    assert "pw-count" not in body(THEME.widget(card(state=state), as_fragment=False))


def test_an_unknown_total_is_a_question_mark_and_never_a_nought() -> None:
    html = body(THEME.widget(card(total=None, total_text="?"), as_fragment=False))
    assert '<span aria-hidden="true">?</span><span class="pw-vh">待办总数未知</span>' in html


def test_a_failed_card_never_says_that_there_is_nothing_to_do() -> None:
    html = body(THEME.widget(card(state="failed"), as_fragment=False))
    assert "没有待办" not in html
    assert "U-7F3A-0912" in html
    assert "https://oa.hospital.example/" in html


def banner(html: str) -> str:
    return re.sub(r"<[^>]*>", "", re.findall(r"data-pw-banner>(.*?)</p>", html, re.S)[0])


def test_a_partial_card_names_the_campus_and_since_when() -> None:
    html = THEME.widget(card(state="partial"), as_fragment=False)
    assert banner(html).startswith("西院区没有响应（开始时间：今天 09:12），待办可能不全。")


def test_a_stale_card_says_how_old_and_why() -> None:
    html = THEME.widget(card(state="stale"), as_fragment=False)
    assert banner(html).startswith("OA 系统响应超时。以下内容可能不是最新（更新时间：29 分钟前）。")
    assert "数据截至 09:12" in html


_HANZI = r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]"


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", KINDS)
def test_no_gap_stands_between_chinese_letters(name: Kind, state: State) -> None:
    """Where two messages, or a message and what fills it, are joined; English keeps its spaces there."""
    html = body(THEME.widget(card(name, state), as_fragment=False)).replace("急诊科 王敏", "王敏")
    told = [
        re.sub(r"<[^>]*>", "", inner) for _, inner in re.findall(r"<(p|li|h2)\b[^>]*>(.*?)</\1>", html, re.S)
    ]
    assert told
    assert [] == re.findall(rf"\S*(?:{_HANZI} +(?={_HANZI})|[，。：；、）] +)\S*", "\n".join(told))


def test_two_english_sentences_in_a_banner_are_kept_apart() -> None:
    html = THEME.widget(card(state="stale", lang="en"), as_fragment=False)
    assert banner(html).endswith("The list is from 29 min ago and may be out of date. Reference U-7F3A-0912")
    assert "Due today 17:00" in re.sub(r"<[^>]*>", "", html)


@pytest.mark.parametrize("state", ["stale", "partial"])
def test_the_age_in_a_banner_is_a_moment_that_the_script_keeps_true(state: State) -> None:
    shown = re.findall(r"data-pw-banner>(.*?)</p>", THEME.widget(card(state=state), as_fragment=False), re.S)[
        0
    ]
    assert '<time datetime="2026-11-23T09:12:00+08:00"' in shown


def test_a_hostile_campus_name_in_a_banner_stays_text() -> None:
    html = THEME.widget(card(state="partial", missing=("<b>西</b>",)), as_fragment=False)
    assert "&lt;b&gt;西&lt;/b&gt;没有响应（开始时间：<time" in html


def test_sign_in_from_a_frame_opens_a_tab_that_may_speak_back() -> None:
    framed = Tree(THEME.widget(card(state="signed-out"), as_fragment=False)).all("a")[-1]
    whole = Tree(THEME.widget(card(state="signed-out", framed=False), as_fragment=False)).all("a")[-1]
    assert (framed["target"], framed["rel"]) == ("_blank", "opener")
    assert "target" not in whole


def test_sign_out_is_offered_only_where_the_card_is_the_whole_page() -> None:
    form = f'<form method="post" action="{BASE}/auth/logout">'
    assert form in THEME.widget(card(framed=False), as_fragment=False)
    assert form not in THEME.widget(card(framed=True), as_fragment=False)
    assert form not in THEME.widget(card(state="signed-out", framed=False), as_fragment=False)


def test_without_javascript_the_document_refreshes_by_link_and_by_itself() -> None:
    html = THEME.widget(card(), as_fragment=False)
    refresh = next(a for a in Tree(html).all("a") if "data-pw-refresh" in a)
    assert (refresh["href"], refresh.get("target")) == (card().src, None)
    address = escape(f"{card().src}&silent=0&auto=1")
    assert f'<noscript><meta http-equiv="refresh" content="300;url={address}"></noscript>' in html


@pytest.mark.parametrize("level", range(2, 7))
def test_the_heading_has_the_level_that_the_page_asks_for(level: int) -> None:
    assert f'<h{level} class="pw-title"' in THEME.widget(card(heading=level), as_fragment=True)


def test_the_fragment_names_itself_and_shadows_its_styles() -> None:
    [host] = Tree(THEME.widget(card(), as_fragment=True)).all("portal-widget")
    assert host == {"name": "todos", "state": "ok", "version": card().version, "src": card().src}
    assert Tree(THEME.widget(card(), as_fragment=True)).all("template") == [{"shadowrootmode": "open"}]


def test_the_badge_speaks_and_says_its_state() -> None:
    [badge] = Tree(THEME.count(card())).all("span")
    assert (badge["data-state"], badge["aria-label"]) == ("ok", "共 6 条待办")
    assert THEME.count(card()).strip().endswith(">6</span>")


def test_a_badge_of_an_unknown_count_is_a_question_mark() -> None:
    assert THEME.count(card(state="failed")).strip().endswith(">?</span>")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    "code", ["item-not-found", "centre-too-slow", "token-nonce", "state-unknown", "never-heard-of"]
)
def test_an_error_page_always_has_a_sentence_and_its_reference(code: str, lang: Language) -> None:
    html = THEME.page("error", lang=lang, code=code, reference="A1B2C3")
    assert THEME.words[lang]["error-title"] in html
    assert "A1B2C3" in html


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_address_that_does_not_exist_is_said_to_be_one(lang: Language) -> None:
    """A portal that misspells its frame's address shows this to everybody: trying again would not help."""
    html = THEME.page("error", lang=lang, code="not-found", reference="A1B2C3")
    assert THEME.words[lang]["error-not-found"] in html
    assert THEME.words[lang]["error-general"] not in html


@pytest.mark.parametrize(("name", "said"), [("signed_in", "signed-in"), ("signed_out", "signed-out")])
def test_the_pages_after_sign_in_and_out_tell_the_cards(name: str, said: str) -> None:
    [script] = Tree(THEME.page(name)).all("script")
    assert (script["src"], script["data-say"]) == (THEME.asset("done.js"), said)


def test_there_is_no_inline_script_and_no_inline_style_attribute() -> None:
    for state in STATES:
        html = THEME.widget(card(state=state), as_fragment=False)
        assert [a for a in Tree(html).all("script") if "src" not in a] == []
        assert Tree(html).values("style") == []


@pytest.mark.parametrize("name", KINDS)
def test_a_first_document_with_its_script_fits_14_kilobytes(name: Kind) -> None:
    document = gzip.compress(THEME.widget(card(name), as_fragment=False).encode())
    script, _ = THEME.static(THEME.asset("widgets.js").rpartition("/")[2]) or (b"", "")
    assert len(document) + len(gzip.compress(script)) <= 14 * 1024


def test_raw_colours_stand_in_the_tokens_alone() -> None:
    css = re.sub(r"/\*.*?\*/", "", (ROOM / "static" / "widgets.css").read_text(), flags=re.S)
    drawn = css + "".join(path.read_text() for path in (*TEMPLATES, *SCRIPTS))
    raw = re.findall(
        r"(?<!&)#[0-9A-Fa-f]{3,8}\b|\b(?:rgba?|hsla?)\(|:\s*(?:black|white|red|gr[ae]y)\b", drawn
    )
    assert raw == []


def test_the_styles_keep_to_what_old_kernels_understand() -> None:
    css = (ROOM / "static" / "widgets.css").read_text() + (ROOM / "static" / "tokens.css").read_text()
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    features = r"@layer|@scope|:is\(|:where\(|:has\(|\binset:|aspect-ratio|color-mix|&"
    values = r"\b(?:min|max|clamp)\(|\d(?:rem|vw)\b"
    assert re.findall(f"{features}|{values}", css) == []
    assert re.findall(r"display: flex[^}]*\bgap:", css) == []


def test_the_scripts_keep_to_es2018() -> None:
    code = "\n".join(re.sub(r"//.*", "", path.read_text()) for path in SCRIPTS)
    assert (
        re.findall(
            r"\?\.[a-zA-Z(\[]|\?\?|\|\|=|&&=|replaceAll|\.at\(|catch \{|#[a-z]+\(|\.flat\(|matchAll", code
        )
        == []
    )
    assert [path.name for path in SCRIPTS if re.search(r"[\u3400-\u9fff]", path.read_text())] == []
