"""Our cookies: their names, their attributes, and reading them back with suspicion (RFC 6265)."""

from __future__ import annotations


def cookie_name(stem: str, *, secure: bool) -> str:
    """`__Host-pw-…` on https, where no sibling host can plant a copy; `pw-…` on plain http."""
    return f"__Host-pw-{stem}" if secure else f"pw-{stem}"


def set_cookie(
    name: str,
    value: str,
    *,
    secure: bool,
    max_age: int | None = None,
    partitioned: bool = False,
    posted: bool = False,
) -> str:
    """A Set-Cookie header value. `max_age` in seconds; None: until the browser is closed; 0: forget it.

    `partitioned` is the form for pages of another site (CHIPS): browsers keep it in a jar of that site's own, and
    only with Secure. Those that do not know the word take it for a cookie that every site may send.
    `posted`: it must come with a form that a page of the centre posts to us.
    """
    age = "" if max_age is None else f"; Max-Age={max_age}"
    if posted and not partitioned:
        return f"{name}={value}; Path=/; HttpOnly; SameSite=None; Secure{age}"
    form = (
        "SameSite=None; Secure; Partitioned" if partitioned else f"SameSite=Lax{'; Secure' if secure else ''}"
    )
    return f"{name}={value}; Path=/; HttpOnly; {form}{age}"


def read_cookies(header: str | None, prefix: str) -> dict[str, str]:
    """Our cookies whose names begin so, without those sent twice: one copy was planted then."""
    if not header or prefix not in header:
        return {}
    pairs = [part.strip().partition("=")[::2] for part in header.split(";")]
    names = [name for name, _ in pairs]
    return {name: value for name, value in pairs if name.startswith(prefix) and names.count(name) == 1}


def read_cookie(header: str | None, name: str) -> str | None:
    """The value of our cookie; None when it is absent, empty, or sent twice."""
    if not header or name not in header:
        return None
    pairs = (part.strip().partition("=") for part in header.split(";"))
    copies = [value for key, _, value in pairs if key == name]
    return copies[0] or None if len(copies) == 1 else None
