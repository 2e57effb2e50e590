"""A configuration in a folder of its own, whole and right, for a test to spoil."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from auth.sealing import new_key
from widgets.settings import Settings, SettingsError, load

_KEY = rsa.generate_private_key(65537, 2048).public_key()
SPK = base64.b64encode(_KEY.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
CREDENTIALS = json.dumps({"spk": SPK, "secret": "oa-canary"})

RIGHT = """\
[service]
base_url = "https://widgets.hospital.example"
portals = [{ origin = "https://portal.hospital.example" }]
keys = { file = "keys" }

[identity]
issuer = "https://sso.hospital.example"
client_id = "portal-widgets"
client_secret = { env = "CLIENT_SECRET" }
account_claim = "employee_no"

[audit]
url = "sqlite:///audit.db"

[[campuses]]
id = "main"
name = "院本部"

[[sources]]
id = "main-oa"
campus = "main"
kind = "weaver-e9"
base_url = "https://oa.hospital.example"
app_id = "portal-widgets"
credentials = { file = "main-oa.json" }
notice_directories = [{ id = "41", department = "院办公室" }]
"""


@dataclass
class Configuration:
    """The files of one configuration, and the environment it is read in."""

    folder: Path
    environ: dict[str, str] = field(default_factory=lambda: {"CLIENT_SECRET": "centre-canary"})
    text: str = RIGHT

    def __post_init__(self) -> None:
        self.write("keys", new_key())
        self.write("main-oa.json", CREDENTIALS)

    @property
    def path(self) -> Path:
        return self.folder / "portal-widgets.toml"

    def write(self, name: str, text: str, mode: int = 0o600) -> Path:
        path = self.folder / name
        path.write_text(text, "utf-8")
        path.chmod(mode)
        return path

    def put(self, old: str, new: str) -> None:
        """Spoils one place of the text."""
        assert old in self.text
        self.text = self.text.replace(old, new)

    def load(self, *, registered: bool = True) -> Settings:
        self.write("portal-widgets.toml", self.text)
        return load(self.path, self.environ, registered=registered)

    def mistakes(self, *, registered: bool = True) -> list[str]:
        try:
            self.load(registered=registered)
        except SettingsError as error:
            return error.mistakes
        return []
