"""Views made by hand: a believable hospital in every state, for the tests of templates and for looking at."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

from widgets.items import Kind, Urgency
from widgets.views import Language, NoticeRow, Scheme, State, TodoRow, When, WidgetView

STATES: tuple[State, ...] = get_args(State)
KINDS: tuple[Kind, ...] = get_args(Kind)
LANGUAGES: tuple[Language, ...] = get_args(Language)
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)
LISTED = ("ok", "partial", "stale")
BASE = "https://widgets.hospital.example"

_URGENCY: dict[Language, dict[Urgency, str]] = {
    "zh-CN": {"critical": "特急", "high": "紧急", "normal": "普通"},
    "en": {"critical": "Very urgent", "high": "Urgent", "normal": "Routine"},
}
# urgency, title, step, campus, sender, arrived (iso, words), due (iso, words)
_TODOS: dict[Language, list[tuple[Any, ...]]] = {
    "zh-CN": [
        (
            "critical",
            "关于急诊科新增 2 名规培医师夜间值班安排的请示",
            "科主任审批",
            "东院区",
            "急诊科 王敏",
            "12 分钟前",
            "今天 17:00",
        ),
        (
            "critical",
            "麻醉药品（枸橼酸芬太尼注射液）临时采购申请",
            "药事会会签",
            "总院区",
            None,
            "35 分钟前",
            None,
        ),
        (
            "high",
            "2026 年第四季度医疗设备维保合同（影像科 3.0T 磁共振）续签审批单",
            "分管院长审批",
            "总院区",
            None,
            "今天 08:10",
            None,
        ),
        (
            "high",
            "住院部 5 楼护理站网络改造验收单",
            "信息科确认",
            "西院区",
            None,
            "昨天 17:42",
            "11-25 12:00",
        ),
        ("normal", "张三的外出进修申请", "医务处初审", "总院区", "张三", "昨天 09:05", None),
        ("normal", "10 月科室绩效分配表确认", "科室确认", "总院区", None, "11-20 16:30", None),
    ],
    "en": [
        (
            "critical",
            "Night duty roster for two new residents, Emergency Department",
            "Head of department",
            "East",
            "Wang Min",
            "12 min ago",
            "Today 17:00",
        ),
        (
            "critical",
            "Temporary purchase of a controlled anaesthetic (fentanyl citrate)",
            "Pharmacy committee",
            "Main",
            None,
            "35 min ago",
            None,
        ),
        (
            "high",
            "Maintenance contract renewal for Q4 2026: 3.0T MRI, Imaging",
            "Vice president",
            "Main",
            None,
            "Today 08:10",
            None,
        ),
        (
            "high",
            "Network upgrade acceptance, ward block floor 5",
            "IT confirmation",
            "West",
            None,
            "Yesterday 17:42",
            "11-25 12:00",
        ),
        (
            "normal",
            "Training leave of Zhang San",
            "Medical office",
            "Main",
            "Zhang San",
            "Yesterday 09:05",
            None,
        ),
        ("normal", "October performance sheet", "Department check", "Main", None, "11-20 16:30", None),
    ],
}
_ISO = (
    "2026-11-23T09:29:00",
    "2026-11-23T09:06:00",
    "2026-11-23T08:10:00",
    "2026-11-22T17:42:00",
    "2026-11-22T09:05:00",
    "2026-11-20T16:30:00",
)
# title, department, campus, category, day, words, pinned, new
_NOTICES: dict[Language, list[tuple[Any, ...]]] = {
    "zh-CN": [
        (
            "关于做好冬季呼吸道传染病门诊分流工作的通知",
            "医务处",
            None,
            "医疗",
            "2026-11-23",
            "11-23",
            True,
            True,
        ),
        (
            "总院区 11 月 28 日 00:00-04:00 信息系统停机维护公告",
            "信息科",
            "总院区",
            None,
            "2026-11-22",
            "11-22",
            False,
            True,
        ),
        ("2026 年度职工健康体检安排（第二批）", "工会", None, None, "2026-11-21", "11-21", False, True),
        ("关于开展医保基金使用自查自纠工作的通知", "医保办", None, None, "2026-11-18", "11-18", False, False),
        ("护理部 12 月业务学习计划", "护理部", None, "学习", "2026-11-16", "11-16", False, False),
        ("食堂冬季供餐时间调整", "后勤保障部", None, None, "2025-12-30", "2025-12-30", False, False),
    ],
    "en": [
        (
            "Outpatient triage for winter respiratory infections",
            "Medical Affairs",
            None,
            "Clinical",
            "2026-11-23",
            "11-23",
            True,
            True,
        ),
        (
            "System maintenance at Main campus, 28 Nov 00:00-04:00",
            "IT",
            "Main",
            None,
            "2026-11-22",
            "11-22",
            False,
            True,
        ),
        (
            "Staff health check 2026, second batch",
            "Labour Union",
            None,
            None,
            "2026-11-21",
            "11-21",
            False,
            True,
        ),
        (
            "Self-review of insurance fund use",
            "Insurance Office",
            None,
            None,
            "2026-11-18",
            "11-18",
            False,
            False,
        ),
        ("Nursing study plan for December", "Nursing", None, "Study", "2026-11-16", "11-16", False, False),
        ("Canteen winter hours", "Logistics", None, None, "2025-12-30", "2025-12-30", False, False),
    ],
}


def at(iso: str, text: str) -> When:
    """A moment in Shanghai."""
    return When(f"{iso}+08:00", text, iso[:16].replace("T", " "))


def todos(lang: Language = "zh-CN") -> tuple[TodoRow, ...]:
    return tuple(_todo(n, lang, *fields) for n, fields in enumerate(_TODOS[lang]))


def _todo(
    n: int, lang: Language, urgency: Urgency, title: str, step: str, campus: str, *rest: str | None
) -> TodoRow:
    sender, arrived, due = rest
    return TodoRow(
        id=f"{n:02x}9f3a41c2",
        title=title,
        href=f"{BASE}/open/{n}dGVzdA" if n != 5 else None,
        urgency=urgency,
        urgency_text=_URGENCY[lang][urgency],
        step=step,
        campus=campus,
        sender=sender,
        received=at(_ISO[n], arrived) if arrived else None,
        due=at("2026-11-23T17:00:00", due) if due else None,
        unread=n in (0, 2),
    )


def notices(lang: Language = "zh-CN") -> tuple[NoticeRow, ...]:
    return tuple(_notice(n, *fields) for n, fields in enumerate(_NOTICES[lang]))


def _notice(
    n: int, title: str, department: str, campus: str | None, category: str | None, *rest: Any
) -> NoticeRow:
    day, words, pinned, new = rest
    return NoticeRow(
        id=f"{n:02x}77b0e1d4",
        title=title,
        href=f"{BASE}/open/{n}bm90aWNl",
        department=department,
        campus=campus,
        published=When(day, words, f"{day} 08:30"),
        pinned=pinned,
        is_new=new,
        category=category,
        unread=n == 1,
    )


def card(
    name: Kind = "todos", state: State = "ok", lang: Language = "zh-CN", **changes: Any
) -> WidgetView[Any]:
    """One card in one state, as the shaping of a real listing would give it."""
    listed, zh = state in LISTED, lang == "zh-CN"
    items: tuple[Any, ...] = (todos(lang) if name == "todos" else notices(lang)) if listed else ()
    known = listed or state == "empty"
    return replace(
        WidgetView(
            name=name,
            uid=f"pw-{name}",
            title={"todos": "待办" if zh else "To-do", "notices": "公告" if zh else "Notices"}[name],
            state=state,
            items=items,
            total=len(items) if known else None,
            total_text=str(len(items)) if known else "?",
            urgent={"todos": 2, "notices": 3}[name] if listed else 0,
            as_of=_as_of(state, lang) if known else None,
            reason={"stale": "too-slow", "failed": "unavailable", "partial": "unavailable"}.get(state),
            reference="U-7F3A-0912" if state in ("failed", "partial", "stale") else None,
            more_url=f"{BASE}/open/YWxs" if known else None,
            direct_url="https://oa.hospital.example/" if known or state == "failed" else None,
            sign_in_url=f"{BASE}/auth/login" if state == "signed-out" else None,
            src=f"{BASE}/widgets/{name}?limit=6&size=list&scheme=auto&lang={lang}&heading=2",
            framed=True,
            version="3f9c1d5e7a20b4c688",
            refresh_after=2 if state == "starting" else 60,
            lang=lang,
            scheme="auto",
            size="list",
            heading=2,
            missing=("西院区" if zh else "West",) if state == "partial" else (),
            missing_since=at("2026-11-23T09:12:00", "今天 09:12" if zh else "today 09:12")
            if state == "partial"
            else None,
        ),
        **changes,
    )


def _as_of(state: State, lang: Language) -> When:
    if state == "stale":
        return at("2026-11-23T09:12:00", "29 分钟前" if lang == "zh-CN" else "29 min ago")
    return at("2026-11-23T09:41:00", "刚刚" if lang == "zh-CN" else "just now")


HOSTILE = (
    "<script>alert(1)</script>",
    '" onfocus="alert(1)" autofocus="',
    "{{ w.src }}",
    "'><img src=x onerror=alert(1)>",
    "\u202etxt.exe",
)


def hostile() -> WidgetView[Any]:
    """A card whose every text comes from somebody who means harm."""
    rows = tuple(
        replace(row, title=text, step=text, campus=text, sender=text, href=f"{BASE}/open/x")
        for row, text in zip(todos(), HOSTILE, strict=False)
    )
    return card(items=rows)
