"""HTTP/1.1 as bytes on a socket (RFC 9112), so that every octet of an answer can be counted."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer as it came over the wire."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    size: int
    """Octets of the whole answer, head and body."""


class Wire:
    """One kept-alive connection to a server on this machine."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self._stream = self._socket.makefile("rb")

    def __enter__(self) -> Wire:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        self._socket.close()

    def ask(self, path: str, headers: Mapping[str, str]) -> Reply:
        """GETs one address. Raises OSError, and ValueError for an answer without a length."""
        lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        self._socket.sendall("\r\n".join(lines).encode())
        head = self._head()
        status = int(head[0].split()[1])
        fields = {name.decode().lower(): value.strip().decode() for name, _, value in map(_field, head[1:])}
        body = (
            self._chunked() if "transfer-encoding" in fields else self._stream.read(_length(status, fields))
        )
        return Reply(status, fields, body, sum(len(line) + 2 for line in head) + 2 + len(body))

    def _chunked(self) -> bytes:
        """A body without a length in advance (RFC 9112 §7.1), as redirects have it here."""
        parts = []
        while size := int(self._stream.readline().split(b";")[0], 16):
            parts.append(self._stream.read(size))
            self._stream.readline()
        self._stream.readline()
        return b"".join(parts)

    def _head(self) -> list[bytes]:
        lines = []
        while line := self._stream.readline().rstrip(b"\r\n"):
            lines.append(line)
        if not lines:
            raise OSError("the server closed the connection without an answer")
        return lines


def _length(status: int, fields: Mapping[str, str]) -> int:
    return 0 if status in (204, 304) else int(fields["content-length"])


def _field(line: bytes) -> tuple[bytes, bytes, bytes]:
    return line.partition(b":")
