"""One card from a person's question to the view: who asks, what the sources have, which state that makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from auth.session import Session, Sessions
from widgets.feed import Feed, Look
from widgets.items import Kind, Reference
from widgets.layout import Layout
from widgets.references import References
from widgets.shape import Card, Words, state_of
from widgets.views import Language, State, WidgetView


@dataclass(frozen=True, slots=True)
class Ask:
    """One request for a card, freed of HTTP."""

    name: Kind
    layout: Layout
    cookie: str | None
    framed: bool
    holds: str | None
    """The version that the caller already shows (`v`)."""
    pressed: bool = False
    """The person pressed refresh, and does not want to be told what we remember."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A card, or word that the caller's is still right (then `view` is None)."""

    state: State
    version: str
    as_of: datetime | None
    """In the zone that people are shown times in: the script shows it as it is written."""
    view: WidgetView[Any] | None

    def headers(self) -> Iterator[tuple[str, str]]:
        """What the answer says of itself (the contract's §4), whatever form it is drawn in."""
        yield "Widget-State", self.state
        yield "Widget-Version", self.version
        if self.as_of:
            yield "Widget-As-Of", self.as_of.isoformat(timespec="seconds")
        if self.view:
            yield "Widget-Count", "?" if self.view.total is None else str(self.view.total)
            yield "Widget-Refresh-After", str(self.view.refresh_after)
            yield "Widget-Title", quote(self.view.title)


@dataclass(frozen=True, slots=True)
class Cards:
    """Deals the cards. Nobody's question ever chooses whose list it is: that is the session's alone."""

    sessions: Sessions
    feed: Feed
    references: References
    words: Mapping[Language, Words]
    campuses: Mapping[str, str]
    homes: Mapping[Kind, str]
    """The OA's own page with the whole list, by widget."""
    base_url: str
    zone: ZoneInfo
    now: Callable[[], datetime]

    async def deal(self, ask: Ask) -> Answer:
        """The card that this person sees now. Costs one Redis round trip while lists are fresh."""
        card = self._card(ask)
        session = self.sessions.recognise(ask.cookie)
        if session is None:
            return self._signed_out(ask, card)
        session, blobs = await self.sessions.check(
            session, self.feed.names(session, ask.name, ask.layout.campus)
        )
        if session is None:
            return self._signed_out(ask, card)
        if not session.who.account:
            return self._plain(ask, card, "forbidden")
        if not self.feed.sources(ask.name, ask.layout.campus):
            return self._plain(ask, card, "not-configured")
        look = await self.feed.look(session, ask.name, ask.layout.campus, blobs, ask.pressed)
        return self._with_list(ask, card, session, look)

    def failed(self, ask: Ask, reference: str) -> Answer:
        """The card for our own fault: like an OA's, with a number that finds the log line."""
        view = self._card(ask).without_list(
            "failed", reference=reference, direct_url=self.homes.get(ask.name)
        )
        return Answer("failed", view.version, None, view)

    def _card(self, ask: Ask) -> Card:
        words = self.words[ask.layout.lang]
        return Card(
            ask.name, ask.layout, words, self.now(), self.zone, self.base_url, ask.framed, self.campuses
        )

    def _signed_out(self, ask: Ask, card: Card) -> Answer:
        back = "" if card.framed else "?return=" + quote(f"/widgets/{card.name}?{card.layout.query}")
        return self._plain(ask, card, "signed-out", sign_in_url=f"{self.base_url}/auth/login{back}")

    def _plain(self, ask: Ask, card: Card, state: State, **fields: Any) -> Answer:
        view = card.without_list(state, **fields)
        return Answer(state, view.version, None, None if view.version == ask.holds else view)

    def _with_list(self, ask: Ask, card: Card, session: Session, look: Look) -> Answer:
        state = state_of(look)
        version = card.version(state, look, session.slot)
        as_of = look.as_of.astimezone(self.zone) if look.as_of else None
        if version == ask.holds:
            return Answer(state, version, as_of, None)
        view = card.with_list(
            look,
            version,
            more_url=self._whole_list(ask.name, session),
            direct_url=self.homes.get(ask.name),
            reference=self._number(look, session) if look.missing else None,
        )
        return Answer(state, version, as_of, view)

    def _whole_list(self, name: Kind, session: Session) -> str | None:
        source = next(iter(self.feed.sources(name, None)), None)
        home = self.homes.get(name)
        if source is None or home is None:
            return None
        sealed = self.references.seal(session.who.account or "", Reference(source.id, name, "", home))
        return f"{self.base_url}/open/{sealed}"

    def _number(self, look: Look, session: Session) -> str:
        """To be read out to the help desk: why, whose (as the log writes it), and since when."""
        first = look.missing[0]
        return f"{first.code[0].upper()}-{session.slot[:4].upper()}-{first.since.astimezone(self.zone):%H%M}"
