"""What may go wrong on the wire to an OA: each fault is what becomes of one honest answer. Never shipped."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import struct
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

STRANGER: Final = "99999"
"""Nobody's 工号, login name or id."""
_OWNERS: Final = frozenset({"workcode", "memberId", "receiveMemberCode", "loginName", "person", "to"})
"""The fields in which the products say whose a row is, or who was found."""
_PIECE: Final = b"[" + b'{"requestName":"' + b"x" * 65_000 + b'"},'


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer, read to its end."""

    status: int
    content_type: str
    body: bytes
    more: tuple[tuple[str, str], ...] = ()
    """Further headers."""

    def head(self, length: int | None = None) -> bytes:
        """Status line and headers; `length` is what they say of the body's, true or not."""
        told = len(self.body) if length is None else length
        lines = [f"HTTP/1.1 {self.status} X", f"Content-Type: {self.content_type}", f"Content-Length: {told}"]
        return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in self.more), "", ""]).encode()


@dataclass(frozen=True, slots=True)
class Wire:
    """The connection on which the service waits for an answer."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """Raises OSError when the service has gone."""
        self.writer.write(data)
        await self.writer.drain()
        if self.writer.transport.is_closing():
            raise ConnectionResetError

    def reset(self) -> None:
        """Ends it with RST: whatever was under way is lost."""
        end: socket.socket = self.writer.get_extra_info("socket")
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Fault = Callable[[Wire, Reply], Awaitable[None]]


async def honest(wire: Wire, reply: Reply) -> None:
    """The answer as it is."""
    await wire.send(reply.head() + reply.body)


async def _black_hole(wire: Wire, reply: Reply) -> None:
    """Silence until the service gives up."""
    await wire.reader.read()


async def _drip(wire: Wire, reply: Reply) -> None:
    """A byte now and then, never long enough apart for a timeout between two."""
    for byte in reply.head() + reply.body:
        await wire.send(bytes([byte]))
        await asyncio.sleep(0.1)


async def _reset(wire: Wire, reply: Reply) -> None:
    """Half of the body, then RST."""
    await wire.send(reply.head() + reply.body[: len(reply.body) // 2])
    await asyncio.sleep(0.01)
    wire.reset()


async def _too_short(wire: Wire, reply: Reply) -> None:
    """More was promised than comes."""
    await wire.send(reply.head(len(reply.body) + 100) + reply.body)
    wire.writer.close()


async def _too_long(wire: Wire, reply: Reply) -> None:
    """Less was promised than comes: the rest would be taken for the next answer."""
    await wire.send(reply.head(max(len(reply.body) // 2, 1)) + reply.body + reply.head() + reply.body)


async def _gzip_bomb(wire: Wire, reply: Reply) -> None:
    """64 KB that unpack to 64 MB."""
    await honest(wire, replace(reply, body=_bomb(), more=(("Content-Encoding", "gzip"),)))


@cache
def _bomb() -> bytes:
    return gzip.compress(b"[" + b" " * (64 << 20) + b"]")


async def _redirect(wire: Wire, reply: Reply) -> None:
    """To where a cloud keeps its secrets."""
    await honest(wire, Reply(302, "text/html", b"", (("Location", "http://169.254.169.254/latest/"),)))


async def _login_page(wire: Wire, reply: Reply) -> None:
    """HTTP 200, as if all were well."""
    page = "<!doctype html><meta charset=utf-8><title>登录</title><form><input name=loginid></form>"
    await honest(wire, Reply(200, "text/html; charset=utf-8", page.encode()))


async def _busy(wire: Wire, reply: Reply) -> None:
    """429, and asks to be left alone for half a minute."""
    await honest(wire, Reply(429, "text/plain", b"busy", (("Retry-After", "30"),)))


async def _someone_else(wire: Wire, reply: Reply) -> None:
    """Whatever says whose it is names a stranger. A product that never says cannot be caught at it."""
    await honest(wire, replace(reply, body=_rewritten(reply.body, "utf-8", strange=True)))


async def _gb18030(wire: Wire, reply: Reply) -> None:
    """Chinese in the national encoding, labelled as before: UTF-8."""
    await honest(wire, replace(reply, body=_rewritten(reply.body, "gb18030")))


async def _broken_utf_8(wire: Wire, reply: Reply) -> None:
    """Texts that a database cut in the middle of a character."""
    body = _rewritten(reply.body, "utf-8")
    cut = bytes(
        byte for byte, after in zip(body, body[1:] + b" ", strict=True) if byte < 0x80 or after != 0x22
    )
    await honest(wire, replace(reply, body=cut))


async def _deep(wire: Wire, reply: Reply) -> None:
    """JSON nested a hundred thousand times."""
    await honest(wire, replace(reply, body=b"[" * 100_000 + b"]" * 100_000))


async def _huge(wire: Wire, reply: Reply) -> None:
    """JSON without end."""
    await wire.send(reply.head(1 << 40))
    while True:
        await wire.send(_PIECE)


FAULTS: Final[Mapping[str, tuple[str, Fault]]] = {
    "black-hole": ("不应答", _black_hole),
    "drip": ("一字节一字节地答", _drip),
    "reset": ("答到一半断开", _reset),
    "too-short": ("少于所报长度", _too_short),
    "too-long": ("多于所报长度", _too_long),
    "gzip-bomb": ("压缩炸弹", _gzip_bomb),
    "redirect": ("转向内网地址", _redirect),
    "login-page": ("返回登录页", _login_page),
    "busy": ("请 30 秒后再来（429）", _busy),
    "someone-else": ("别人的数据", _someone_else),
    "gb18030": ("GB 18030 编码", _gb18030),
    "broken-utf-8": ("残缺的 UTF-8", _broken_utf_8),
    "deep": ("十万层嵌套", _deep),
    "huge": ("无尽的 JSON", _huge),
}
"""What a fault is called, in words, and what it does."""


def _rewritten(body: bytes, encoding: str, *, strange: bool = False) -> bytes:
    """The same JSON in that encoding, without escapes; what is no JSON stays as it is."""
    try:
        told = json.loads(body)
    except ValueError:
        return body
    return json.dumps(_estranged(told) if strange else told, ensure_ascii=False).encode(encoding)


def _estranged(told: Any) -> Any:
    match told:
        case dict():
            return {key: STRANGER if key in _OWNERS else _estranged(value) for key, value in told.items()}
        case list():
            return [_estranged(each) for each in told]
        case str() if told.startswith("{"):  # JSON in a text
            return json.dumps(_estranged(json.loads(told)))
    return told
