"""For each rule that needs no browser: a theme that breaks it, and where it is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from widgets.theme import HERE

Files = dict[str, str | bytes | dict[str, Any]]

FOOT: Final = (HERE / "templates" / "_foot.html").read_text("utf-8")
HEAD: Final = (HERE / "templates" / "_head.html").read_text("utf-8")
STALE: Final = (HERE / "templates" / "_state_stale.html").read_text("utf-8")
TODO: Final = (HERE / "templates" / "_todo.html").read_text("utf-8")
ROW: Final = TODO[: TODO.index("<li")].count("\n") + 1
SVG: Final = "<svg xmlns='http://www.w3.org/2000/svg'/>"
EMPTY: Final = '<div class="pw-blank"><p class="pw-blank-h">{{{{ m["forbidden"] }}}}</p>{}</div>'
PART: Final = "parts/_state_empty.html"


def colour(**values: str) -> dict[str, Any]:
    return {"color": {name.replace("_", "-"): {"$value": value} for name, value in values.items()}}


def part(text: str) -> Files:
    return {PART: EMPTY.format(text)}


INSTEAD: Final[dict[str, tuple[Files, str]]] = {
    "a misspelt token": ({"tokens.json": colour(acent="#00695C")}, "color.accent"),
    "a misspelt reference": ({"tokens.json": colour(link="{color.acent}")}, "{color.accent}"),
    "a colour by its name": ({"tokens.json": colour(accent="teal")}, '"#008080"'),
    "a colour by its parts": ({"tokens.json": colour(accent="rgb(0, 105, 92)")}, '"#00695C"'),
    "a length in rem": ({"tokens.json": {"radius": {"card": {"$value": "0.5rem"}}}}, '"8px"'),
    "a comma too many": ({"tokens.json": '{ "color": {}, }'}, "no comma before }"),
    "a colour that no token has": (
        {"theme.css": ".pw-meta { color: #CCCCCC; }"},
        "a token, such as var(--pw-color-text-muted)",
    ),
    "an if without its end": (part("{% if w.total %}"), "{% endif %}"),
    "a logo of 300 kB": (
        {"assets/logo.png": b"\x89PNG\r\n\x1a\n" + b"0" * 300_000},
        "at most 200000 bytes in all of assets/",
    ),
}
"""What is told to write, where more than the rule's own words is known."""

