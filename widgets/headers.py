"""One policy for every answer: who may frame it, who may read it across origins, and that nobody keeps it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any, Final, TypeAlias

from quart import Request

Network: TypeAlias = IPv4Network | IPv6Network
EXPOSED: Final = (
    "Widget-State, Widget-Version, Widget-Count, Widget-As-Of, Widget-Refresh-After, Widget-Title, Retry-After, "
    "Date, HX-Trigger, HX-Trigger-After-Swap, HX-Trigger-After-Settle, HX-Retarget, HX-Reswap, HX-Reselect, "
    "HX-Location, HX-Push, HX-Push-Url, HX-Replace-Url, HX-Redirect, HX-Refresh"
)
"""Ours, and those that htmx looks for in every answer: a browser complains in the console about each hidden one."""
ALLOWED: Final = (
    "HX-Request, HX-Request-Type, HX-Source, HX-Target, HX-Trigger, HX-Trigger-Name, HX-Current-URL, HX-Prompt, "
    "HX-Boosted, HX-History-Restore-Request, HX-PTag, Content-Type, Accept, Cache-Control"
)


@dataclass(frozen=True, slots=True)
class Policy:
    """The headers that depend on the configured portals and on our own styles and scripts.

    `portals` are exact origins. `styles` gives the CSP sources of the inline styles (CSP 3 §8.4: hashes, no
    'unsafe-inline'), asked anew for each answer, because a theme may be installed meanwhile. `centre` is the
    identity centre's origin: sign-out ends there, and browsers hold the redirect of a form against `form-action` too.
    """

    portals: tuple[str, ...]
    own: str
    styles: Callable[[], str]
    centre: str

    def content_security_policy(self) -> str:
        ancestors = " ".join(("'self'", *self.portals))
        return (
            f"default-src 'none'; style-src {self.styles()}; script-src 'self'; connect-src 'self'; "
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
_SPOKEN: Final = ("1.0", "1.1")
"""Versions of HTTP that the gateway and we speak with each other."""
_LONGEST_HEADERS: Final = 16_384
_POLICY: Final = b"content-security-policy"
_REFERRER: Final = b"referrer-policy"
_EMPTY: Final = (b"content-length", b"0")
_CLOSE: Final = (b"connection", b"close")
_PREFLIGHT: Final = (
    ("Access-Control-Allow-Methods", "GET, HEAD, POST"),
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
    there: everything is encoded once. What a view says about caching wins; by default nobody keeps an answer. So
    does a policy of its own: the answer to the centre's sign-out frame is framed by the centre and nobody else.
    """

    def __init__(self, app: Any, policy: Policy) -> None:
        self._app, self._host = app, policy.own.partition("://")[2].encode()
        self._policy, self._private, self._styles = policy, _wire(*_PRIVATE), ""
        self._always: Headers = []
        self._unframed: Headers = []
        self._allowed = {o.encode(): policy.for_origin(o) for o in (*policy.portals, policy.own)}
        self._preflight = _wire(*_PREFLIGHT)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        match scope["type"]:
            case "http":
                await self._answer(scope, receive, send)
            case "websocket":
                await send({"type": "websocket.close"})  # none of our addresses speaks it
            case _:
                await self._app(scope, receive, send)

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        asked = dict(scope["headers"])
        allowed = self._allowed.get(asked.get(b"origin", b""), [])

        async def dressed(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._with_policy(list(message["headers"]), allowed)
            await send(message)

        if _is_smuggled(scope, asked):
            await _answer_bare(dressed, 400, [_CLOSE] if scope["http_version"] in _SPOKEN else [])
        elif _is_too_long(scope):
            await _answer_bare(dressed, 431, [])
        elif scope["method"] == "OPTIONS" and b"access-control-request-method" in asked:
            # Preflights carry no cookies (Fetch §4.8): nobody's session is looked for.
            await _answer_bare(dressed, 204, self._preflight if allowed else [])
        else:
            await self._app(self._named(scope), receive, dressed)

    def _named(self, scope: Any) -> Any:
        """The request under our own name: what a caller writes into Host is no address of ours, or no host at all."""
        headers = [(b"host", self._host), *(pair for pair in scope["headers"] if pair[0] != b"host")]
        return {**scope, "headers": headers}

    def _with_policy(self, said: Headers, allowed: Headers) -> Headers:
        if (styles := self._policy.styles()) is not self._styles:
            self._styles, self._always = styles, self._policy.for_all()
            self._unframed = [pair for pair in self._always if pair[0] != _POLICY]
        names = {name for name, _ in said}
        always = self._unframed if _POLICY in names else self._always
        if (
            _REFERRER in names
        ):  # of two the last would count (Referrer Policy §8.1), and a click's own is stricter
            always = [pair for pair in always if pair[0] != _REFERRER]
        return [*said, *always, *allowed, *([] if b"cache-control" in names else self._private)]


def _is_smuggled(scope: Any, asked: Mapping[bytes, bytes]) -> bool:
    """Whether a gateway may have seen something else than we do.

    Hypercorn lets clear text become HTTP/2 (h2c), and then no gateway sees the requests inside any more; a request
    with two lengths may end elsewhere for it (RFC 9112 §6.1).
    """
    return scope["http_version"] not in _SPOKEN or {b"content-length", b"transfer-encoding"} <= asked.keys()


def _is_too_long(scope: Any) -> bool:
    """Whether the headers are more than we read (RFC 6585 §5). Hypercorn's own limit misses what comes in one piece."""
    return sum(len(name) + len(value) for name, value in scope["headers"]) > _LONGEST_HEADERS


async def _answer_bare(send: Any, status: int, headers: Headers) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [*headers, _EMPTY]})
    await send({"type": "http.response.body", "body": b""})


_WITH_PORT: Final = re.compile(
    r"\[([0-9A-Fa-f:.]+)\](?::\d{1,5})?|(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}", re.ASCII
)


class Peers:
    """Where a request came from. Only the configured proxies are believed about anybody but themselves."""

    def __init__(self, trusted: Sequence[Network], operations: Sequence[Network]) -> None:
        self._trusted, self._operations = tuple(trusted), tuple(operations)

    def address(self, request: Request) -> str:
        """The nearest address that is not one of our proxies (RFC 7239 §5.2, in its X-Forwarded-For form)."""
        return self._nearest(request.remote_addr or "", request.headers.getlist("X-Forwarded-For"))

    def of_scope(self, scope: Any) -> str:
        """The same of a request that the framework has not seen (ASGI)."""
        fields = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        return self._nearest((scope.get("client") or ("",))[0], fields)

    def is_from_operations(self, request: Request) -> bool:
        """From the operations network, or from a trusted proxy on its own behalf: a gateway's health check."""
        return _is_within(self.address(request), (*self._operations, *self._trusted))

    def _nearest(self, peer: str, told: Sequence[str]) -> str:
        # All fields count, as one (RFC 9110 §5.3): some proxies add their own line below the caller's.
        hops = [hop.strip() for hop in ",".join(told).split(",") if hop.strip()]
        peer = _by_its_own_name(peer)
        while _is_within(peer, self._trusted) and hops:
            peer = _by_its_own_name(hops.pop())
        return peer[:64]


def _by_its_own_name(address: str) -> str:
    """The machine's alone: some proxies add a port, which is another one for each connection (RFC 7239 §6).

    And a socket for both families writes an IPv4 address as one of IPv6 (RFC 4291 §2.5.5.2).
    """
    if found := _WITH_PORT.fullmatch(address):
        address = found[1] or found[2]
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(getattr(parsed, "ipv4_mapped", None) or address)


def _is_within(address: str, networks: Sequence[Network]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)
