"""TLS in front of real Valkeys: the build that tests run has none of its own."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from demo.places import listening, port

_HELLO = b"\x16"
"""The first byte of TLS (RFC 8446 §5.1); Redis' own words begin with others."""
_SIGNS = x509.KeyUsage(
    key_cert_sign=True,
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


@dataclass
class Authority:
    """Signs certificates that are good for an hour."""

    folder: Path
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.file = self.folder / "authority.pem"
        own = self._signed(self.key, x509.BasicConstraints(ca=True, path_length=0), _SIGNS)
        self.file.write_bytes(own.public_bytes(Encoding.PEM))

    def server(self, name: str) -> ssl.SSLContext:
        """For one that answers under this name or address."""
        key, path = ec.generate_private_key(ec.SECP256R1()), self.folder / f"{name}.pem"
        try:
            alternative: x509.GeneralName = x509.IPAddress(ip_address(name))
        except ValueError:
            alternative = x509.DNSName(name)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        made = self._signed(key, x509.SubjectAlternativeName([alternative]))
        path.write_bytes(private + made.public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _signed(self, key: ec.EllipticCurvePrivateKey, *told: x509.ExtensionType) -> x509.Certificate:
        named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.folder.name)])
        subject = named if key is self.key else x509.Name([])
        now, number = datetime.now(UTC), x509.random_serial_number()
        made = (
            x509.CertificateBuilder(named, subject, key.public_key(), number)
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
            )
        )
        for each in told:
            made = made.add_extension(each, critical=True)
        return made.sign(self.key, SHA256())


@dataclass
class Fronts:
    """One in front of each Valkey. Valkeys and Sentinels talk to each other without TLS, through the same ports."""

    context: ssl.SSLContext
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    sockets: list[socket.socket] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def under(cls, context: ssl.SSLContext) -> AsyncIterator[Fronts]:
        made = cls(context)
        try:
            yield made
        finally:
            for each in made.sockets:
                asyncio.get_running_loop().remove_reader(each)
                each.close()
            for task in made.tasks:
                task.cancel()
            await asyncio.gather(*made.tasks, return_exceptions=True)

    def before(self, number: int) -> int:
        """The port that stands for that one."""
        found = listening(0)
        found.setblocking(False)
        self.sockets.append(found)
        asyncio.get_running_loop().add_reader(found, self._accept, found, number)
        return port(found)

    def _accept(self, found: socket.socket, number: int) -> None:
        task = asyncio.create_task(self._serve(found.accept()[0], number))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _serve(self, caller: socket.socket, number: int) -> None:
        loop, reader = asyncio.get_running_loop(), asyncio.StreamReader()
        with suppress(OSError):  # whoever refuses our certificate hangs up
            secure = await _first_byte(caller) == _HELLO
            transport, protocol = await loop.connect_accepted_socket(
                lambda: asyncio.StreamReaderProtocol(reader), caller, ssl=self.context if secure else None
            )
            writer = asyncio.StreamWriter(transport, protocol, reader, loop)
            with closing(writer):
                answers, asks = await asyncio.open_connection("127.0.0.1", number)
                with closing(asks):
                    await _either(_pour(reader, asks), _pour(answers, writer))


async def _first_byte(caller: socket.socket) -> bytes:
    loop, there = asyncio.get_running_loop(), asyncio.Event()
    caller.setblocking(False)
    loop.add_reader(caller, there.set)
    try:
        await there.wait()
    finally:
        loop.remove_reader(caller)
    return caller.recv(1, socket.MSG_PEEK)


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while some := await reader.read(65536):
            writer.write(some)
            await writer.drain()


async def _either(*works: Coroutine[None, None, None]) -> None:
    """Until one ends: either side hangs up."""
    tasks = [asyncio.create_task(each) for each in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
