"""Debian's LemonLDAP::NG as a running identity centre: OpenID provider and CAS server in one, with its demo users."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from demo.grants import Client

PORTAL: Final = Path("/usr/share/lemonldap-ng/portal")
USER: Final = "dwho"
"""One of its demo users; the password is the name."""
NUMBER: Final = "10012"
"""The 工号 of that user: it belongs to somebody whom the demo's OA knows."""
PATIENCE: Final = 30.0
"""Seconds until a portal that does not answer counts as broken."""
NOT_WANTED: Final = (
    "captcha_login_enabled",
    "captcha_mail_enabled",
    "captcha_register_enabled",
    "loginHistoryEnabled",
    "notification",
    "portalDisplayRegister",
    "portalDisplayResetPassword",
)
"""Parts of the portal that need more Perl than a sign-in does."""
INI: Final = """\
[all]
logLevel = warn
[configuration]
type = File
dirName = {folder}
localStorage = Cache::FileCache
localStorageOptions = {{ 'namespace' => 'config', 'cache_root' => '{folder}/cache' }}
[portal]
staticPrefix = /static
templateDir = {portal}/templates
languages = en
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the portal is, in public and on loopback."""

    number: int

    @property
    def public(self) -> str:
        """With the slash at the end that LemonLDAP::NG writes into every `iss`."""
        return f"http://sso.hospital.localhost:{self.number}/"

    @property
    def local(self) -> str:
        return f"http://127.0.0.1:{self.number}/"


@asynccontextmanager
async def lemonldap(folder: Path, place: Place, client: Client) -> AsyncIterator[None]:
    """The portal on loopback until the block ends. Raises RuntimeError when it is not installed or does not start."""
    plackup = shutil.which("plackup")
    if plackup is None or not PORTAL.is_dir():
        raise RuntimeError("LemonLDAP::NG is needed: `make test-providers` as root installs it")
    for name in ("sessions", "sessions/lock", "psessions", "psessions/lock", "cache"):
        (folder / name).mkdir(parents=True)
    (folder / "lmConf-1.json").write_text(json.dumps(configuration(folder, place, client)), "utf-8")
    ini = folder / "lemonldap-ng.ini"
    ini.write_text(INI.format(folder=folder, portal=PORTAL), "utf-8")
    command = [plackup, "-E", "deployment", "-o", "127.0.0.1", "-p", str(place.number)]
    process = await asyncio.create_subprocess_exec(
        *command,
        PORTAL / "htdocs" / "index.psgi",
        env={**os.environ, "LLNG_DEFAULTCONFFILE": str(ini)},
        stdout=(folder / "out").open("wb"),
        stderr=(folder / "err").open("wb"),
    )
    try:
        await answering(place.number, process)
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def answering(number: int, process: asyncio.subprocess.Process) -> None:
    """Returns when the port takes connections. Raises RuntimeError when the process ends first, or too late."""
    try:
        async with asyncio.timeout(PATIENCE):
            while process.returncode is None:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", number)
                except OSError:
                    await asyncio.sleep(0.05)
                    continue
                writer.close()
                return
    except TimeoutError:
        pass
    raise RuntimeError("LemonLDAP::NG did not start")


def configuration(folder: Path, place: Place, client: Client) -> dict[str, Any]:
    """One JSON document, as its manager would write it: demo users, one OpenID client, one CAS service."""
    private, public = keys()
    return {
        "cfgNum": 1,
        "cfgDate": 1,
        "cfgVersion": "2.16.1",
        "portal": place.public,
        "domain": "hospital.localhost",
        "cookieName": "lemonldap",
        "securedCookie": 0,
        "authentication": "Demo",
        "userDB": "Same",
        "passwordDB": "Null",
        "registerDB": "Null",
        "demoExportedVars": {"cn": "cn", "mail": "mail", "uid": "uid"},
        "captcha": "::Auth::Null",  # any part that does nothing: the real one, never shown here, needs ImageMagick
        "whatToTrace": "_whatToTrace",
        "macros": {"_whatToTrace": "lc($_user)", "number": f'$uid eq "{USER}" ? "{NUMBER}" : ""'},
        "globalStorage": "Apache::Session::File",
        "globalStorageOptions": stored(folder / "sessions"),
        "persistentStorage": "Apache::Session::File",
        "persistentStorageOptions": stored(folder / "psessions"),
        "localSessionStorage": "Cache::FileCache",
        "localSessionStorageOptions": {"namespace": "sessions", "cache_root": str(folder / "cache")},
        "locationRules": {f"sso.hospital.localhost:{place.number}": {"default": "accept"}},
        **dict.fromkeys(NOT_WANTED, 0),
        **as_provider(client, private, public),
        **as_cas_server(client),
    }


def as_provider(client: Client, private: str, public: str) -> dict[str, Any]:
    """OpenID Connect: the number is a claim of the scope `profile`, and stands in the ID token."""
    prefix = "oidcRPMetaDataOptions"
    options = {
        "ClientID": client.id,
        "ClientSecret": client.secret,
        "RedirectUris": " ".join(client.redirect_uris),
        "PostLogoutRedirectUris": " ".join(client.post_logout_redirect_uris),
        "IDTokenSignAlg": "RS256",
        "IDTokenForceClaims": 1,
        "BypassConsent": 1,
        "RequirePKCE": 1,
        "BackChannelLogoutURI": client.backchannel_logout_uri,
    }
    return {
        "issuerDBOpenIDConnectActivation": 1,
        "oidcServicePrivateKeySig": private,
        "oidcServicePublicKeySig": public,
        "oidcServiceKeyIdSig": "key-1",
        "oidcServiceAllowAuthorizationCodeFlow": 1,
        "oidcServiceMetaDataAuthnContext": {"loa-1": 1},
        "oidcRPMetaDataOptions": {"widgets": {f"{prefix}{name}": value for name, value in options.items()}},
        "oidcRPMetaDataExportedVars": {"widgets": {"employee_no": "number", "name": "cn"}},
        f"{prefix}ExtraClaims": {"widgets": {"profile": "employee_no"}},
    }


def as_cas_server(client: Client) -> dict[str, Any]:
    """CAS 3.0, for services below the client's own address."""
    options = {"Service": client.redirect_uris[0].partition("/auth/")[0], "UserAttribute": "uid"}
    return {
        "issuerDBCASActivation": 1,
        "casAccessControlPolicy": "error",
        "casAppMetaDataOptions": {
            "widgets": {f"casAppMetaDataOptions{name}": value for name, value in options.items()}
        },
        "casAppMetaDataExportedVars": {"widgets": {"employee_no": "number", "name": "cn"}},
    }


def stored(folder: Path) -> dict[str, str]:
    return {
        "Directory": str(folder),
        "LockDirectory": str(folder / "lock"),
        "generateModule": "Lemonldap::NG::Common::Apache::Session::Generate::SHA256",
    }


def keys() -> tuple[str, str]:
    """A fresh private key and its public one, as PEM."""
    made = rsa.generate_private_key(65537, 2048)
    private = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private.decode(), made.public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    ).decode()
