"""A centre behind TLS is believed under its own certificate alone (RFC 9110 §4.3.4)."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from auth.errors import CentreUnavailable
from auth.outside import Outside
from widgets.oa.outbound import guarded

METADATA = b'{"issuer": "https://sso.hospital.test"}'


@pytest.fixture
async def stranger(tmp_path: Path) -> AsyncIterator[str]:
    """Somebody who answers as the centre would, with a certificate for that very address that they made themselves."""
    path = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def certificate(folder: Path) -> Path:
    """Key and certificate in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = folder / "stranger.pem"
    path.write_bytes(private + made.public_bytes(Encoding.PEM))
    return path


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(METADATA)}\r\n\r\n"
    writer.write(head.encode() + METADATA)
    await writer.drain()
    writer.close()


async def test_a_centre_with_a_certificate_of_nobodys_is_not_believed(stranger: str) -> None:
    """Nothing of its answer is read; the same answer over a connection that asks for no proof is there to be read."""
    outside = Outside(guarded([stranger], deadline=2.5), "https://sso.hospital.test", stranger)
    with pytest.raises(CentreUnavailable, match="unavailable"):
        await outside.get("https://sso.hospital.test/.well-known/openid-configuration")
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    reader, writer = await asyncio.open_connection(*where(stranger), ssl=trusting)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert METADATA in await reader.read(4096)
    writer.close()


def where(address: str) -> tuple[str, int]:
    host, _, port = address.removeprefix("https://").partition(":")
    return host, int(port)
