"""Which addresses may reach a browser: hostile forms get none, honest ones come out as they went in."""

from __future__ import annotations

import pytest

from widgets.links import origin, rebuild

BASE = "https://oa.hospital.example/seeyon/"
ALLOWED = frozenset({"https://oa.hospital.example", "https://oa.hospital.example:8443", "http://10.1.2.3"})
OA = "https://oa.hospital.example"

HOSTILE = [
    # schemes
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "\tjavascript:alert(1)",
    "java\nscript:alert(1)",
    "java\x00script:alert(1)",
    "javascript://oa.hospital.example/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD4=",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "blob:https://oa.hospital.example/1",
    "intent://oa.hospital.example/#Intent;end",
    "view-source:https://oa.hospital.example/",
    "about:blank",
    "ftp://oa.hospital.example/",
    "ws://oa.hospital.example/",
    "mailto:a@oa.hospital.example",
    "weixin://oa.hospital.example/",
    # other hosts
    "https://evil.example/",
    "//evil.example",
    "///evil.example",
    "////evil.example/x",
    "https:///evil.example",
    "https:evil.example",
    "https:/evil.example",
    "http:oa.hospital.example",
    "https://oa.hospital.example.evil.example/",
    "https://evil-oa.hospital.example/",
    "https://evil.example/https://oa.hospital.example/",
    "https://evil.example#@oa.hospital.example/",
    "https://evil.example?@oa.hospital.example/",
    "https://hospital.example/",
    "https://xoa.hospital.example/",
    # backslashes
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "https:\\\\evil.example",
    "https://evil.example\\@oa.hospital.example/x",
    "https://oa.hospital.example\\@evil.example",
    "https://oa.hospital.example/\\evil.example",
    # userinfo
    "https://oa.hospital.example@evil.example/",
    "https://user@oa.hospital.example/",
    "https://user:secret@oa.hospital.example/",
    "https://@oa.hospital.example/",
    "https://oa.hospital.example:443@evil.example/",
    # spellings of a host
    "https://oa%2ehospital.example/",
    "https://oa.hospital.example%2f@evil.example/",
    "https://oa。hospital。example/",
    "https://oa．hospital.example/",
    "https://ｏａ.hospital.example/",
    "https://оa.hospital.example/",
    "https://oa.hoſpital.example/",
    "httpſ://oa.hospital.example/",
    "https://oa.hospital.example./",
    "https://oa..hospital.example/",
    "https://.oa.hospital.example/",
    "https://oa.hospital.example,evil.example/",
    "https://oa.hospital.example;evil.example/",
    "https://oa.hospital.example&.evil.example/",
    "https://oa_hospital.example/",
    "https://[oa.hospital.example]/",
    # ports and numbers
    "https://oa.hospital.example:99999/",
    "https://oa.hospital.example:0/",
    "https://oa.hospital.example:/",
    "https://oa.hospital.example:8080/",
    "https://oa.hospital.example:+443/",
    "https://oa.hospital.example:４４３/",
    "https://oa.hospital.example:80:443/",
    "http://oa.hospital.example/",
    "http://10.1.2.3:81/",
    "http://0x7f.1/",
    "http://2130706433/",
    "http://010.1.2.3/",
    "http://10.1.515/",
    "http://0x0a010203/",
    "http://[::ffff:10.1.2.3]/",
    "http://[::1]/",
    "http://169.254.169.254/latest/meta-data",
    # controls and blanks
    "https://oa.hospital.example/\r\nSet-Cookie: a=1",
    "https://oa.hospital.example/%0d%0aSet-Cookie:a=1",
    "https://oa.hospital.example/%0D%0A",
    "https://oa.hospital.example/x%00",
    "https://oa.hospital.example/a b",
    "https://oa.hospital.example/\u3000",
    "https://oa.hospital.example/\u2028",
    "https://oa.hospital.example/\x85",
    "https://oa.hospital.example/\x7f",
    "https://oa.hospital.example/\ud800",
    "https:/\t/evil.example",
    "ht\ntps://evil.example",
    "https://oa.hospital.example\t.evil.example/",
    # what is no address
    "",
    " ",
    "null",
    "undefined",
    "暂无",
    "www.evil.example",
    "evil.example/x",
    "https://",
    "https://?x",
    "://oa.hospital.example",
    "/" + "a" * 5000,
    "/" + "长" * 1000,
]

HONEST = [
    (f"{OA}/", f"{OA}/"),
    (OA, f"{OA}/"),
    ("HTTPS://OA.Hospital.Example/Path", f"{OA}/Path"),
    (f"{OA}:443/x", f"{OA}/x"),
    (f"{OA}:8443/x", f"{OA}:8443/x"),
    ("http://10.1.2.3:80/x", "http://10.1.2.3/x"),
    ("/x.do?method=view&fdId=18f0", f"{OA}/x.do?method=view&fdId=18f0"),
    ("?id=1", f"{OA}/seeyon/?id=1"),
    ("#/todo/1", f"{OA}/seeyon/#/todo/1"),
    (
        "/spa/workflow/static4form/index.html#/main/workflow/req?requestid=1",
        f"{OA}/spa/workflow/static4form/index.html#/main/workflow/req?requestid=1",
    ),
    (f"{OA}/a?b=%E5%BC%A0&c=d+e%20f", f"{OA}/a?b=%E5%BC%A0&c=d+e%20f"),
    (f"{OA}/a?name=张三", f"{OA}/a?name=%E5%BC%A0%E4%B8%89"),
    (f"{OA}/a?x=<\"'>`", f"{OA}/a?x=%3C%22'%3E%60"),
    (f"{OA}/a?next=https://evil.example/", f"{OA}/a?next=https://evil.example/"),
    (f"{OA}/a;jsessionid=1/(b)/~c,d", f"{OA}/a;jsessionid=1/(b)/~c,d"),
    (f"{OA}?x=1", f"{OA}/?x=1"),
    (f"{OA}#x", f"{OA}/#x"),
    (f"{OA}/#!/a#b", f"{OA}/#!/a#b"),
    (f"{OA}/a@b:c", f"{OA}/a@b:c"),
]


@pytest.mark.parametrize("url", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_address_reaches_no_browser(url: str) -> None:
    assert rebuild(url, BASE, ALLOWED) is None


@pytest.mark.parametrize(("url", "rebuilt"), HONEST, ids=range(len(HONEST)))
def test_an_honest_address_is_rebuilt(url: str, rebuilt: str) -> None:
    assert rebuild(url, BASE, ALLOWED) == rebuilt


@pytest.mark.parametrize(("url", "rebuilt"), HONEST, ids=range(len(HONEST)))
def test_a_rebuilt_address_is_rebuilt_to_itself(url: str, rebuilt: str) -> None:
    assert rebuild(rebuilt, BASE, ALLOWED) == rebuilt


def test_dots_in_a_path_stay_on_the_host() -> None:
    assert rebuild("/../..//evil.example/", BASE, ALLOWED) == f"{OA}/../..//evil.example/"


def test_a_base_that_is_not_allowed_lends_nothing() -> None:
    assert rebuild("/x", "https://evil.example/", ALLOWED) is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTPS://OA.Example:443/x?y#z", "https://oa.example"),
        ("http://[::1]:80", "http://[::1]"),
        ("http://a:81", "http://a:81"),
    ],
)
def test_an_origin_is_written_in_one_way(url: str, expected: str) -> None:
    assert origin(url) == expected
