"""Secrets of the settings: the file only names them, as `{ env = "NAME" }` or `{ file = "path" }`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import BeforeValidator, SecretStr, ValidationInfo
from pydantic_core import PydanticCustomError

from auth.credentials import ClientKeys
from auth.sealing import KeyRing
from widgets.oa.weaver_token import Credentials
from widgets.settings_values import wrong

LEAST_TO_SIGN_WITH: Final = 32
"""Characters of a secret that signs (RFC 2104 §3: no shorter than what the hash gives)."""
_REFERENCE: Final = 'it must be { env = "NAME" } or { file = "path" }, a secret is never written here'


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What resolving a secret needs: the environment, and the configuration file's folder."""

    environ: Mapping[str, str]
    folder: Path
    registered: bool = True
    """False while `oa register` runs: credentials need not exist yet."""


@dataclass(frozen=True, slots=True)
class Registration:
    """What a Weaver OA handed out when this service was registered there, and the file that keeps it."""

    file: Path | None
    """None when the credentials come from the environment."""
    spk: SecretStr
    """The OA's public key; empty before the registration, as is the secret."""
    secret: SecretStr


def _reference(value: object, around: Surroundings) -> tuple[str, str]:
    """The kind and the name of a reference to a secret. Raises when it is none, without repeating it."""
    if isinstance(value, Mapping) and len(value) == 1:
        kind, name = next(iter(value.items()))
        if kind in ("env", "file") and isinstance(name, str) and name:
            return kind, str(around.folder / name) if kind == "file" else name
    raise _hidden(_REFERENCE)


def _from_environment(name: str, environ: Mapping[str, str]) -> str:
    if not environ.get(name):
        raise _hidden(f"the environment has no {name}, or it is empty")
    return environ[name].strip()


def _from_file(path: Path) -> str:
    mode, text = _read(path)
    if mode & 0o007:
        raise _hidden(f"{path} is open to every account of this machine, `chmod o= {path}`")
    if not text:
        raise _hidden(f"{path} is empty")
    return text


def _read(path: Path) -> tuple[int, str]:
    try:
        return path.stat().st_mode, path.read_text("utf-8").strip()
    except OSError as error:
        raise _hidden(f"{path} cannot be read: {error.strerror}") from None
    except ValueError:
        raise _hidden(f"{path} cannot be read: it is not UTF-8") from None


def _hidden(right: str) -> PydanticCustomError:
    return wrong(right, hidden=True)


def _around(info: ValidationInfo) -> Surroundings:
    if not isinstance(info.context, Surroundings):
        raise TypeError("settings are made by load()")
    return info.context


def _secret(value: object, info: ValidationInfo) -> str:
    kind, name = _reference(value, _around(info))
    return _from_environment(name, _around(info).environ) if kind == "env" else _from_file(Path(name))


def _signing(value: object, info: ValidationInfo) -> str:
    text = _secret(value, info)
    if len(text) < LEAST_TO_SIGN_WITH:
        raise _hidden(
            f"it must have {LEAST_TO_SIGN_WITH} characters or more, `openssl rand -hex 32` makes one"
        )
    return text


def _ring(value: object, info: ValidationInfo) -> str:
    text = _secret(value, info)
    try:
        KeyRing.parse(text)
    except ValueError as error:
        told = str(error).rstrip(".")
        raise _hidden(told[:1].lower() + told[1:]) from None
    return text


def _own_keys(value: object, info: ValidationInfo) -> ClientKeys:
    text = _secret(value, info)
    try:
        return ClientKeys.parse(text)
    except ValueError as error:
        told = str(error).rstrip(".")
        raise _hidden(told[:1].lower() + told[1:]) from None


def _registration(value: object, info: ValidationInfo) -> Registration:
    kind, name = _reference(value, _around(info))
    file = Path(name) if kind == "file" else None
    if not _around(info).registered:
        return Registration(file, SecretStr(""), SecretStr(""))
    if file is not None and not file.exists():
        raise _hidden(f"{file} is not there yet, `portal-widgets oa register` writes it")
    text = _secret(value, info)
    try:
        found = Credentials.parse(text)
    except (ValueError, RecursionError):
        raise _hidden("it must be the JSON that `portal-widgets oa register` wrote") from None
    return Registration(file, SecretStr(found.spk), SecretStr(found.secret))


Secret = Annotated[SecretStr, BeforeValidator(_secret)]
SigningSecret = Annotated[SecretStr, BeforeValidator(_signing)]
OwnKeys = Annotated[ClientKeys, BeforeValidator(_own_keys)]
Ring = Annotated[SecretStr, BeforeValidator(_ring)]
WeaverRegistration = Annotated[Registration, BeforeValidator(_registration)]
