"""One card from a person's question to the view: who asks, what the sources have, which state that makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from auth.ended import TOO_MANY
from auth.handover import Handover, Offer
from auth.session import UNCHECKED, Session
from auth.sessions import Sessions
from widgets.feed import Feed, Look
from widgets.items import Kind, Reference
from widgets.layout import Layout
from widgets.references import References
from widgets.shape import Card, state_of
from widgets.theme import Theme
from widgets.views import SignInBy, State, WidgetView

_quoted = lru_cache(64)(quote)
Form = Literal["document", "fragment", "json"]
_TOLD: Final = {TOO_MANY: "elsewhere"}
"""What a card says of why its session was ended."""
_ASKING: Final = 5
"""Seconds after which a card stops waiting for the centre's word on who sits there now."""
_SOON: Final = 10
"""Seconds until a card looks again that would show its list if Redis were back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request for a card, freed of HTTP."""

    name: Kind
    layout: Layout
    cookie: str | None
    form: Form
    framed: bool
    holds: str | None
    """The version that the caller already shows (`v`)."""
    strict: bool = False
    """The caller wants real status codes."""
    silently: bool = False
    """A browser goes there, and may be sent on to sign in without a word."""
    loads: bool = False
    """A script puts the card into a page that was just loaded, and can ask the centre who is there before it shows."""
    pressed: bool = False
    """The person pressed refresh, and does not want to be told what we remember."""
    active: bool = False
    """Somebody is there: they opened a page, pressed refresh, or moved since the card's last look."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """As they came, by lower-case name: whose page it is, matters to a card that is signed out."""
    cross: bool = False
    """Our own redirect says that the card stands on another site's page."""
    chained: bool = False
    """The request comes from us or the centre, and not from the portal's page."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A card, or word that the caller's is still right (then `view` is None)."""

    state: State
    version: str
    as_of: datetime | None
    """In the zone that people are shown times in: the script shows it as it is written."""
    view: WidgetView[Any] | None
    title: str
    total: int | None = None
    cookies: tuple[str, ...] = ()
    """Set-Cookie values that go with it."""

    def headers(self) -> Iterator[tuple[str, str]]:
        """What the answer says of itself (the contract's §4), whatever form it is drawn in.

        When nothing changed, the caller knows itself how long it has waited, and waits longer.
        """
        yield "Widget-State", self.state
        yield "Widget-Version", self.version
        if self.as_of:
            yield "Widget-As-Of", self.as_of.isoformat(timespec="seconds")
        yield "Widget-Count", "?" if self.total is None else str(self.total)
        yield "Widget-Title", _quoted(self.title)
        if self.view:
            yield "Widget-Refresh-After", str(self.view.refresh_after)
        for cookie in self.cookies:
            yield "Set-Cookie", cookie


