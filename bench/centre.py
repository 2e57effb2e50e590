"""python -m bench.centre <port> <issuer> <secret> <redirect address>: an honest identity centre, in its own process."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Final

from bench.serve import served
from demo.grants import Client
from demo.identity import create_identity
from demo.people import SHEN

PEOPLE: Final = 200


def staff(number: int) -> str:
    """The `sub` of one of them."""
    return f"u-{number:05}"


if __name__ == "__main__":
    _, port, issuer, secret, redirect_uri = sys.argv
    people = [replace(SHEN, subject=staff(each), account=f"{10_000 + each}") for each in range(PEOPLE)]
    served(create_identity(people, issuer, [Client("portal-widgets", secret, (redirect_uri,))]), int(port))
