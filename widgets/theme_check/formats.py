"""Reports as text for people, as JSON for programs, and as SARIF for code review (OASIS SARIF 2.1.0)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from widgets.theme_check.check import Report
from widgets.theme_check.finding import LEVELS, RULES, Finding, Rule
from widgets.theme_check.said import said
from widgets.views import Language

SARIF_VERSION: Final = "2.1.0"
_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_SARIF_LEVELS: Final = {"F": "error", "E": "error", "W": "warning", "I": "note"}
_NAMES: Final[dict[Language, dict[str, str]]] = {
    "en": {"F": "fatal", "E": "errors", "W": "warnings", "I": "hints"},
    "zh-CN": {"F": "致命", "E": "错误", "W": "警告", "I": "提示"},
}
_WORDS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "instead": "instead",
        "found": "found",
        "silenced": "switched off",
        "unseen": "! NOT JUDGED: {} ({})",
        "looked at": "{drawn} states drawn, {seen} of them seen in a browser",
        "pages": "each rule has a page: docs/rules/<id>.md",
        "unjudged": "{id} was not judged: {why}",
        "message": "{}: {}. {}.",
        "see": "See docs/{page}.",
        "line": "    {}: {}",
        "count": "{} {}",
        "comma": ", ",
        "summary": "{}: {}; {}",
    },
    "zh-CN": {
        "instead": "改为",
        "found": "发现",
        "silenced": "已关闭",
        "unseen": "! 没有检查：{}（{}）",
        "looked at": "画过 {drawn} 种状态，其中 {seen} 种在浏览器里看过",
        "pages": "每条规则一页：docs/rules/<id>.md",
        "unjudged": "没有检查 {id}：{why}",
        "message": "{}：{}。{}。",
        "see": "见 docs/{page}。",
        "line": "    {}：{}",
        "count": "{} {} 个",
        "comma": "，",
        "summary": "{}：{}；{}",
    },
}


def text(reports: Sequence[Report], lang: Language) -> str:
    """A block a finding, then what was not judged, then one line that counts."""
    return "\n".join(line for report in reports for line in _lines(report, lang)) + "\n"


def _lines(report: Report, lang: Language) -> Iterator[str]:
    words = _WORDS[lang]
    for finding in report.findings:
        rule = RULES[finding.rule]
        yield f"{finding.weight} {rule.id} {finding.file}:{finding.line}  {rule.title[lang]}"
        yield words["line"].format(words["found"], said(finding.found, lang))
        yield words["line"].format(words["instead"], _instead(finding, lang))
        yield from (f"      {line}" for line in finding.diff.splitlines())
    for finding, reason in report.silenced:
        told = words["line"].format(words["silenced"], reason).strip()
        yield f"- {finding.rule} {finding.file}:{finding.line}  {told}"
    for why in dict.fromkeys(report.not_judged.values()):
        rules = " ".join(id for id, each in report.not_judged.items() if each == why)
        yield words["unseen"].format(rules, said(why, lang))
    counted = words["comma"].join(
        words["count"].format(_NAMES[lang][level], report.count(level)) for level in LEVELS
    )
    looked_at = words["looked at"].format(drawn=report.drawn, seen=report.seen)
    yield words["summary"].format(report.theme, counted, looked_at)
    if report.findings:
        yield words["pages"]


def as_json(reports: Sequence[Report], lang: Language) -> str:
    """One object a theme, whose keys are part of what we promise."""
    return _written([_theme(report, lang) for report in reports])


def _theme(report: Report, lang: Language) -> dict[str, Any]:
    return {
        "theme": report.theme,
        "status": report.status,
        "states": {"drawn": report.drawn, "in_a_browser": report.seen},
        "counts": {level: report.count(level) for level in LEVELS},
        "findings": [_plain(finding, lang) for finding in report.findings],
        "silenced": [{**_plain(f, lang), "reason": reason} for f, reason in report.silenced],
        "not_judged": {id: said(why, lang) for id, why in report.not_judged.items()},
    }


def _instead(finding: Finding, lang: Language) -> str:
    return said(finding.instead, lang) if finding.instead else RULES[finding.rule].instead[lang]


def _plain(finding: Finding, lang: Language) -> dict[str, Any]:
    rule = RULES[finding.rule]
    return {
        "rule": rule.id,
        "level": finding.weight,
        "file": finding.file,
        "line": finding.line,
        "title": rule.title[lang],
        "found": said(finding.found, lang),
        "instead": _instead(finding, lang),
        "diff": finding.diff,
        "fixable": finding.edit is not None,
        "page": rule.page,
    }


def sarif(reports: Sequence[Report], lang: Language) -> str:
    """One run a theme. What was not judged is a notification of it, and makes it an unsuccessful one."""
    runs = [_run(report, lang) for report in reports]
    return _written({"$schema": _SCHEMA, "version": SARIF_VERSION, "runs": runs})


def _run(report: Report, lang: Language) -> dict[str, Any]:
    notes = [
        {
            "level": "warning",
            "message": {"text": _WORDS[lang]["unjudged"].format(id=id, why=said(why, lang))},
            "associatedRule": {"id": id},
        }
        for id, why in report.not_judged.items()
    ]
    return {
        "tool": {
            "driver": {
                "name": "portal-widgets theme check",
                "rules": [_rule(each, lang) for each in RULES.values()],
            }
        },
        "automationDetails": {"id": f"{report.theme}/"},
        "language": lang,
        "invocations": [{"executionSuccessful": not notes, "toolExecutionNotifications": notes}],
        "results": [_result(finding, lang) for finding in report.findings]
        + [_result(finding, lang, reason) for finding, reason in report.silenced],
    }


def _rule(rule: Rule, lang: Language) -> dict[str, Any]:
    instead = rule.instead[lang]
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title[lang]},
        "fullDescription": {"text": rule.why[lang]},
        "help": {"text": instead, "markdown": f"{instead} {_WORDS[lang]['see'].format(page=rule.page)}"},
        "defaultConfiguration": {"level": _SARIF_LEVELS[rule.level]},
        "properties": {"level": rule.level, "judged": rule.judged},
    }


def _result(finding: Finding, lang: Language, reason: str = "") -> dict[str, Any]:
    rule = RULES[finding.rule]
    place = {"artifactLocation": {"uri": finding.file}, "region": {"startLine": finding.line}}
    made: dict[str, Any] = {
        "ruleId": rule.id,
        "ruleIndex": list(RULES).index(rule.id),
        "level": _SARIF_LEVELS[finding.weight],
        "message": {"text": _message(finding, lang)},
        "locations": [{"physicalLocation": place}],
    }
    if finding.diff:
        made["properties"] = {"diff": finding.diff}
    if reason:
        made["suppressions"] = [{"kind": "inSource", "justification": reason}]
    return made


def _message(finding: Finding, lang: Language) -> str:
    told = (RULES[finding.rule].title[lang], said(finding.found, lang), _instead(finding, lang).rstrip(".。"))
    return _WORDS[lang]["message"].format(*told)


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
