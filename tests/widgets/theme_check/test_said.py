"""What rules find is said in Chinese too: every sentence that the code has, and however long a theme makes it."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.widgets.theme_check.table import written
from tests.widgets.theme_check.test_rules import checked
from widgets.theme import HERE
from widgets.theme_check.said import SENTENCES, said

SAYING: Final = (
    *(f"theme_check/{name}.py" for name in ("accessibility", "browser", "check", "colour", "css", "drawn")),
    *(f"theme_check/{name}.py" for name in ("floor", "language", "manifest", "performance", "safety")),
    *(f"theme_check/{name}.py" for name in ("seen", "styles", "templates")),
    *(f"themes/{name}.py" for name in ("assets", "bounds", "files", "manifest", "styles", "trial")),
    *(f"themes/{name}.py" for name in ("begin", "packed", "store")),
    *("overrides.py", "parts.py", "tokens.py"),
)
"""The modules whose sentences a designer reads."""
_ENGLISH: Final = re.compile(r"(?<![\w<.-])[a-z]{2,} (?:[a-z]{1,}|\{)|\} [a-z]{2,} [a-z{]")
_CODE: Final = re.compile(
    r"^pip |^portal-widgets |^@import|=>|\\s|\?:|--pw-|@media|http-equiv|\.pw|pwProbe|^(?:class=|a class=|a time)"
)
_PARTLY: Final = frozenset(
    {
        "there are ",  # begins a sentence that goes on elsewhere
        " and {} more",
        "; {} is the nearest",
        " is the nearest",
        "lacks what the card needs to work: ",
        "time datetime=",
        "without a reason",
        "which cannot be switched off",
        "color.{} must be {}, and is {}",
    }
)


def _text(node: ast.Constant | ast.JoinedStr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    return "".join(
        str(each.value) if isinstance(each, ast.Constant) else _place(each) for each in node.values
    )


def _place(node: ast.AST) -> str:
    written = ast.unparse(node)
    return "{view}" if re.search(r"card\.name|biggest\.name|views\[0\]", written) else "{}"


def sentences(path: Path) -> Iterator[str]:
    """The texts of a module that read like English, each with `{}` for its places."""
    tree = ast.parse(path.read_text("utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    whole = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    docs |= {id(inner) for each in whole for inner in ast.walk(each) if inner is not each}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in docs:
            text = re.sub(r"\. ?\[[A-Z]\d\d\]$|\.$|^\{\}: ", "", _text(node))
            if _ENGLISH.search(text) and not _CODE.search(text) and text not in _PARTLY:
                yield text


@pytest.mark.parametrize("module", SAYING)
def test_every_sentence_of_the_code_is_said_in_chinese(module: str) -> None:
    """If not: put it into widgets/theme_check/rules/said.toml."""
    every = [each.replace("{view}", "todos/ok zh-CN").replace("{}", "7") for each in sentences(HERE / module)]
    assert [] == [each for each in every if not is_said(each)]


def is_said(text: str) -> bool:
    """As it is, behind the path or the key that is said before it, or in front of the nearest name."""
    forms = (text, f"7: {text}", re.sub(r"^(?:7|77) ", "", text), re.sub(r"^: |(?<=\w)7$", "", text))
    return any(said(each, "zh-CN") != each for each in forms)


def test_both_languages_have_the_same_places() -> None:
    for each in SENTENCES:
        places = set(re.findall(r"(?<!\{)\{(\w+)\}", each.chinese))
        assert places in (set(each.form.groupindex), set(each.form.groupindex) - {"k"}), each.english


def test_no_sentence_stands_in_the_way_of_another() -> None:
    """Each entry, as it is written, is said as that entry says it."""
    for each in SENTENCES:
        places = dict.fromkeys(each.form.groupindex, "7") | {"view": "todos/ok zh-CN"}
        assert said(each.english.format(**places), "zh-CN") == each.chinese.format(**places), each.english


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        (
            ".pw-meta span #9AA5B1 on #FFFFFF: 2.50, less than 4.5: todos/ok light zh-CN and 7 more",
            ".pw-meta span #9AA5B1 在 #FFFFFF 上：2.50，低于 4.5：todos/ok light zh-CN，还有 7 处",
        ),
        (
            "border of .pw-tag.pw-tag--pinned #DCE3EB on #FFFFFF: 1.29, less than 3: todos/ok light en",
            ".pw-tag.pw-tag--pinned 的边框 #DCE3EB 在 #FFFFFF 上：1.29，低于 3：todos/ok light en",
        ),
        (
            "label: Form elements must have labels (input): todos light zh-CN",
            "label：表单控件要有标签（input）：todos light zh-CN",
        ),
        ("color.link is {color.acent}, and there is no such token; accent is the nearest",
         "color.link 写的是 {color.acent}，没有这个令牌；最接近的是 accent"),
        ("radius.card must be a length in px such as \"14px\", and is '1rem'",
         "radius.card 应为以 px 为单位的长度，如 \"14px\"，现在是 '1rem'"),
        ("margin: 1rem", "margin: 1rem"),
    ],
)  # fmt: skip
def test_sentences_are_said_with_what_stands_in_them(english: str, chinese: str) -> None:
    assert said(english, "zh-CN") == chinese
    assert said(english, "en") == english


@pytest.mark.parametrize("piece", [" on ", " of ", ": ", " is ", " must be ", "; ", "x", "{", "{n}", "%s"])
def test_a_sentence_that_a_theme_makes_long_is_read_once(piece: str) -> None:
    """By every form of the catalogue, in a moment and not in minutes; what is unknown stays."""
    long = piece * 10_000
    assert len(said(long, "zh-CN")) > len(long) // 2


@pytest.mark.integration
def test_text_json_and_sarif_speak_the_language_that_is_asked_for(tmp_path: Path) -> None:
    theme = written(tmp_path, "renmin", {"parts/_foot.html": "{{ w.titel }}"})
    told = {
        form: checked(theme, options=("--format", form, "--lang", "zh-CN")).stdout
        for form in ("text", "json", "sarif")
    }
    sentence = "用了没有的字段：titel；最接近的是 title"
    assert f"    发现：{sentence}\n" in told["text"]
    assert sentence in [each["found"] for each in json.loads(told["json"])[0]["findings"]]
    run = json.loads(told["sarif"])["runs"][0]
    assert any(sentence in each["message"]["text"] for each in run["results"])
    assert "没有检查 K05：主题不能画出" in str(run["invocations"])
    assert "没有检查" in told["text"] and "was said" not in told["text"]
