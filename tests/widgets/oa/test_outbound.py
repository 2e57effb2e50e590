"""The guarded transport against servers on real sockets that misbehave."""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import httpx2
import pytest

from widgets.oa import OABadAnswer, OATooSlow, OAUnavailable
from widgets.oa.breaker import IN_A_ROW, Breaker
from widgets.oa.outbound import Refused, Slow, Unreachable, ask, client

Write = Callable[[asyncio.StreamWriter], Awaitable[None]]
Serve = Callable[[Write], Awaitable[str]]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class Misbehaving:
    """Servers on loopback, each writing what it is told after it has read a request."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self._servers: list[asyncio.Server] = []
        self._talks: set[asyncio.Task[None]] = set()

    async def serve(self, write: Write) -> str:
        """The origin of a new server."""

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task
            self._talks.add(task)
            try:
                while head := await reader.readuntil(b"\r\n\r\n"):
                    self.requests.append(head.decode())
                    await write(writer)
            except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                writer.close()

        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        self._servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        for server in self._servers:
            server.close()
        for task in self._talks:
            task.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)


@pytest.fixture
async def misbehaving() -> AsyncIterator[Misbehaving]:
    servers = Misbehaving()
    yield servers
    await servers.close()


def says(*parts: bytes) -> Write:
    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(b"".join(parts))
        await writer.drain()

    return write


async def drip(writer: asyncio.StreamWriter) -> None:
    """One byte at a time, for ever: every read succeeds in time."""
    writer.write(HEAD + b"Content-Length: 100000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


async def pour(writer: asyncio.StreamWriter) -> None:
    """A body without end."""
    writer.write(HEAD + b"\r\n")
    while True:
        writer.write(b" " * 65536)
        await writer.drain()


async def say_nothing(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(5)


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()


async def refusal(server: str, deadline: float = 1.0, cap: int = 1 << 20) -> Exception:
    """What a GET of `server` raises."""
    async with client([server], deadline=deadline, cap=cap) as http:
        with pytest.raises(httpx2.TransportError) as raised:
            await http.get(server)
    return raised.value


async def test_an_honest_answer_comes_through(misbehaving: Misbehaving) -> None:
    server = await misbehaving.serve(says(HEAD, b"Content-Length: 2\r\n\r\n[]"))
    async with client([server]) as http:
        answer = await ask(http, "POST", f"{server}/list", form={"name": "张三"}, headers={"appid": "x"})
    assert (answer.status, answer.body) == (200, b"[]")


async def test_a_body_that_drips_is_given_up_at_the_deadline(misbehaving: Misbehaving) -> None:
    assert isinstance(await refusal(await misbehaving.serve(drip), deadline=0.1), Slow)


async def test_a_server_that_says_nothing_is_given_up_at_the_deadline(misbehaving: Misbehaving) -> None:
    assert isinstance(await refusal(await misbehaving.serve(say_nothing), deadline=0.1), Slow)


async def test_a_body_without_end_is_cut_at_the_cap(misbehaving: Misbehaving) -> None:
    assert isinstance(await refusal(await misbehaving.serve(pour), cap=300_000), Refused)


@pytest.mark.parametrize(
    "encoding", [b"gzip", b"br", b"deflate", b"zstd", b"x-unknown", b"identity, gzip", b"GZIP"]
)
async def test_an_encoded_body_is_refused(misbehaving: Misbehaving, encoding: bytes) -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    length = f"Content-Length: {len(bomb)}\r\n\r\n".encode()
    server = await misbehaving.serve(says(HEAD, b"Content-Encoding: ", encoding, b"\r\n", length, bomb))
    assert isinstance(await refusal(server), Refused)


async def test_a_connection_that_breaks_is_unreachable(misbehaving: Misbehaving) -> None:
    assert isinstance(await refusal(await misbehaving.serve(hang_up)), Unreachable)


def once_a_connection(end: Callable[[asyncio.StreamWriter], None]) -> Write:
    """Answers the first request of each connection, and ends it under the second: its patience ran out just then."""
    answered = set[asyncio.StreamWriter]()

    async def write(writer: asyncio.StreamWriter) -> None:
        if writer in answered:
            end(writer)
            raise ConnectionResetError
        answered.add(writer)
        await says(HEAD, b"Content-Length: 2\r\n\r\n[]")(writer)

    return write


def reset(writer: asyncio.StreamWriter) -> None:
    end = writer.get_extra_info("socket")
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@pytest.mark.parametrize("end", [asyncio.StreamWriter.close, reset])
@pytest.mark.parametrize(
    ("method", "only_asks", "second"),
    [
        ("GET", False, 200),
        ("POST", True, 200),
        ("POST", False, None),
    ],
)
async def test_a_kept_connection_that_is_closed_just_then_costs_no_answer(
    misbehaving: Misbehaving,
    end: Callable[[asyncio.StreamWriter], None],
    method: str,
    only_asks: bool,
    second: int | None,
) -> None:
    """Asked once more, on another connection; a POST only where the caller says that it changes nothing."""
    server = await misbehaving.serve(once_a_connection(end))
    async with client([server], only_asks=only_asks) as http:
        assert 200 == (await http.request(method, server)).status_code
        if second is None:
            with pytest.raises(Unreachable):
                await http.request(method, server)
        else:
            assert second == (await http.request(method, server)).status_code
    assert (3 if second else 2) == len(misbehaving.requests)


async def test_a_new_connection_that_breaks_is_not_tried_again(misbehaving: Misbehaving) -> None:
    server = await misbehaving.serve(hang_up)
    async with client([server], only_asks=True) as http:
        with pytest.raises(Unreachable):
            await http.get(server)
    assert 1 == len(misbehaving.requests)


async def test_what_is_asked_once_more_keeps_to_the_agreed_rate(misbehaving: Misbehaving) -> None:
    """It is a call like any other: where the rate is used up it is not made."""
    left = [True, True]

    class Two:
        async def book(self) -> bool:
            return bool(left) and left.pop()

    server = await misbehaving.serve(once_a_connection(reset))
    async with client([server], allowance=Two()) as http:
        await http.get(server)
        with pytest.raises(Unreachable):
            await http.get(server)
    assert 2 == len(misbehaving.requests)


@pytest.mark.parametrize("year", [b"9" * 20, b"2027 00:00:00 +" + b"9" * 20])
async def test_a_wait_until_a_time_that_is_none_is_no_wait(misbehaving: Misbehaving, year: bytes) -> None:
    """It is a failure like any other, and the breaker counts it."""
    busy = (
        b"HTTP/1.1 503 x\r\nContent-Length: 0\r\nRetry-After: Thu, 01 Jan " + year + b" 00:00:00 GMT\r\n\r\n"
    )
    server = await misbehaving.serve(says(busy))
    breaker = Breaker(lambda: datetime.now(UTC))
    async with client([server], breaker=breaker) as http:
        for _ in range(IN_A_ROW):
            assert 503 == (await http.get(server)).status_code
    assert breaker.is_open


async def test_a_body_shorter_than_announced_is_unreachable(misbehaving: Misbehaving) -> None:
    async def write(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"Content-Length: 10\r\n\r\n[]")
        writer.close()

    assert isinstance(await refusal(await misbehaving.serve(write)), Unreachable)


@pytest.mark.parametrize(
    "head", [b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\n"]
)
async def test_what_is_no_http_is_unreachable(misbehaving: Misbehaving, head: bytes) -> None:
    assert isinstance(await refusal(await misbehaving.serve(says(head))), Unreachable)


async def test_a_port_where_nobody_listens_is_unreachable() -> None:
    assert isinstance(await refusal("http://127.0.0.1:1"), Unreachable)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/",
        "https://127.0.0.1/",
        "http://localhost/",
        "http://127.0.0.1.evil.example/",
        "http://evil.example/",
        "ftp://127.0.0.1/",
        "http://[::1]/",
    ],
)
async def test_only_the_configured_host_is_called(url: str) -> None:
    async with client(["http://127.0.0.1"]) as http:
        with pytest.raises((Refused, httpx2.UnsupportedProtocol)):
            await http.get(url)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_an_answer_that_nobody_can_follow(misbehaving: Misbehaving, status: int) -> None:
    head = f"HTTP/1.1 {status} X\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"
    server = await misbehaving.serve(says(head.encode()))
    async with client([server]) as http:
        answer = await http.get(server, follow_redirects=True)
    assert (answer.status_code, len(misbehaving.requests)) == (status, 1)


async def test_a_cookie_is_neither_kept_nor_sent(misbehaving: Misbehaving) -> None:
    server = await misbehaving.serve(
        says(HEAD, b"Set-Cookie: JSESSIONID=1; Path=/\r\nContent-Length: 0\r\n\r\n")
    )
    async with client([server]) as http:
        answers = [await http.get(server, headers={"Cookie": "mine=1"}) for _ in range(2)]
        assert (list(http.cookies.jar), [answer.headers.get("set-cookie") for answer in answers]) == (
            [],
            [None, None],
        )
    assert not any("cookie" in request.lower() for request in misbehaving.requests)


async def test_only_identity_encoding_is_asked_for(misbehaving: Misbehaving) -> None:
    server = await misbehaving.serve(says(HEAD, b"Content-Length: 0\r\n\r\n"))
    async with client([server]) as http:
        await http.get(server, headers={"Accept-Encoding": "gzip"})
    assert "accept-encoding: identity\r\n" in misbehaving.requests[0].lower()


async def test_calls_beyond_the_places_of_a_host_do_not_wait_long(misbehaving: Misbehaving) -> None:
    server = await misbehaving.serve(say_nothing)
    async with client([server], places=2, deadline=0.6) as http:
        results = await asyncio.gather(*(http.get(server) for _ in range(5)), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Slow"] * 2 + ["Unreachable"] * 3


async def test_a_place_is_free_again_after_a_failure(misbehaving: Misbehaving) -> None:
    server = await misbehaving.serve(says(HEAD, b"Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n"))
    async with client([server], places=1) as http:
        results = await asyncio.gather(*(http.get(server) for _ in range(5)), return_exceptions=True)
    assert {type(result) for result in results} == {Refused}


async def test_a_dialect_hears_of_failures_in_its_own_words(misbehaving: Misbehaving) -> None:
    heard: list[type[BaseException]] = []
    for write in (say_nothing, hang_up, pour):
        server = await misbehaving.serve(write)
        async with client([server], deadline=0.2, cap=1000) as http:
            with pytest.raises(Exception) as raised:
                await ask(http, "GET", server)
        heard.append(raised.type)
    assert heard == [OATooSlow, OAUnavailable, OABadAnswer]


@pytest.mark.parametrize(
    "origin", ["", "oa.example", "ftp://oa.example", "https://a@oa.example", "https://oa:99999"]
)
def test_an_origin_that_is_none_is_a_value_error(origin: str) -> None:
    with pytest.raises(ValueError):
        client([origin])


async def test_what_speaks_no_http_is_not_quoted(misbehaving: Misbehaving) -> None:
    """Its error goes into the log, where nobody's affairs belong."""
    origin = await misbehaving.serve(says("关于患者王某的会诊\r\n\r\n".encode()))
    async with client([origin]) as http:
        with pytest.raises(OAUnavailable, match=r"RemoteProtocolError: illegal status line$"):
            await ask(http, "GET", f"{origin}/")
