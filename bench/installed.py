"""The service as a hospital installs it: one folder with its configuration, keys and credentials."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from auth.sealing import KeyRing, new_key
from bench.people import CAMPUS, SOURCE

HOST = "widgets.hospital.example"


def install(folder: Path, redis_port: int) -> tuple[Path, KeyRing]:
    """Writes everything into `folder`; gives the configuration file and the key ring that it names."""
    ring = new_key()
    _private(folder / "keys", ring)
    _private(folder / "oidc-secret", "a-secret-that-nobody-asks-for")
    _private(folder / "oa.json", _registration())
    config = folder / "portal-widgets.toml"
    config.write_text(_toml(folder, redis_port), encoding="utf-8")
    return config, KeyRing.parse(ring)


def _private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def _registration() -> str:
    """Credentials of the right shape: no OA is ever asked, since every list is fresh."""
    public = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    spk = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return json.dumps({"spk": base64.b64encode(spk).decode(), "secret": "never-used"})


def _toml(folder: Path, redis_port: int) -> str:
    """JSON strings are TOML basic strings. Port 9 is where nobody answers."""
    files = {name: json.dumps(str(folder / name)) for name in ("keys", "oidc-secret", "oa.json")}
    return f"""\
[service]
base_url = "https://{HOST}"
portals = [{{ origin = "https://portal.hospital.example" }}]
trusted_proxies = ["127.0.0.0/8"]
keys = {{ file = {files["keys"]} }}

[redis]
url = "redis://127.0.0.1:{redis_port}/0"

[identity]
issuer = "https://sso.hospital.example"
base_url = "http://127.0.0.1:9"
client_id = "portal-widgets"
client_secret = {{ file = {files["oidc-secret"]} }}
account_claim = "employee_no"

[audit]
url = {json.dumps(f"sqlite:///{folder / 'audit.db'}")}

[[campuses]]
id = "{CAMPUS}"
name = "院本部"

[[sources]]
id = "{SOURCE}"
campus = "{CAMPUS}"
kind = "weaver-e9"
base_url = "http://127.0.0.1:9"
open_url = "https://oa.hospital.example"
widgets = ["todos"]
app_id = "bench"
credentials = {{ file = {files["oa.json"]} }}
"""