@dataclass(frozen=True, slots=True)
class Cards:
    """Deals the cards. Nobody's question ever chooses whose list it is: that is the session's alone."""

    sessions: Sessions
    feed: Feed
    references: References
    handover: Handover
    theme: Callable[[str | None], Theme]
    """The theme of a name, or the service's own."""
    campuses: Mapping[str, str]
    base_url: str
    zone: ZoneInfo
    now: Callable[[], datetime]
    mask: bool = False
    """The operator's default for titles on shared screens."""

    async def deal(self, ask: Ask) -> Answer:
        """The card that this person sees now. Costs one Redis round trip while lists are fresh."""
        card = self._card(ask)
        session = self.sessions.recognise(ask.cookie)
        if session is None:
            return self._signed_out(ask, card, self.sessions.why_over(ask.cookie))
        names = self.feed.names(session, ask.name, ask.layout.campus)
        checked = await self.sessions.check(session, names, active=ask.active)
        if checked.why == UNCHECKED:
            return self._unchecked(ask, card, session)
        if checked.session is None or (ask.silently and checked.ask_again):
            return self._signed_out(ask, card, checked.why)
        if ask.loads and checked.ask_again:
            return self._plain(ask, card, "starting", reason="asking", refresh_after=_ASKING)
        answer = await self._for(checked.session, ask, card, checked.values)
        return replace(answer, cookies=(checked.set_cookie,)) if checked.set_cookie else answer

    async def _for(self, session: Session, ask: Ask, card: Card, blobs: Sequence[bytes | None]) -> Answer:
        if not session.who.account:
            return self._plain(ask, card, "forbidden")
        if not self.feed.sources(ask.name, ask.layout.campus, session.who):
            return self._plain(ask, card, "not-configured")
        look = await self.feed.look(session, ask.name, ask.layout.campus, blobs, ask.pressed)
        return self._with_list(ask, card, session, look)

    def failed(self, ask: Ask, reference: str) -> Answer:
        """The card for our own fault: like an OA's, with a number that finds the log line."""
        view = self._card(ask).without_list(
            "failed", reference=reference, direct_url=self.feed.home(ask.name, ask.layout.campus)
        )
        return Answer("failed", view.version, None, view, view.title)

    def _card(self, ask: Ask) -> Card:
        theme = self.theme(ask.layout.theme)
        return Card(
            ask.name,
            ask.layout,
            theme.words[ask.layout.lang],
            self.now(),
            self.zone,
            self.base_url,
            ask.framed,
            self.campuses,
            ask.layout.mask == "on" if ask.layout.mask else self.mask,
            theme.look,
        )

    def _signed_out(self, ask: Ask, card: Card, why: str = "") -> Answer:
        """`why` its session was ended, where the person is to be told."""
        offer, reason = self._offer(ask) if card.framed else None, _TOLD.get(why)
        if offer:
            # A pre-session that begins now needs a card that knows it, even if the caller's looks the same.
            known = ask if offer.set_cookie is None else replace(ask, holds=None)
            by: SignInBy = "number" if offer.numbers else "popup"
            answer = self._plain(
                known, card, "signed-out", sign_in_url=offer.url, sign_in_by=by, reason=reason
            )
            return replace(answer, cookies=(offer.set_cookie,) if offer.set_cookie else ())
        back = "" if card.framed else "?return=" + quote(f"/widgets/{card.name}?{card.layout.query}")
        url = f"{self.base_url}/auth/login{back}"
        return self._plain(ask, card, "signed-out", sign_in_url=url, reason=reason)

    def _unchecked(self, ask: Ask, card: Card, session: Session) -> Answer:
        """Nobody can tell whether the session still stands: the OA itself asks who somebody is."""
        home = self.feed.home(ask.name, ask.layout.campus, session.who)
        return self._plain(ask, card, "failed", reason=UNCHECKED, direct_url=home, refresh_after=_SOON)

    def _offer(self, ask: Ask) -> Offer | None:
        return self.handover.offer(ask.headers, ask.cookie, told=ask.cross, chained=ask.chained)

    def _plain(self, ask: Ask, card: Card, state: State, **fields: Any) -> Answer:
        view = card.without_list(state, **fields)
        return Answer(state, view.version, None, None if view.version == ask.holds else view, view.title)

    def _with_list(self, ask: Ask, card: Card, session: Session, look: Look) -> Answer:
        state = state_of(look)
        version = card.version(state, look, session.slot)
        as_of = look.as_of.astimezone(self.zone) if look.as_of else None
        if version == ask.holds:
            return Answer(state, version, as_of, None, card.title, look.total)
        view = card.with_list(
            look,
            version,
            more_url=self._whole_list(ask, session),
            direct_url=self._direct(ask, session, look),
            reference=self._number(look, session) if look.missing else None,
        )
        return Answer(state, version, as_of, view, card.title, look.total)

    def _whole_list(self, ask: Ask, session: Session) -> str:
        first = self.feed.sources(ask.name, ask.layout.campus, session.who)[0]
        reference = Reference(first.id, ask.name, "", first.client.home(ask.name))
        return f"{self.base_url}/open/{self.references.sealed_before(session.who.account or '', reference)}"

    def _direct(self, ask: Ask, session: Session, look: Look) -> str | None:
        """The OA itself: the first that gives no list, where one does not."""
        silent = self.feed.source(look.missing[0].source) if look.missing else None
        return (
            silent.client.home(ask.name)
            if silent
            else self.feed.home(ask.name, ask.layout.campus, session.who)
        )

    def _number(self, look: Look, session: Session) -> str:
        """To be read out to the help desk: why, whose (as the log writes it), and since when."""
        first = look.missing[0]
        return f"{first.code[0].upper()}-{session.slot[:4].upper()}-{first.since.astimezone(self.zone):%H%M}"