BAD: Final[list[tuple[str, str, Files, str, int]]] = [
    ("M01", "F", {"theme.json": '{\n "version": "1.0.0",,\n}'}, "theme.json", 2),
    ("M01", "F", {"theme.json": '{\n "colour": 1\n}'}, "theme.json", 2),
    ("M01", "F", {"tokens.json": '{ "color": {\n "acent": { "$value": "#0A58A8" } } }'}, "tokens.json", 2),
    ("M02", "F", {"theme.json": '{\n "version": "1.2"\n}'}, "theme.json", 2),
    ("M03", "F", {"theme.json": '{\n "extends": "nobody"\n}'}, "theme.json", 2),
    ("M03", "F", {"theme.json": '{\n "extends": "refused-4"\n}'}, "theme.json", 2),
    ("M04", "F", {"theme.json": '{\n "campuses": {"east": "river"}\n}'}, "theme.json", 2),
    ("M05", "W", {"variants/river.tokens.json": colour(accent="#00695C")}, "variants/river.tokens.json", 1),
    ("M06", "W", {"tokens.json": colour(accent="#00695C")}, "tokens.json", 1),
    ("M07", "E", part("{# theme-check-disable X01: because #}"), PART, 1),
    ("T01", "F", part("{% if w.name %}"), PART, 1),
    ("T01", "F", part("\n{{ w.name | shout }}"), PART, 2),
    ("T01", "F", part("\n{% if w.name %}\n\n{% for row in w.items %}\n{% endfor %}"), PART, 2),
    ("T01", "F", part("\n{% for row in w.items %}\n{% if row.href %}\n{% endfor %}"), PART, 3),
    ("T02", "E", part("<p>open"), PART, 1),
    ("T02", "F", part("{{ m['updated'].format() }}"), "theme.json", 1),
    ("T03", "F", part("\n{{ w.nmae }}"), PART, 2),
    ("T05", "F", {"parts/_foot.html": "<p></p>"}, "parts/_foot.html", 1),
    ("T05", "E", {"parts/_foot.html": FOOT.replace("{% if w.as_of %}", "{% if not w.as_of %}")}, "parts/_foot.html", 1),
    ("T05", "E", {"parts/_state_stale.html": "<p data-pw-banner></p>"}, "parts/_state_stale.html", 1),
    ("T05", "E", {"parts/_todo.html": TODO.replace('pw-item" id="{{ id }}"', 'pw-item"')}, "parts/_todo.html", ROW),
    ("T05", "F", {"parts/_todo.html": TODO.replace("~ row.id", "~ loop.index")}, "parts/_todo.html", ROW),
    ("T06", "W", {"parts/_foot.html": FOOT}, "parts/_foot.html", 1),
    ("T07", "W", part("\n{# based-on: 00000000 #}"), PART, 2),
    ("T07", "I", part(""), PART, 1),
    ("T08", "W", part("\n" * 41), PART, 1),
    ("T08", "W", part("{% if 1 %}" * 5 + "{% endif %}" * 5), PART, 1),
    ("T09", "F", {"parts/_state_empty.html": "{% include '_state_failed.html' %}",
                  "parts/_state_failed.html": "{% include '_state_empty.html' %}"}, PART, 1),
    ("T08", "F", part("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}"), PART, 1),
    ("T09", "F", part("\n{% include '_state_empty.html' %}"), PART, 2),
    ("X01", "F", part("\n<script>1</script>"), PART, 2),
    ("X01", "F", part('\n<p onclick="go()">'), PART, 2),
    ("X01", "F", part("\n{{ w.title | safe }}"), PART, 2),
    ("X01", "F", part('\n<p style="color:red"></p>'), PART, 2),
    ("X02", "F", part('\n<img src="https://cdn.example/a.png" alt="">'), PART, 2),
    ("X03", "F", {"assets/a.svg": "<svg><script>1</script></svg>"}, "assets/a.svg", 1),
    ("X04", "E", part('\n<form action="/x"></form>'), PART, 2),
    ("X04", "E", part('\n<meta http-equiv="refresh" content="0">'), PART, 2),
    ("X05", "F", {"assets/a.gif": b"GIF89a"}, "assets/a.gif", 1),
    ("X05", "F", {"token.json": {}}, "token.json", 1),
    ("X05", "F", {"theme.css": b"\xff\xfe"}, "theme.css", 1),
    ("K01", "E", {"tokens.json": colour(text_muted="#9AA5B1")}, "tokens.json", 1),
    ("K02", "E", {"tokens.json": colour(border_strong="#C5CED8")}, "tokens.json", 1),
    ("K03", "W", {"tokens.json": colour(text_muted="#6B7684", normal_text="#6B7684")}, "tokens.json", 1),
    ("K06", "W", {"tokens.json": colour(critical_text="#8A3B12", ok_text="#4E6A12")}, "tokens.json", 1),
    ("A02", "E", part("\n<button class='renmin-tea'></button>"), PART, 2),
    ("A02", "E", part("\n<a class='renmin-tea' href='{{ w.src }}' aria-label='x'>Go</a>"), PART, 2),
    ("A05", "E", part("\n<p role='status'></p>"), PART, 2),
    ("A05", "E", part("\n<p aria-live='assertive'></p>"), PART, 2),
    ("A06", "E", {"parts/_head.html": HEAD.replace("h{{ w.heading }}", "h2")}, "parts/_head.html", 7),
    ("A08", "W", part("\n<span class='renmin-tea' title='{{ w.title }} now'>{{ w.title[:1] }}…</span>"), PART, 2),
    ("P01", "F", {"theme.css": ".pw-title { margin: 0; }" * 600}, "theme.css", 1),
    ("P02", "E", {"assets/a.svg": SVG, **part("\n<img src='{{ assets[\"a.svg\"] }}' alt=''>")}, PART, 2),
    ("L01", "F", {"messages/en.json": '{\n "sign-inn": "Sign in"\n}'}, "messages/en.json", 2),
    ("L02", "E", {"messages/en.json": '{\n "sign-in": "Come in"\n}'}, "messages/en.json", 2),
    ("L02", "F", {"messages/en.json": '{\n "updated": "Updated"\n}'}, "messages/en.json", 2),
    ("L03", "W", {"messages/zh-CN.json": '{\n "empty-todos-more": "没有待办,请休息!"\n}'}, "messages/zh-CN.json", 2),
    ("L04", "W", {"messages/zh-CN.json": '{\n "retry": "请立即重新尝试"\n}'}, "messages/zh-CN.json", 2),
    ("U01", "W", {"assets/a.svg": SVG}, "assets/a.svg", 1),
    ("U01", "W", {"tokens.json": colour(surface="#FFFFFF")}, "tokens.json", 1),
    ("U01", "W", {"messages/en.json": '{\n "sign-in": "Sign in"\n}'}, "messages/en.json", 2),
]  # fmt: skip
"""Rule, level, what the theme holds, the file and line that are named."""

