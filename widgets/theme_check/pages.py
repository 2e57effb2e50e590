"""docs/rules/: one page a rule in both languages, and an index; made from `rules/*.toml`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from widgets.theme_check.finding import FAMILIES, RULES, Rule
from widgets.views import Language

_LEVELS: Final[dict[Language, dict[str, str]]] = {
    "zh-CN": {
        "F": "致命：服务会拒绝这个主题",
        "E": "错误：不要用于正式环境",
        "W": "警告：请看一眼",
        "I": "提示",
    },
    "en": {
        "F": "fatal: the service refuses the theme",
        "E": "error: not for production",
        "W": "warning: look at it",
        "I": "hint",
    },
}
_JUDGED: Final[dict[Language, dict[str, str]]] = {
    "zh-CN": {"files": "文件", "drawing": "画出的卡片（无需浏览器）", "browser": "真实浏览器"},
    "en": {
        "files": "the files",
        "drawing": "the cards as drawn, without a browser",
        "browser": "a real browser",
    },
}
_SEEN: Final[dict[Language, str]] = {
    "zh-CN": "；有真实浏览器时看得更多",
    "en": "; a real browser sees more of it",
}
_WORDS: Final[dict[Language, tuple[str, str, str, str, str, str]]] = {
    "zh-CN": ("级别", "依据", "`--fix` 能改。", "为什么", "怎么改", "改前 / 改后"),
    "en": ("Level", "Judged by", "`--fix` mends it.", "Why", "What to write", "Before and after"),
}


def files() -> dict[str, str]:
    """Every page by its name in docs/rules/."""
    return {"README.md": "\n".join(_index()) + "\n"} | {f"{id}.md": _page(rule) for id, rule in RULES.items()}


def write(folder: Path) -> None:
    """The pages into docs/rules/; pages of rules that are gone go too."""
    folder.mkdir(exist_ok=True)
    made = files()
    for path in folder.glob("*.md"):
        if path.name not in made:
            path.unlink()
    for name, text in made.items():
        (folder / name).write_text(text, "utf-8")


def _page(rule: Rule) -> str:
    both: tuple[Language, ...] = ("zh-CN", "en")
    sections = "\n".join("\n".join(_section(rule, lang)) for lang in both)
    return f"# {rule.id}\n\n{sections}\n[All rules](README.md)\n"


def _section(rule: Rule, lang: Language) -> Iterator[str]:
    level, judged, fixed, why, instead, example = _WORDS[lang]
    by = _JUDGED[lang][rule.judged] + (_SEEN[lang] if rule.seen else "")
    said = f"{level}: **{rule.level}** ({_LEVELS[lang][rule.level]}). {judged}: {by}."
    colon = ": "
    if lang == "zh-CN":
        said = f"{level}：**{rule.level}**（{_LEVELS[lang][rule.level]}）。{judged}：{by}。"
        colon = "："
    yield f"## {rule.title[lang]}"
    yield ""
    yield said + (f" {fixed}" if rule.fixed else "")
    yield ""
    yield f"{why}{colon}{rule.why[lang]}"
    yield ""
    yield f"{instead}{colon}{rule.instead[lang]}"
    yield ""
    yield f"{example}{colon.strip()}"
    for each in (rule.before, rule.after):
        yield ""
        yield f"```{rule.example}"
        yield each
        yield "```"
    yield ""


def _index() -> Iterator[str]:
    yield "# The rules of `theme check`"
    yield ""
    yield "One page a rule, in Chinese and English. They are made from `widgets/theme_check/rules/`: `make docs`."
    yield "What the service itself refuses is always F, whatever the level of the rule."
    for letter, family in FAMILIES:
        yield ""
        yield f"## {letter}: {family}"
        yield ""
        yield "| rule | level | 中文 | English | judged by | `--fix` |"
        yield "| --- | --- | --- | --- | --- | --- |"
        for rule in (each for each in RULES.values() if each.id.startswith(letter)):
            fixed = "yes" if rule.fixed else ""
            told = " | ".join((rule.level, rule.title["zh-CN"], rule.title["en"], rule.judged, fixed))
            yield f"| [{rule.id}]({rule.id}.md) | {told} |"
