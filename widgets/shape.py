"""From listings to view models: pure, no I/O. What a card says in each state is decided here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, Final
from zoneinfo import ZoneInfo

from widgets.feed import Look
from widgets.items import Kind
from widgets.kept import KeptNotice, KeptTodo
from widgets.layout import Layout
from widgets.views import NoticeRow, State, TodoRow, When, WidgetView

REFRESH: Final = 60
REFRESH_SOON: Final = 2
REFRESH_IN_LINE: Final = 15
"""The longest for a card whose list is still to come: thousands that wait for an OA's agreed rate must not drown us."""
NEW: Final = timedelta(days=3)
"""A notice younger than this carries 新."""

Words = Mapping[str, str]
"""The theme's messages in one language."""


def state_of(look: Look) -> State:
    """The contract's §5. Failure never looks like "nothing to do": `empty` needs an answer from every source."""
    missing = {m.source for m in look.missing}
    with_list = [r for r in look.records if r.as_of]
    if not missing:
        return "ok" if any(r.body != b"[]" for r in with_list) else "empty"
    if any(r.source not in missing for r in look.records):
        return "partial"
    if with_list:
        return "stale"
    return "starting" if all(m.code == "pending" for m in look.missing) else "failed"


@dataclass(frozen=True, slots=True)
class Card:
    """Everything about one card that does not depend on its items."""

    name: Kind
    layout: Layout
    words: Words
    now: datetime
    zone: ZoneInfo
    base_url: str
    framed: bool
    campuses: Mapping[str, str]
    """Names of the campuses by id."""
    masked: bool = False
    """Whether titles are hidden until their row is pointed at or focused."""
    look: str = ""
    """Of the theme: a card that was drawn with another is out of date."""
    here: str = field(init=False)
    """Now, in the zone that people are shown times in (ISO 8601)."""
    days: Mapping[str, str] = field(init=False)
    """The dates that have a word of their own."""

    def __post_init__(self) -> None:
        here = self.now.astimezone(self.zone)
        yesterday = (here - timedelta(days=1)).date().isoformat()
        object.__setattr__(self, "here", here.isoformat())
        object.__setattr__(self, "days", {here.date().isoformat(): "today", yesterday: "yesterday"})

    def version(
        self, state: State, look: Look | None = None, owner: str = "", reason: str | None = None
    ) -> str:
        """Changes exactly when something visible changes. Times that merely grow older are the script's to redraw.

        `owner` is whose list it is, the session's slot: equal lists of two people are two versions, since their
        links differ. The part before the hyphen tells the script that a card in an old tab has changed hands, the part
        after the dot tells us whether the caller has the styles that it needs.
        """
        parts = [
            self.name,
            state,
            self.layout.query,
            str(self.framed),
            str(self.masked),
            self.here[:10],
            *([reason] if reason else []),
        ]
        if look:
            parts += [
                owner,
                look.digest,
                *(f"{m.source}:{m.code}:{m.since.timestamp()}" for m in look.missing),
            ]
        digest = blake2b("\n".join(parts).encode(), digest_size=9).hexdigest()
        return f"{owner[:6]}-{digest}.{self.look}" if owner else f"{digest}.{self.look}"

    @property
    def title(self) -> str:
        return self.words[f"title-{self.name}"]

    @property
    def src(self) -> str:
        return f"{self.base_url}/widgets/{self.name}?{self.layout.query}{'' if self.framed else '&tab=1'}"

    def without_list(self, state: State, reason: str | None = None, **fields: Any) -> WidgetView[Any]:
        """A card that has no listing behind it: signed out, forbidden, not configured."""
        return self._view(state, self.version(state, reason=reason), reason=reason, **fields)

    def with_list(self, look: Look, version: str, **fields: Any) -> WidgetView[Any]:
        """A card of what the sources said."""
        state = state_of(look)
        kept, total = look.rows, look.total
        several = len({row.campus for row in kept}) > 1
        drawn = self._todo if self.name == "todos" else self._notice
        codes = [m.code for m in look.missing]
        return self._view(
            state,
            version,
            items=tuple([drawn(row, several) for row in kept[: self.layout.limit]]),
            total=total,
            total_text=_total_text(total),
            urgent=self._urgent(kept),
            as_of=self._here(look.as_of),
            reason=codes[0] if codes else None,
            missing=self._absent(look),
            missing_since=self._here(min((m.since for m in look.missing), default=None)),
            refresh_after=_soon(look) if "pending" in codes else REFRESH,
            **fields,
        )

    def _view(self, state: State, version: str, **fields: Any) -> WidgetView[Any]:
        blank: dict[str, Any] = {
            "items": (),
            "total": None,
            "total_text": "?",
            "urgent": 0,
            "as_of": None,
            "reason": None,
            "reference": None,
            "more_url": None,
            "direct_url": None,
            "sign_in_url": None,
            "refresh_after": REFRESH,
        }
        return WidgetView(
            name=self.name,
            uid=f"pw-{self.name}",
            title=self.title,
            state=state,
            src=self.src,
            framed=self.framed,
            version=version,
            lang=self.layout.lang,
            scheme=self.layout.scheme,
            size=self.layout.size,
            heading=self.layout.heading,
            masked=self.masked,
            **(blank | fields),
        )

    def _absent(self, look: Look) -> tuple[str, ...]:
        """Each campus once, whatever fails there."""
        absent = (self.campuses.get(look.campus_of[m.source], m.source) for m in look.missing)
        return tuple(dict.fromkeys(absent))

    def _urgent(self, kept: Sequence[Any]) -> int:
        if self.name == "todos":
            return sum(row.urgency == "critical" for row in kept)
        return sum(self._is_new(row) for row in kept)

    def _todo(self, kept: KeptTodo, several: bool) -> TodoRow:
        key, _, title, opens, urgency, step, campus, sender, received, due, unread = kept
        return TodoRow(
            key,
            title,
            self._href(opens),
            urgency,
            self.words[f"urgency-{urgency}"],
            step,
            self.campuses.get(campus) if several else None,
            sender,
            self._when(received) if received else None,
            self._when(due) if due else None,
            unread,
        )

    def _notice(self, kept: KeptNotice, several: bool) -> NoticeRow:
        key, _, title, opens, department, campus, published, pinned, category, unread = kept
        return NoticeRow(
            key,
            title,
            self._href(opens),
            department,
            self.campuses.get(campus) if several else None,
            self._day(published),
            pinned,
            self._is_new(kept),
            category,
            unread,
        )

    def _is_new(self, kept: KeptNotice) -> bool:
        return self.now - datetime.fromisoformat(kept.published) < NEW

    def _href(self, opens: str) -> str | None:
        return f"{self.base_url}/open/{opens}" if opens else None

    def _here(self, moment: datetime | None) -> When | None:
        return self._when(moment.astimezone(self.zone).isoformat(timespec="seconds")) if moment else None

    def _when(self, iso: str) -> When:
        """`iso` is in the zone that people are shown times in: `2026-11-20T16:30:05+08:00`."""
        minute = f"{iso[:10]} {iso[11:16]}"
        return When(iso, self._words_for(iso, minute), minute)

    def _words_for(self, iso: str, minute: str) -> str:
        day = minute[:10]
        if day not in self.days:
            return minute[5:] if day[:4] == self.here[:4] else day
        age = (self.now - datetime.fromisoformat(iso)).total_seconds()
        if 0 <= age < 60:
            return self.words["just-now"]
        if 0 <= age < 3600:
            return self.words["minutes-ago"].format(n=int(age // 60))
        return self.words[self.days[day]].format(time=minute[11:])

    def _day(self, iso: str) -> When:
        day = iso[:10]
        return When(day, day[5:] if day[:4] == self.here[:4] else day, f"{day} {iso[11:16]}")


def _soon(look: Look) -> int:
    """About when the list will be there."""
    return round(min(max(look.wait, REFRESH_SOON), REFRESH_IN_LINE))


def _total_text(total: int | None) -> str:
    if total is None:
        return "?"
    return "99+" if total > 99 else str(total)