BAD_STYLES: Final[list[tuple[str, str, str]]] = [
    ("M07", "E", "/* theme-check-disable S05 */"),
    ("T04", "E", ".pw-titel { color: var(--pw-color-text); }"),
    ("T04", "E", ".pw-title { color: var(--pw-color-txt); }"),
    ("X01", "F", ".pw { content: '</style>'; }"),
    ("X02", "F", "@import 'https://cdn.example/a.css';"),
    ("X02", "F", ".pw { background: url(https://cdn.example/a.png); }"),
    ("X03", "F", ".pw { background: url(../a.png); }"),
    ("X03", "F", ".pw { background: url(data:image/png;base64,AAAA); }"),
    ("K04", "E", ".pw-title { color: #1A2330; }"),
    ("K04", "E", ".pw-title { background: white; }"),
    ("S01", "E", "body { margin: 0; }"),
    ("S01", "E", "#logo { margin: 0; }"),
    ("S01", "E", "* { margin: 0; }"),
    ("S02", "E", ".pw-head { inset: 0; }"),
    ("S02", "E", ".pw-head { width: clamp(1px, 50%, 9px); }"),
    ("S02", "E", ".pw-head:has(a) { margin: 0; }"),
    ("S02", "E", ".pw-head { display: flex; gap: 4px; }"),
    ("S02", "E", "@media (width > 400px) { .pw-head { margin: 0; } }"),
    ("S03", "F", "@layer x { .pw-head { margin: 0; } }"),
    ("S03", "E", ".pw-head { .pw-title { margin: 0; } }"),
    ("S04", "E", ".pw-title { margin: 1rem; }"),
    ("S04", "F", ".pw-title { position: fixed; }"),
    ("S04", "E", ".pw-title { z-index: 10; }"),
    ("S05", "W", ".pw-title { margin: 0 !important; }"),
    ("S06", "E", ".pw-pill { display: flex !important; }"),
    ("S07", "W", ".pw-item { transition: color .6s; }"),
    ("S07", "W", ".pw-title { animation: pw-turn .1s infinite; }"),
    ("S08", "W", ".pw-meta { font-size: 11px; }"),
]  # fmt: skip
"""Rule, level, a line of theme.css."""


def written(folder: Path, name: str, files: Files) -> Path:
    """A theme of this name with these files."""
    theme = folder / name
    theme.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = theme / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return theme


@dataclass(slots=True)
class Case:
    """One broken rule, and the theme that breaks it among others."""

    theme: str
    rule: str
    level: str
    file: str
    line: int


def packed() -> tuple[dict[str, Files], list[Case]]:
    """The table in few themes: faults of different files do not hide each other, and each theme costs a quarter second.

    What cannot be drawn is kept apart from what is judged as it is drawn.
    """
    themes: dict[str, Files] = {}
    cases = []
    for rule, level, files, file, line in BAD:
        kind = "refused" if level == "F" else "drawn"
        if rule == "T02" and level == "F":  # said only where no other rule says why
            kind = "undrawable"
        for name, moved, told in _places(themes, kind, files, file):
            themes.setdefault(name, {}).update(moved)
            cases.append(Case(name, rule, level, told, line))
            break
    for level, name in (("F", "refused-styles"), ("", "styles")):
        lines = [(rule, its, css) for rule, its, css in BAD_STYLES if (its == "F") == (level == "F")]
        themes[name] = {"theme.css": "\n".join(css for *_, css in lines)}
        cases += [Case(name, rule, its, "theme.css", n) for n, (rule, its, _) in enumerate(lines, 1)]
    return themes, cases


def _places(themes: dict[str, Files], kind: str, files: Files, file: str) -> Iterator[tuple[str, Files, str]]:
    """Where these files may go: the first theme that has none of them; one part may take another's place."""
    for n in range(len(BAD)):
        name = f"{kind}-{n}"
        there = themes.get(name, {})
        if not files.keys() & there.keys():
            yield name, files, file
        elif list(files) == [PART] and "_state_" not in str(files[PART]):
            for other in (each for each in SPARE if each not in there):
                yield name, {other: files[PART]}, other


SPARE: Final = [f"parts/_state_{state}.html" for state in ("forbidden", "not-configured", "starting")]
