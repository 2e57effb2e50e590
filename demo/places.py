"""Where the demo's servers listen: loopback sockets, taken before anything starts."""

from __future__ import annotations

import socket
from dataclasses import dataclass, fields

from demo.portal import Addresses

BASE = 8100


class PortTaken(Exception):
    """Somebody else listens there already; the text says so in a sentence."""


@dataclass(frozen=True, slots=True)
class Places:
    """One listening socket for each server, in the order of the default ports 8100 to 8103."""

    portal: socket.socket
    widgets: socket.socket
    identity: socket.socket
    oa: socket.socket

    @classmethod
    def take(cls, base: int | None = BASE) -> Places:
        """Four sockets from port `base` on, or on any free ports. Raises PortTaken."""
        taken: list[socket.socket] = []
        try:
            for offset, _ in enumerate(fields(cls)):
                taken.append(listening(0 if base is None else base + offset))
        except (OSError, OverflowError) as error:
            for each in taken:
                each.close()
            port = (base or 0) + len(taken)
            raise PortTaken(
                f"Port {port} is in use or not allowed: stop what listens there, or choose other ports "
                f"with --port-base (the demo needs four in a row)."
            ) from error
        return cls(*taken)

    def __enter__(self) -> Places:
        return self

    def __exit__(self, *_: object) -> None:
        """Gives up what nobody serves on."""
        for each in fields(self):
            getattr(self, each.name).close()

    def public(self) -> Addresses:
        """The origins as a browser sees them."""
        return Addresses(
            portal=f"http://portal.hospital.localhost:{port(self.portal)}",
            widgets=f"http://widgets.hospital.localhost:{port(self.widgets)}",
            identity=f"http://sso.hospital.localhost:{port(self.identity)}",
            oa=f"http://oa.vendor.localhost:{port(self.oa)}",
        )

    def local(self) -> Addresses:
        """The same servers for programs whose resolver knows no `*.localhost`."""
        return Addresses(*(f"http://127.0.0.1:{port(getattr(self, each.name))}" for each in fields(self)))


def listening(number: int) -> socket.socket:
    """A socket that accepts connections from this moment on; 0 means any free port. Raises OSError."""
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(("127.0.0.1", number))
        found.listen(128)
    except (OSError, OverflowError):
        found.close()
        raise
    return found


def port(found: socket.socket) -> int:
    """Its port number."""
    return int(found.getsockname()[1])
