"""How a portal stands to the service, as browsers see it, and which portal a request comes from."""

from __future__ import annotations

import pytest

from auth.relation import Portals, keeps_no_session, relation_of

OURS = "https://widgets.hospital.example/pw"
SAME, CROSS = "https://portal.hospital.example", "https://portal.vendor.example"
BOTH = Portals.of(OURS, [(SAME, "auto"), (CROSS, "auto")])
FRAME = {"sec-fetch-dest": "iframe", "sec-fetch-mode": "navigate"}


@pytest.mark.parametrize(
    ("portal", "base_url", "expected"),
    [
        ("https://widgets.hospital.example", OURS, "same-origin"),
        ("https://WIDGETS.hospital.example:443", OURS, "same-origin"),
        ("https://portal.hospital.example", OURS, "same-site"),
        ("https://hospital.example", OURS, "same-site"),
        ("https://widgets.hospital.example:8443", OURS, "same-site"),
        ("http://portal.hospital.example", OURS, "cross-site"),
        ("https://portal.vendor.example", OURS, "cross-site"),
        ("https://nothospital.example", OURS, "cross-site"),
        ("https://portal.h.com.cn", "https://widgets.h.com.cn", "same-site"),
        ("https://portal.com.cn", "https://widgets.com.cn", "cross-site"),
        ("https://one.gov.cn", "https://other.gov.cn", "cross-site"),
        ("https://one.github.io", "https://other.github.io", "cross-site"),
        ("http://portal.hosp.local", "http://widgets.hosp.local", "same-site"),
        ("http://portal.hosp", "http://widgets.hosp", "cross-site"),
        ("http://portal", "http://widgets", "cross-site"),
        ("http://portal:81", "http://portal:82", "same-site"),
        ("http://10.1.2.3:81", "http://10.1.2.3:82", "same-site"),
        ("http://10.1.2.3", "http://10.2.2.3", "cross-site"),
        ("http://[fd00::1]", "http://[fd00::2]", "cross-site"),
        ("http://portal.vendor.localhost:1", "http://widgets.hospital.localhost:2", "cross-site"),
    ],
)
def test_a_portal_stands_to_us_as_browsers_see_it(portal: str, base_url: str, expected: str) -> None:
    """Scheme and registrable domain decide, by the public suffix list; ports and upper case do not."""
    assert expected == relation_of(portal, base_url)


def test_what_is_configured_wins_over_the_addresses() -> None:
    """An operator may know better, for example behind a gateway that renames."""
    assert {CROSS: "same-site"} == Portals.of(OURS, [(CROSS, "same-site")]).relations


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"origin": CROSS}, True),
        ({"origin": SAME}, False),
        ({"origin": SAME, "referer": CROSS + "/"}, False),
        ({"referer": CROSS + "/page", **FRAME}, True),
        ({"referer": SAME + "/page", "sec-fetch-site": "cross-site", **FRAME}, False),
        ({"sec-fetch-site": "cross-site", **FRAME}, True),
        ({"sec-fetch-site": "same-site", **FRAME}, False),
        ({"sec-fetch-site": "cross-site", "sec-fetch-dest": "document"}, False),
        ({"sec-fetch-site": "same-origin", "sec-fetch-storage-access": "none"}, True),
        ({"origin": "null", "referer": "nonsense"}, False),
        ({}, False),
    ],
)
def test_a_request_tells_from_which_side_it_comes(headers: dict[str, str], expected: bool) -> None:
    """By Origin, else by Referer, else by what the browser itself says of it."""
    assert expected == BOTH.is_from_another_site(headers)


def test_the_way_over_the_centre_blurs_who_began() -> None:
    """After a redirect from the centre `Sec-Fetch-Site` speaks of the centre, too, and is not believed."""
    assert not BOTH.is_from_another_site({"sec-fetch-site": "cross-site", **FRAME}, chained=True)


def test_without_a_portal_of_another_site_nothing_is_from_there() -> None:
    """A hospital whose portals are all of its own site never sees the other form of cookies."""
    alone = Portals.of(OURS, [(SAME, "auto")])
    assert not alone.is_from_another_site({"sec-fetch-site": "cross-site", **FRAME})


@pytest.mark.parametrize(
    ("portal", "base_url", "expected"),
    [
        ("http://10.1.2.3", "http://10.2.2.3", True),
        ("https://portal.vendor.example", "https://widgets.hospital.example", False),
        ("http://portal.vendor.localhost", "http://widgets.hospital.localhost", False),
        ("http://portal.hosp.local", "http://widgets.hosp.local", False),
    ],
)
def test_another_site_over_http_holds_no_session(portal: str, base_url: str, expected: bool) -> None:
    """Only Secure cookies travel there, and http keeps none, but for the names under `.localhost`."""
    assert expected == keeps_no_session(portal, relation_of(portal, base_url), base_url)
