"""One policy for every answer: who may frame it, who may read it across origins, and that nobody keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any, Final, TypeAlias

from quart import Request

Network: TypeAlias = IPv4Network | IPv6Network
EXPOSED: Final = (
    "Widget-State, Widget-Version, Widget-Count, Widget-As-Of, Widget-Refresh-After, Widget-Title, "
    "Retry-After, Date"
)
ALLOWED: Final = (
    "HX-Request, HX-Request-Type, HX-Source, HX-Target, HX-Trigger, HX-Trigger-Name, HX-Current-URL, HX-Prompt, "
    "HX-Boosted, HX-History-Restore-Request, HX-PTag, Content-Type, Accept, Cache-Control"
)


@dataclass(frozen=True, slots=True)
class Policy:
    """The headers that depend on the configured portals and on our own styles and scripts.

    `portals` are exact origins. `style` is the CSP source of the one inline style (CSP 3 §8.4: hashes, no
    'unsafe-inline'). `centre` is the identity centre's origin: sign-out ends there, and browsers hold the redirect
    of a form against `form-action` too.
    """

    portals: tuple[str, ...]
    own: str
    style: str
    centre: str

    def content_security_policy(self) -> str:
        ancestors = " ".join(("'self'", *self.portals))
        return (
            f"default-src 'none'; style-src {self.style}; script-src 'self'; connect-src 'self'; "
            f"img-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self' {self.centre}; "
            f"frame-ancestors {ancestors}"
        )

    def for_all(self) -> Headers:
        """What every answer carries, whoever asks."""
        return _wire(
            ("Content-Security-Policy", self.content_security_policy()),
            ("X-Content-Type-Options", "nosniff"),
            # Not no-referrer: it makes browsers send `Origin: null` with our own sign-out form (Fetch §3.2).
            ("Referrer-Policy", "same-origin"),
            ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
            ("Vary", "Origin"),
        )

    def for_origin(self, origin: str) -> Headers:
        """What a portal's page may read (Fetch §3.3.3): that exact origin with credentials, never `*`."""
        return _wire(
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Allow-Credentials", "true"),
            ("Access-Control-Expose-Headers", EXPOSED),
        )


Headers: TypeAlias = list[tuple[bytes, bytes]]
_PREFLIGHT: Final = (
    ("Access-Control-Allow-Methods", "GET, HEAD"),
    ("Access-Control-Allow-Headers", ALLOWED),
    ("Access-Control-Max-Age", "7200"),
)
_PRIVATE: Final = (("Cache-Control", "private, no-store"), ("Cross-Origin-Resource-Policy", "same-site"))


def _wire(*pairs: tuple[str, str]) -> Headers:
    """Headers as they go over the wire (ASGI: lower-case names)."""
    return [(name.lower().encode(), value.encode()) for name, value in pairs]


class Dressed:
    """Puts the policy on every answer of the application, those that no view of ours ever saw included.

    It stands outside the framework because it must not depend on which handler answered, and because it is cheap
    there: everything is encoded once. What a view says about caching wins; by default nobody keeps an answer.
    """

    def __init__(self, app: Any, policy: Policy) -> None:
        self._app = app
        self._always, self._private = policy.for_all(), _wire(*_PRIVATE)
        self._allowed = {o.encode(): policy.for_origin(o) for o in (*policy.portals, policy.own)}
        self._preflight = _wire(*_PREFLIGHT, ("Content-Length", "0"))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = dict(scope["headers"])
        allowed = self._allowed.get(asked.get(b"origin", b""), [])

        async def dressed(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._with_policy(list(message["headers"]), allowed)
            await send(message)

        if scope["method"] == "OPTIONS" and b"access-control-request-method" in asked:
            await _answer_preflight(dressed, self._preflight if allowed else self._preflight[-1:])
        else:
            await self._app(scope, receive, dressed)

    def _with_policy(self, said: Headers, allowed: Headers) -> Headers:
        kept = any(name == b"cache-control" for name, _ in said)
        return [*said, *self._always, *allowed, *([] if kept else self._private)]


async def _answer_preflight(send: Any, headers: Headers) -> None:
    """Preflights carry no cookies (Fetch §4.8): nobody's session is looked for."""
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


class Peers:
    """Where a request came from. Only the configured proxies are believed about anybody but themselves."""

    def __init__(self, trusted: Sequence[Network], operations: Sequence[Network]) -> None:
        self._trusted, self._operations = tuple(trusted), tuple(operations)

    def address(self, request: Request) -> str:
        """The nearest address that is not one of our proxies (RFC 7239 §5.2, in its X-Forwarded-For form)."""
        peer = request.remote_addr or ""
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
        while _is_within(peer, self._trusted) and hops:
            peer = hops.pop()
        return peer[:64]

    def is_from_operations(self, request: Request) -> bool:
        """From the operations network, or from a trusted proxy on its own behalf: a gateway's health check."""
        return _is_within(self.address(request), (*self._operations, *self._trusted))


def _is_within(address: str, networks: Sequence[Network]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)


def is_fragment(request: Request) -> bool:
    """A fragment for a page that is already there, or a document for a frame or a tab."""
    return request.args.get("as") == "fragment" or request.headers.get("HX-Request") == "true"


def is_framed(request: Request) -> bool:
    """False when the card is the whole page: a document in a tab of its own, and that page's refreshes.

    Unknown counts as framed: links then open a new tab, which is right in both places.
    """
    if request.args.get("tab") == "1":
        return False
    return is_fragment(request) or request.headers.get("Sec-Fetch-Dest") != "document"
