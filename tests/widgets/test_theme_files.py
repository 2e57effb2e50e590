"""Styles and drawings of a theme load nothing from elsewhere, run nothing, and reach nothing but the card."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.widgets.cards import BASE
from widgets.theme import Theme, ThemeError


def theme(folder: Path, name: str, body: str | bytes) -> Theme:
    """A theme of one file, which may show a.png."""
    path = folder / "east" / name
    (folder / "east" / "assets").mkdir(parents=True)
    (folder / "east" / "assets" / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    path.write_bytes(body if isinstance(body, bytes) else body.encode())
    return Theme(folder, "east", BASE)


@pytest.mark.parametrize(
    ("css", "wrong"),
    [
        ("a{}\n</style><script>", ":2 may not contain '<'"),
        ("a{}\n@import '//evil.example/x.css';", ":2 may not contain '@import'"),
        ("a{}\n@\\69mport '//evil.example/x.css';", ":2 may not contain '\\\\'"),
        ("@imp/**/ort '//evil.example';", "may not contain '@imp'"),
        ("@layer a{a{}}", "may not contain '@layer'"),
        ("@namespace url(//evil.example);", "may not contain '@namespace'"),
        ("a[href^='x']{\nbackground:url(//evil.example/?x)}", ":2 may not contain 'url(//evil.example/?x)'"),
        ("a{background:url( 'https://evil.example' )}", "may not contain 'url(https://evil.example)'"),
        ("a{background:url(data:image/svg+xml,x)}", "may not contain 'url(data:image/svg+xml,x)'"),
        ("a{background:url(assets/../../x)}", "may not contain 'url(assets/../../x)'"),
        ("a{background:image-set('//evil.example' 1x)}", "may not contain 'image-set('"),
        ("a{background:-webkit-image-set(url(assets/a.png) 1x)}", "may not contain '-webkit-image-set('"),
        ("@font-face{font-family:x;src:src('//evil.example')}", "may not contain 'src('"),
        ("a{background:url(}", "S03"),
        ("a{width:expression(alert(1))}", "may not contain 'expression('"),
        (".pw{position:fixed;inset:0}", "may not contain 'fixed'"),
        (".pw{--p:fixed;position:var(--p)}", "may not contain 'fixed'"),
        (".pw{color:red", ":1 ends inside a rule, a text or a comment"),
        (".pw{color:red}}", "S03"),
        (".pw{content:'x\n}", "S03"),
        (".pw{}\n/* for ever", ":2 ends inside a rule, a text or a comment"),
    ],
)
def test_a_rule_that_loads_breaks_out_or_covers_the_page_is_refused_by_line(
    tmp_path: Path, css: str, wrong: str
) -> None:
    with pytest.raises(ThemeError, match=r"theme\.css:\d") as refused:
        theme(tmp_path, "theme.css", css)
    assert wrong in str(refused.value)


@pytest.mark.parametrize(
    "css",
    [
        ".pw-head { background: url(assets/a.png) }",
        '.pw-head::after { content: "：)"; background: url("assets/a.png") }',
        "@media (min-width: 480px) { .pw-item { padding: 0 } }",
        "@supports (display: grid) { .pw-item { display: grid } }",
        "@keyframes in { from { opacity: 0 } }",
        "@font-face { font-family: x; src: url(assets/a.png) }",
        "/* < \u2014 said in a comment */ .pw { margin: 0 }",
    ],
)
def test_ordinary_rules_are_taken_and_assets_get_their_hashed_address(tmp_path: Path, css: str) -> None:
    drawn = theme(tmp_path, "theme.css", css.replace("<", "")).style
    assert "url(assets/" not in drawn and drawn.rstrip().endswith("}")


_SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">{}</svg>'


@pytest.mark.parametrize(
    ("svg", "wrong"),
    [
        (_SVG.format("<script>1</script>"), "line 1 holds <script>"),
        (
            '<s:svg xmlns:s="http://www.w3.org/2000/svg">\n<s:script>1</s:script></s:svg>',
            "line 2 holds <script>",
        ),
        (_SVG.format("<foreignObject/>"), "holds <foreignObject>"),
        (_SVG.format('<html xmlns="http://www.w3.org/1999/xhtml"/>'), "holds <html>"),
        (_SVG.format('<g onload="1"/>'), "holds onload="),
        (_SVG.format('<g\nonload\n=\n"1"/>'), "holds onload="),
        (_SVG.format('<a xlink:href="javascript:1"/>'), "holds <a>"),
        (_SVG.format('<use xlink:href="//evil.example/x.svg#a"/>'), "holds href="),
        (_SVG.format('<use href="&#x64;ata:image/svg+xml,x"/>'), "holds href="),
        (_SVG.format('<set attributeName="onload" to="1"/>'), "holds <set>"),
        (_SVG.format('<animate attributeName="href" values="javascript:1"/>'), "holds <animate>"),
        (_SVG.format('<image href="https://evil.example/x.png"/>'), "holds <image>"),
        (_SVG.format('<g style="fill: url(//evil.example)"/>'), "holds style="),
        (_SVG.format("<style>@import '//evil.example'</style>"), "holds '@import'"),
        (_SVG.format("<style>g{fill:url(&#x2f;/evil.example)}</style>"), "holds 'url('"),
        ('<!DOCTYPE svg [<!ENTITY a "b">]>' + _SVG.format("&a;"), "holds a DOCTYPE"),
        (
            '<?xml-stylesheet href="//evil.example/x.css"?>' + _SVG.format(""),
            "holds a processing instruction",
        ),
        ("<html/>", "holds <html>"),
        (_SVG.format("<g>" * 40 + "</g>" * 40), "holds too many elements"),
        (_SVG.format("<g/>" * 6000), "holds too many elements"),
        ("GIF89a<svg/>", "not well-formed"),
        ("\ufeff" + _SVG.format("<script/>"), "holds <script>"),
        (_SVG.format("<script/>").encode("utf-16"), ""),
    ],
)
def test_a_drawing_that_runs_or_loads_something_is_refused(
    tmp_path: Path, svg: str | bytes, wrong: str
) -> None:
    with pytest.raises(ThemeError, match=r"logo\.svg is not a plain") as refused:
        theme(tmp_path, "assets/logo.svg", svg)
    assert wrong in str(refused.value)


def test_a_drawing_as_programs_export_it_is_taken(tmp_path: Path) -> None:
    svg = (
        '<?xml version="1.0" encoding="UTF-8"?><!-- Generator: a program -->'
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><style>.a{fill:url(#g)}</style>'
        '<defs><linearGradient id="g"><stop stop-color="#fff"/></linearGradient></defs>'
        '<path class="a" d="M1 1h14v14z" style="stroke: #000"/><use href="#g"/></svg>'
    )
    assert theme(tmp_path, "assets/logo.svg", svg).asset("logo.svg").startswith(f"{BASE}/static/logo.")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.gif", b"GIF89a"),
        ("b.png", b"<svg onload=1>"),
        ("c.woff2", b"wOFF"),
        ("d.svgz", b"\x1f\x8b"),
        ("标志.png", b"\x89PNG\r\n\x1a\n"),
        ("a b.png", b"\x89PNG\r\n\x1a\n"),
        ("e.html", b"<p>"),
        ("f.png", b"\x89PNG\r\n\x1a\n" + b"0" * 200_000),
    ],
)
def test_an_asset_that_is_not_what_its_name_says_is_refused(tmp_path: Path, name: str, body: bytes) -> None:
    with pytest.raises(ThemeError, match=r"is not a plain|holds more than"):
        theme(tmp_path, f"assets/{name}", body)


def test_a_folder_that_is_a_link_is_not_followed_out_of_the_theme(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "east").mkdir()
    (tmp_path / "east" / "assets").symlink_to(tmp_path / "secret")
    with pytest.raises(ThemeError, match="assets is a link"):
        Theme(tmp_path, "east", BASE)
