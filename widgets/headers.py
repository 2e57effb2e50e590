"""One policy for every answer: who may frame it, who may read it across origins, and that nobody keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final, TypeAlias

from quart import Request, Response

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
    'unsafe-inline'). Frames and forms are limited to what sign-out needs: `centre` is the identity centre's origin,
    because browsers hold the redirect of a form against `form-action` too.
    """

    portals: tuple[str, ...]
    own: str
    style: str
    centre: str

    def content_security_policy(self) -> str:
        ancestors = " ".join(("'self'", *self.portals))
        return (
            f"default-src 'none'; style-src {self.style}; script-src 'self'; connect-src 'self'; img-src 'self'; "
            f"font-src 'self'; base-uri 'none'; form-action 'self' {self.centre}; frame-ancestors {ancestors}"
        )

    def fixed(self) -> tuple[tuple[str, str], ...]:
        """The headers that every answer carries, whoever asks."""
        return (
            ("Content-Security-Policy", self.content_security_policy()),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
            ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
        )

    def cross_origin(self, request: Request) -> tuple[tuple[str, str], ...]:
        """What a portal's page may read of this answer (Fetch §3.3): exact origins with credentials, never `*`."""
        origin = request.headers.get("Origin")
        if origin not in self.portals and origin != self.own:
            return ()
        allowed = (
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Allow-Credentials", "true"),
            ("Access-Control-Expose-Headers", EXPOSED),
        )
        if request.method != "OPTIONS" or "Access-Control-Request-Method" not in request.headers:
            return allowed
        return (
            *allowed,
            ("Access-Control-Allow-Methods", "GET, HEAD"),
            ("Access-Control-Allow-Headers", ALLOWED),
            ("Access-Control-Max-Age", "7200"),
        )


class Dresser:
    """Puts the policy on answers. Content that is private says so; hashed assets may be kept for ever."""

    def __init__(self, policy: Policy) -> None:
        self._policy, self._fixed = policy, policy.fixed()

    def dress(self, request: Request, response: Response) -> Response:
        headers = response.headers
        for name, value in self._fixed:
            headers[name] = value
        for name, value in self._policy.cross_origin(request):
            headers[name] = value
        headers["Vary"] = "Origin"
        if "Cache-Control" not in headers:
            headers["Cache-Control"] = "private, no-store"
            headers["Cross-Origin-Resource-Policy"] = "same-site"
        return response


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
    """Unknown counts as framed: links then open a new tab, which is right in both places."""
    return request.headers.get("Sec-Fetch-Dest", "iframe") != "document"
