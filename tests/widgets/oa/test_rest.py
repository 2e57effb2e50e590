"""The kind `rest`, clause by clause: what a mapping can ask, how it judges answers, and what it makes of them."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.primitives.padding import PKCS7

from demo.oa import DemoOA
from demo.oa_world import Canned
from demo.people import GU, SHEN, ZHOU
from tests.widgets.oa.conftest import Clock, Installed, who
from tests.widgets.oa.dialects import OA, OPEN, common, mapped
from widgets.items import Listing, Reference
from widgets.oa import OABadAnswer, OADenied, OAError, OAForeign
from widgets.oa.outbound import HttpClient
from widgets.oa.rest import Rest

LIST = "/api/list"
ROW = {"id": "7", "t": "一件事"}
FIELDS = '[sources.todos.fields]\nid = "id"\ntitle = "t"\n'
Make = Callable[..., Rest]


@pytest.fixture
def oa(installed: Installed) -> DemoOA:
    return installed("rest")


@pytest.fixture
def make(http: HttpClient, clock: Clock) -> Make:
    """A source whose list is at LIST; `todos`, `source` and `fields` are further keys of those tables."""

    def made(todos: str = "", source: str = "", fields: str = "", **hidden: str) -> Rest:
        asks = "" if "{account}" in todos else 'headers = { X-Who = "{account}" }\n'
        path = "" if re.search(r"^path", todos.partition("[")[0], re.M) else f'path = "{LIST}"\n'
        text = '[[sources]]\nid = "main-oa"\ncampus = "main"\nkind = "rest"\n' + source
        text += f"\n[sources.todos]\n{path}{asks}{todos}\n{FIELDS}{fields}"
        return mapped(text, common(http, clock, ""), **hidden)

    return made


def says(oa: DemoOA, *answers: Any, path: str = LIST, **more: Any) -> None:
    (answer,) = answers
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    oa.world.canned[path] = Canned(body, **more)


async def listed(source: Rest) -> Listing[Any]:
    return await source.todos(who(SHEN))


async def item(oa: DemoOA, source: Rest, **row: Any) -> Any:
    says(oa, [{**ROW, **row}])
    (only,) = (await listed(source)).items
    return only


# What is asked


@pytest.mark.parametrize(
    ("keys", "method"),
    [
        ("", "GET"),
        ('form = { a = "1" }', "POST"),
        ('body = { a = "1" }', "POST"),
        ('text = "<x/>"', "POST"),
        ('method = "PUT"\nbody = {}', "PUT"),
        ('method = "POST"', "POST"),
    ],
)
async def test_the_method_follows_from_what_is_sent(
    oa: DemoOA, make: Make, asked: list[Any], keys: str, method: str
) -> None:
    says(oa, [])
    await listed(make(keys))
    assert asked[-1].method == method


async def test_values_in_a_path_and_a_query_are_encoded(oa: DemoOA, make: Make, asked: list[Any]) -> None:
    oa.world.canned["/api/a/b?c 七"] = Canned(b"[]")
    keys = """path = "/api/{value.x}"
query = { who = "{account}", x = "{value.x}", n = 1, yes = true, at = "{page}.{size}" }
"""
    await listed(make(keys, 'values = { x = "a/b?c 七" }'))
    path, _, query = str(asked[-1].url).removeprefix(OA).partition("?")
    assert path == "/api/a%2Fb%3Fc%20%E4%B8%83"
    assert parse_qs(query) == {
        "who": ["10086"],
        "x": ["a/b?c 七"],
        "n": ["1"],
        "yes": ["true"],
        "at": ["1.50"],
    }


@pytest.mark.parametrize(
    ("keys", "kind", "sent"),
    [
        (
            'body = { a = { b = ["{account}", "{size}", 2, true] } }',
            "application/json",
            b'{"a":{"b":["10086",50,2,true]}}',
        ),
        (
            'body = { q = { json_string = { no = "{account}", in = { json_string = [1] } } } }',
            "application/json",
            rb'{"q":"{\"no\":\"10086\",\"in\":\"[1]\"}"}',
        ),
        (
            'form = { no = "{account}", q = { json_string = { a = 1 } } }',
            "application/x-www-form-urlencoded; charset=utf-8",
            b"no=10086&q=%7B%22a%22%3A1%7D",
        ),
        (
            'charset = "gb18030"\nform = { name = "{name}" }',
            "application/x-www-form-urlencoded; charset=gb18030",
            b"name=%C9%F2%D6%AA%D4%B6",
        ),
        (
            'text = "<q no=\\"{account}\\">{{}}</q>"\n[sources.todos.headers]\ncontent-type = "text/xml"',
            "text/xml",
            b'<q no="10086">{}</q>',
        ),
    ],
    ids=["json", "json-in-json", "form", "gb18030", "raw"],
)
async def test_a_body_is_sent_as_it_is_written(
    oa: DemoOA, make: Make, asked: list[Any], keys: str, kind: str, sent: bytes
) -> None:
    says(oa, [])
    source = make(keys) if "headers" not in keys else make(keys + '\nX-Who = "{account}"')
    await listed(source)
    assert (asked[-1].headers["content-type"], asked[-1].content) == (kind, sent)


async def test_moments_and_random_words_are_made_once_for_each_request(
    oa: DemoOA, make: Make, asked: list[Any], clock: Clock
) -> None:
    says(oa, [])
    keys = 'query = { a = "{now_ms} {now_s} {now|time:%Y%m%d%H%M} {uuid} {nonce}", b = "{uuid} {nonce} {account}" }'
    source = make(keys)
    for _ in range(2):
        await listed(source)
    told = [parse_qs(str(each.url).partition("?")[2]) for each in asked]
    ms, s, local, uuid, nonce = told[0]["a"][0].split()
    assert (int(ms), int(s), local) == (1795398060000, 1795398060, "202611230941")
    assert told[0]["b"] == [f"{uuid} {nonce} 10086"] and re.fullmatch(
        "[0-9a-f]{32} [0-9a-f]{16}", f"{uuid} {nonce}"
    )
    assert uuid not in told[1]["a"][0]


@pytest.mark.parametrize(
    ("function", "sent"),
    [
        ("{value.abc|md5}", "900150983cd24fb0d6963f7d28e17f72"),
        ("{value.abc|md5|upper}", "900150983CD24FB0D6963F7D28E17F72"),
        ("{value.abc|md5|base64}", "kAFQmDzST7DWlj99KOF/cg=="),
        ("{value.abc|sha1}", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("{value.abc|sha256}", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("{value.abc|sm3}", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (
            "{value.data|hmac_sha256:secret.jefe}",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        ("{value.data|hmac_md5:secret.jefe}", "750c783e6ab0b503eaa86e310a5db738"),
        ("{value.odd|base64}", "Pz8+fg=="),
        ("{value.odd|base64url}", "Pz8-fg"),
        ("{value.abc|hex|upper}", "616263"),
        ("{value.path|urlencode}", "%2Fa%20b%3Fc%3D%25"),
        ("{value.path|first:?}/{value.path|after:?}", "/a b/c=%"),
        ("Bearer {{{value.abc}}}", "Bearer {abc}"),
    ],
)
async def test_a_function_gives_what_its_standard_says(
    oa: DemoOA, make: Make, asked: list[Any], function: str, sent: str
) -> None:
    """RFC 1321, 2202, 4231, 4648; FIPS 180-4; GB/T 32905."""
    says(oa, [])
    values = (
        'values = { abc = "abc", data = "what do ya want for nothing?", odd = "??>~", path = "/a b?c=%" }\n'
    )
    await listed(make("", f"{values}headers = {{ X-Sign = '{function}' }}", jefe="Jefe"))
    assert asked[-1].headers["x-sign"] == sent


async def test_ciphers_open_with_their_keys(
    oa: DemoOA, make: Make, asked: list[Any], key: rsa.RSAPrivateKey
) -> None:
    says(oa, [])
    public = base64.b64encode(
        key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    ).decode()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    iv, secret, short = "0102030405060708", "93ec877511d24dda8cf86a9d7870f680", "12345678"
    headers = """[sources.headers]
A = "{account|aes_cbc:secret.key,value.iv}"
B = "{account|aes_ecb:secret.key|base64}"
C = "{account|des_ecb:secret.short}"
D = "{account|rsa_pkcs1:secret.public|base64}"
E = "{account|rsa_sha256:secret.private|base64}"
"""
    source = make(
        "", f'values = {{ iv = "{iv}" }}\n{headers}', key=secret, short=short, public=public, private=private
    )
    await listed(source)
    sent = asked[-1].headers
    aes, des = AES(secret.encode()), TripleDES(short.encode() * 3)
    assert opened(Cipher(aes, CBC(iv.encode())), bytes.fromhex(sent["a"]), 128) == b"10086"
    assert opened(Cipher(aes, ECB()), base64.b64decode(sent["b"]), 128) == b"10086"  # noqa: S305
    assert opened(Cipher(des, ECB()), bytes.fromhex(sent["c"]), 64) == b"10086"  # noqa: S305
    assert key.decrypt(base64.b64decode(sent["d"]), padding.PKCS1v15()) == b"10086"
    key.public_key().verify(base64.b64decode(sent["e"]), b"10086", padding.PKCS1v15(), hashes.SHA256())


def opened(cipher: Any, sealed: bytes, block: int) -> bytes:
    decryptor, unpadder = cipher.decryptor(), PKCS7(block).unpadder()
    padded = decryptor.update(sealed) + decryptor.finalize()
    return bytes(unpadder.update(padded) + unpadder.finalize())


@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
async def test_a_signature_is_over_the_exact_body(
    oa: DemoOA, make: Make, asked: list[Any], charset: str
) -> None:
    says(oa, [])
    source = """compute = { signed = "{secret.k}{body}{secret.k}" }
headers = { Sign = "{signed|md5}", Sum = "{body|sha256}" }
"""
    await listed(
        make(f'charset = "{charset}"\nbody = {{ no = "{{account}}", name = "{{name}}" }}', source, k="钥k")
    )
    body = asked[-1].content
    assert json.loads(body.decode(charset)) == {"no": "10086", "name": "沈知远"}
    assert (
        asked[-1].headers["sign"]
        == hashlib.md5("钥k".encode() + body + "钥k".encode(), usedforsecurity=False).hexdigest()
    )
    assert asked[-1].headers["sum"] == hashlib.sha256(body).hexdigest()


async def test_a_signature_over_parameters_leaves_itself_out(
    oa: DemoOA, make: Make, asked: list[Any]
) -> None:
    says(oa, [])
    keys = 'query = { z = "{account}", a = "一 二", sign = "{signature}" }\nform = { m = "1" }'
    await listed(
        make(keys, 'compute = { signature = "{plain|md5}", plain = "{params}&key={secret.k}" }', k="钥k")
    )
    (sign,) = parse_qs(str(asked[-1].url).partition("?")[2])["sign"]
    assert sign == hashlib.md5("a=一 二&m=1&z=10086&key=钥k".encode(), usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("value", ["x\r\nX-Admin: 1", "七", "x" * 9000])
async def test_what_no_header_may_have_is_never_sent(
    oa: DemoOA, make: Make, asked: list[Any], value: str
) -> None:
    says(oa, {"token": value}, path="/api/in")
    steps = '[sources.steps.login]\npath = "/api/in"\ntake = { token = "token" }'
    with pytest.raises(OABadAnswer):
        await listed(make('query = { a = "{account}" }\nheaders = { X-Token = "{login.token}" }', steps))
    assert [each.url.path for each in asked] == ["/api/in"]


# Steps

LOGIN = '[sources.steps.login]\npath = "/api/in"\n{more}\n'
WITH_TOKEN = 'query = { a = "{account}" }\nheaders = { Authorization = "Bearer {login.token}" }'


async def test_oauth_client_credentials_are_a_step(
    oa: DemoOA, make: Make, asked: list[Any], clock: Clock
) -> None:
    """RFC 6749 §4.4: kept for nine tenths of `expires_in`."""
    says(oa, {"access_token": "t0ken", "expires_in": 100}, path="/api/in")
    says(oa, [])
    more = """form = { grant_type = "client_credentials", client_id = "{value.id}", client_secret = "{secret.s}" }
take = { token = "access_token" }
life_at = "expires_in"
"""
    source = make(WITH_TOKEN, 'values = { id = "us" }\n' + LOGIN.format(more=more), s="top")
    for seconds in (0, 89, 2):
        clock.pass_(seconds=seconds)
        await listed(source)
    assert [each.url.path for each in asked] == ["/api/in", LIST, LIST, "/api/in", LIST]
    assert asked[0].content == b"grant_type=client_credentials&client_id=us&client_secret=top"
    assert asked[1].headers["authorization"] == "Bearer t0ken"


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        ('answer = "text"\ntake = { token = { matches = "[0-9A-F]{8}" } }', Canned(b" 0123ABCD\n")),
        (
            'take = { token = { header = "X-Subject-Token" } }',
            Canned(b"{}", 200, (("X-Subject-Token", "0123ABCD"),)),
        ),
        ('take = { token = "data.0.token" }', Canned(rb'{"data":"[{\"token\":\"0123ABCD\"}]"}')),
        ('take = { token = "[name=t].v" }', Canned(b'[{"name":"s","v":1},{"name":"t","v":"0123ABCD"}]')),
    ],
    ids=["plain-text", "header", "json-in-text", "chosen"],
)
async def test_a_token_is_taken_from_where_it_stands(
    oa: DemoOA, make: Make, asked: list[Any], more: str, answer: Canned
) -> None:
    oa.world.canned["/api/in"] = answer
    says(oa, [])
    await listed(make(WITH_TOKEN, LOGIN.format(more=more)))
    assert asked[-1].headers["authorization"] == "Bearer 0123ABCD"


@pytest.mark.parametrize(
    "body", [b'{"token":"bad one"}', b'{"token":null}', b"{}", b'{"token":{}}', b'{"token":""}']
)
async def test_what_does_not_look_like_a_token_is_none(oa: DemoOA, make: Make, body: bytes) -> None:
    says(oa, body, path="/api/in")
    more = 'take = { token = { at = "token", matches = "[a-z]{3}" } }'
    with pytest.raises(OABadAnswer):
        await listed(make(WITH_TOKEN, LOGIN.format(more=more)))


@pytest.mark.parametrize(
    ("life", "pauses", "times"),
    [
        ("life = 60", (0, 59, 2), 2),
        ("life = 0", (0, 0, 0), 3),
        ("life = 3600\nidle = 60", (0, 59, 59), 1),
        ("life = 3600\nidle = 60", (0, 59, 61), 2),
        ("life = 100\nidle = 60", (0, 59, 59), 2),
    ],
    ids=["absolute", "anew", "in-use", "idle", "idle-and-absolute"],
)
async def test_what_a_step_got_lives_as_long_as_it_says(
    oa: DemoOA, make: Make, clock: Clock, asked: list[Any], life: str, pauses: tuple[int, ...], times: int
) -> None:
    says(oa, {"token": "t"}, path="/api/in")
    says(oa, [])
    source = make(WITH_TOKEN, LOGIN.format(more=f'{life}\ntake = {{ token = "token" }}'))
    for seconds in pauses:
        clock.pass_(seconds=seconds)
        await listed(source)
    assert [each.url.path for each in asked].count("/api/in") == times


async def test_a_step_that_needs_nobody_is_asked_once_for_all_and_one_that_does_for_each(
    oa: DemoOA, make: Make, asked: list[Any]
) -> None:
    says(oa, {"token": "t"}, path="/api/in")
    for person in (SHEN, ZHOU, GU):
        says(oa, {"id": f"u{person.account}"}, path=f"/api/id/{person.account}")
    says(oa, [])
    steps = """[sources.steps.login]
path = "/api/in"
take = { token = "token" }
[sources.steps.me]
path = "/api/id/{account}"
take = { id = "id" }
"""
    source = make('query = { u = "{me.id}" }\nheaders = { T = "{login.token}", A = "{account}" }', steps)
    await asyncio.gather(*(source.todos(who(each)) for each in (SHEN, ZHOU, GU, SHEN, ZHOU)))
    paths = [each.url.path for each in asked]
    assert (paths.count("/api/in"), sum(path.startswith("/api/id/") for path in paths)) == (1, 3)
    told = {(each.headers["a"], str(each.url).partition("u=")[2]) for each in asked if each.url.path == LIST}
    assert told == {(person.account, f"u{person.account}") for person in (SHEN, ZHOU, GU)}


@pytest.mark.parametrize(
    ("expired", "answer"),
    [
        ("", Canned(b"[]", 401)),
        ("", Canned(b"", 302, (("Location", "/login"),))),
        ("", Canned(b"<!doctype html><form>")),
        ('expired = { at = "code", values = [1010] }', Canned(b'{"code":"1010"}')),
        ('expired = { of = "text", matches = "^session" }', Canned(b"session is over")),
        (
            'expired = { of = "header", at = "X-Over", missing = false }',
            Canned(b"[]", 200, (("X-Over", "1"),)),
        ),
    ],
    ids=["401", "302", "page", "code", "text", "header"],
)
async def test_a_sign_that_it_is_over_starts_the_steps_anew_once_and_no_more(
    oa: DemoOA, make: Make, asked: list[Any], expired: str, answer: Canned
) -> None:
    says(oa, {"token": "t"}, path="/api/in")
    oa.world.canned[LIST] = answer
    with pytest.raises(OAError):
        await listed(make(f"{WITH_TOKEN}\n{expired}", LOGIN.format(more='take = { token = "token" }')))
    assert [each.url.path for each in asked] == ["/api/in", LIST] * 2


SSO = """
[sources.steps.sso]
path = "/api/sso"
body = { no = "{account}" }
take = { t = "t" }
life = 0
"""
PERSON = """[sources.steps.me]
path = "/api/people"
query = { no = "{account}" }
one = { among = "data", at = "no", equals = "{account}" }
take = { id = "id" }
"""
ME, OTHER = {"no": "10086", "id": 8}, {"no": "100861", "id": 9}


@pytest.mark.parametrize(
    ("found", "error"),
    [
        ([], OADenied),
        ([OTHER], OAForeign),
        ([ME, ME], OADenied),
        (None, OABadAnswer),
        ([{"no": "10086"}], OABadAnswer),
    ],
    ids=["nobody", "somebody-else", "two", "no-list", "no-id"],
)
async def test_a_look_up_must_find_exactly_the_person(
    oa: DemoOA, make: Make, found: Any, error: type[OAError]
) -> None:
    says(oa, {"data": found}, path="/api/people")
    with pytest.raises(error) as raised:
        await listed(make('query = { u = "{me.id}" }', PERSON))
    assert type(raised.value) is error


async def test_a_look_up_may_answer_by_numbers(oa: DemoOA, make: Make, asked: list[Any]) -> None:
    says(oa, {"data": {"100861": {"id": 9}, "10086": {"id": 8}}}, path="/api/people")
    says(oa, [])
    by_key = PERSON.replace('"no", equals', '"key", equals').replace('id = "id"', 'id = "value.id"')
    await listed(make('query = { u = "{me.id}" }', by_key))
    assert str(asked[-1].url).endswith("?u=8")


async def test_a_look_up_by_beginnings_finds_the_person_among_others(
    oa: DemoOA, make: Make, asked: list[Any]
) -> None:
    says(oa, {"data": [OTHER, ME]}, path="/api/people")
    says(oa, [])
    await listed(make('query = { u = "{me.id}" }', PERSON))
    assert str(asked[-1].url).endswith("?u=8")


async def test_a_value_that_must_be_the_persons_and_is_not_is_an_alarm(oa: DemoOA, make: Make) -> None:
    says(oa, {"no": "10012", "id": "9"}, path="/api/me")
    step = """[sources.steps.me]
path = "/api/me"
query = { no = "{account}" }
take = { id = "id", no = { at = "no", equals = "{account}" } }
"""
    with pytest.raises(OAForeign):
        await listed(make('query = { u = "{me.id}" }', step))


# How an answer is judged


@pytest.mark.parametrize(
    ("keys", "answer", "outcome"),
    [
        (
            'success = { at = "code", values = [0, 200] }\nrows = "rows"',
            Canned(b'{"code":"200","rows":[]}'),
            None,
        ),
        (
            'success = { at = "code", values = [0] }\nrows = "rows"',
            Canned(b'{"code":500,"rows":[]}'),
            OABadAnswer,
        ),
        ('success = { of = "status", values = [500] }', Canned(b"[]", 500), None),
        ('success = { type = "array" }', Canned(b'{"a":[]}'), OABadAnswer),
        ('success = { at = "ok", values = [true] }\nrows = "rows"', Canned(b'{"ok":true,"rows":[]}'), None),
        ('success = { at = "err", missing = true }\nrows = "rows"', Canned(b'{"err":null,"rows":[]}'), None),
        (
            'success = { at = "err", missing = true }\nrows = "rows"',
            Canned(b'{"err":"x","rows":[]}'),
            OABadAnswer,
        ),
        (
            'success = { at = "m", matches = "^(ok|好)" }\nrows = "r"',
            Canned('{"m":"好的","r":[]}'.encode()),
            None,
        ),
        (
            'success = { of = "header", at = "X-Ok", values = ["1"] }',
            Canned(b"[]", 200, (("x-ok", "1"),)),
            None,
        ),
        ('success = { of = "text", matches = "x" }', Canned(b"[]"), OABadAnswer),
        ('denied = { at = "code", values = [510] }', Canned(b'{"code":510}'), OADenied),
        ('denied = { of = "status", values = [404] }', Canned(b"{}", 404), OADenied),
        ('empty = { at = "m", values = ["none"] }\nrows = "rows"', Canned(b'{"m":"none"}'), None),
        ('rows = "a.b"', Canned(rb'{"a":"{\"b\":[]}"}'), None),
        ('rows = "a.b"', Canned(b'{"a":{}}'), OABadAnswer),
        ("", Canned(b'"[]"'), None),
    ],
)
async def test_an_answer_is_judged_by_what_it_says_and_not_by_its_status(
    oa: DemoOA, make: Make, keys: str, answer: Canned, outcome: type[OAError] | None
) -> None:
    oa.world.canned[LIST] = answer
    if outcome is None:
        assert (await listed(make(keys))).items == ()
        return
    with pytest.raises(outcome) as raised:
        await listed(make(keys))
    assert type(raised.value) is outcome


async def test_what_the_oa_says_about_a_failure_is_in_the_error(oa: DemoOA, make: Make) -> None:
    says(oa, {"code": 7, "msg": "没有权限\n\u202e"})
    with pytest.raises(OABadAnswer, match=r"HTTP 200: 没有权限$"):
        await listed(make('success = { at = "code", values = [0] }\nmessage = "msg"'))


# What becomes of a row


@pytest.mark.parametrize(
    ("field", "row", "value"),
    [
        ('step = ["a", "b.c", "d"]', {"a": " ", "b": {"c": None}, "d": "三"}, "三"),
        ('step = { text = "固定" }', {}, "固定"),
        ('step = { text = "{row.a}·{row.b}" }', {"a": "一", "b": 2}, "一·2"),
        ('step = { text = "{row.a}·{row.b}", otherwise = "{row.a}" }', {"a": "一", "b": ""}, "一"),
        ('step = { at = "a", before = "@" }', {"a": "李四@lisi@P"}, "李四"),
        ('step = { at = "a", html = true }', {"a": "<p class='x'>科&amp;室<script>x</script></p>"}, "科&室"),
        ('step = { at = "a", map = { x = "甲" }, otherwise = "乙" }', {"a": "y"}, "乙"),
        ('step = { at = "a", map = { x = "甲" }, otherwise = "{row.a}" }', {"a": "shenpi"}, "shenpi"),
        (
            'step = "variables[name=step].value"',
            {"variables": [{"name": "x"}, {"name": "step", "value": "审"}]},
            "审",
        ),
        ('step = "a.b"', {"a": '{"b": "里"}'}, "里"),
        ("""step = '"a.b".c' """, {"a.b": {"c": "点"}}, "点"),
        ('step = "a.1"', {"a": ["零", "一"]}, "一"),
        ('step = "a"', {"a": {"b": 1}}, None),
    ],
)
async def test_a_field_comes_from_where_the_mapping_says(
    oa: DemoOA, make: Make, field: str, row: dict[str, Any], value: str | None
) -> None:
    assert (await item(oa, make(fields=field), **row)).step == value


@pytest.mark.parametrize(
    ("field", "value", "urgency"),
    [
        ('{ at = "u", map = { H = "critical", M = "high" } }', "H", "critical"),
        ('{ at = "u", map = { H = "critical", M = "high" } }', "L", "normal"),
        ('{ at = "u", map = { true = "critical" } }', True, "critical"),
        ('{ at = "u", above = { 50 = "high", 75 = "critical" } }', 50, "normal"),
        ('{ at = "u", above = { 50 = "high", 75 = "critical" } }', "50.5", "high"),
        ('{ at = "u", above = { 50 = "high", 75 = "critical" } }', 76, "critical"),
        ('{ at = "u", above = { 50 = "high" } }', "viel", "normal"),
        ('{ at = "u", otherwise = "high" }', None, "high"),
        ('"u"', "critical", "critical"),
        ('"u"', "特急", "normal"),
    ],
)
async def test_urgency_is_mapped_and_what_is_unknown_is_normal(
    oa: DemoOA, make: Make, field: str, value: Any, urgency: str
) -> None:
    assert (await item(oa, make(fields=f"urgency = {field}"), u=value)).urgency == urgency


AT_TEN = datetime(2026, 11, 20, 2, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "value", "time"),
    [
        ('"d"', "2026-11-20 10:01:05", AT_TEN),
        ('"d"', "2026-11-20T10:01:05.000+0800", AT_TEN),
        ('"d"', "2026-11-20T02:01:05Z", AT_TEN),
        ('"d"', 1795140065000, AT_TEN),
        ('"d"', "1795140065", AT_TEN),
        ('{ at = "d", zone = "UTC" }', "2026-11-20 02:01:05", AT_TEN),
        (
            '{ at = "d", formats = ["%d.%m.%Y %H:%M", "%Y年%m月%d日"] }',
            "2026年11月20日",
            datetime(2026, 11, 19, 16, tzinfo=UTC),
        ),
        ('{ at = "d", formats = ["epoch"] }', "2026-11-20 10:01:05", None),
        ('{ text = "{row.d} {row.e}" }', "2026-11-20", AT_TEN),
        *(('"d"', bad, None) for bad in ("0000-00-00", "9999-12-31", "2026-02-29", -1, True, [], "x" * 9999)),
    ],
)
async def test_a_time_is_read_in_every_form_that_is_named(
    oa: DemoOA, make: Make, field: str, value: Any, time: datetime | None
) -> None:
    assert (await item(oa, make(fields=f"received_at = {field}"), d=value, e="10:01:05")).received_at == time


@pytest.mark.parametrize(
    ("field", "value", "unread"),
    [
        ('"r"', True, True),
        ('"r"', "1", True),
        ('"r"', "N", False),
        ('{ at = "r", yes = ["N"] }', "N", True),
        ('{ at = "r", yes = ["N"] }', "n", True),
        ('{ at = "r", yes = [0] }', 0, True),
        ('{ at = "r", yes = [false] }', False, True),
        ('{ at = "r", yes = [false] }', None, False),
    ],
)
async def test_yes_is_what_the_mapping_calls_yes(
    oa: DemoOA, make: Make, field: str, value: Any, unread: bool
) -> None:
    assert (await item(oa, make(fields=f"unread = {field}"), r=value)).unread == unread


@pytest.mark.parametrize("id", [9007199254740993, -5873412098123456789, "18f0a"])
async def test_an_id_stays_exact(oa: DemoOA, make: Make, id: Any) -> None:
    assert (
        await item(oa, make(fields='url = { text = "/t?id={row.id}" }'), id=id)
    ).url == f"{OPEN}/t?id={id}"


@pytest.mark.parametrize("row", [{"id": 1.5}, {"id": True}, {"id": "a b"}, {"t": ""}, {"t": None}])
async def test_a_bad_row_is_dropped_and_the_probe_is_told_why(
    oa: DemoOA, make: Make, row: dict[str, Any]
) -> None:
    source, told = make(), []
    source.tell = told.append
    says(oa, [{**ROW, **row}, ROW])
    listing = await listed(source)
    assert (len(listing.items), listing.dropped) == (1, 1)
    assert [bool(each.wrong) for each in told] == [True, False]


# Links


@pytest.mark.parametrize(
    ("field", "row", "url"),
    [
        ('"l"', {"l": "/x?a=1#b"}, f"{OPEN}/x?a=1#b"),
        ('"l"', {"l": f"{OPEN}/x"}, f"{OPEN}/x"),
        ('"l"', {"l": "https://docs.hospital.example/d"}, "https://docs.hospital.example/d"),
        ('"l"', {"l": " /x?a=b c "}, f"{OPEN}/x?a=b%20c"),
        ('"l"', {"l": "https://evil.example/x"}, None),
        ('"l"', {"l": "x/y"}, None),
        ('{ text = "/{row.l|raw}" }', {"l": "x/y?z=1"}, f"{OPEN}/x/y?z=1"),
        ('{ text = "/x?k={row.l}" }', {"l": "a&b=/七"}, f"{OPEN}/x?k=a%26b%3D%2F%E4%B8%83"),
        ('{ text = "/x?to={row.l|urlencode}" }', {"l": "/a?b=1"}, f"{OPEN}/x?to=%252Fa%253Fb%253D1"),
        ('{ at = "k", choose = { 1 = "/one/{row.id}", 6 = "/six/{row.id}" } }', {"k": 6}, f"{OPEN}/six/7"),
        ('{ at = "k", choose = { 1 = "/one/{row.id}" } }', {"k": 9}, None),
        ('{ at = "k", choose = { 1 = "/one" }, otherwise = "/all" }', {"k": 9}, f"{OPEN}/all"),
        ('{ text = "/{row.l|raw}" }', {"l": "/evil.example"}, None),
        ('{ text = "/x/{row.l|raw}" }', {"l": "\\@evil.example"}, None),
    ],
)
async def test_a_link_leads_where_the_mapping_says_or_nowhere(
    oa: DemoOA, make: Make, field: str, row: dict[str, Any], url: str | None
) -> None:
    source = make(
        source='also_open = ["https://docs.hospital.example"]\n',
        fields=f"url = {field}\nmobile_url = {field}",
    )
    shown = await item(oa, source, **row)
    assert (shown.url, shown.mobile_url) == (url, url)


@pytest.mark.parametrize(
    ("click", "url"),
    [
        ('query = { t = "{sso.t}" }', f"{OPEN}/i?id=7&t=a%2Fb#/x"),
        ('url = "/sso?t={sso.t}&to={path}"', f"{OPEN}/sso?t=a%2Fb&to=%2Fi%3Fid%3D7%23%2Fx"),
        ('url = "/sso?to={path|urlencode}&t={sso.t}"', f"{OPEN}/sso?to=%252Fi%253Fid%253D7%2523%252Fx&t=a%2Fb"),
        ('url = "/sso/{account}/{id}?t={sso.t|raw}"', f"{OPEN}/sso/10086/7?t=a/b"),
    ],
)  # fmt: skip
async def test_a_click_is_signed_in_by_a_token_made_for_it(
    oa: DemoOA, make: Make, asked: list[Any], click: str, url: str
) -> None:
    says(oa, {"t": "a/b"}, path="/api/sso")
    steps = f"[sources.click]\n{click}\n{SSO}"
    source = make(source=steps)
    for _ in range(2):
        assert await source.link(who(SHEN), Reference("main-oa", "todos", "7", f"{OPEN}/i?id=7#/x")) == url
    assert [each.url.path for each in asked] == ["/api/sso"] * 2


async def test_a_click_that_would_leave_the_oa_is_refused(oa: DemoOA, make: Make) -> None:
    says(oa, {"t": "https://evil.example/"}, path="/api/sso")
    steps = '[sources.click]\nurl = "{sso.t|raw}"\n' + SSO
    with pytest.raises(OABadAnswer):
        await make(source=steps).link(who(SHEN), Reference("main-oa", "todos", "7", f"{OPEN}/i"))


# Pages and totals


def numbered(first: int, last: int) -> list[dict[str, str]]:
    return [{"id": str(n), "t": "事"} for n in range(first, last)]


@pytest.mark.parametrize(
    ("keys", "asked_for"),
    [
        ('query = { a = "{account}", p = "{page}", s = "{size}" }', ["1", "2", "3"]),
        ('query = { a = "{account}", p = "{page}", s = "{size}" }\nfirst_page = 0', ["0", "1", "2"]),
        ('query = { a = "{account}", p = "{offset}", s = "{size}" }', ["0", "3", "6"]),
    ],
    ids=["page", "page-from-0", "offset"],
)
async def test_pages_are_asked_for_until_one_is_short(
    make: Make, oa: DemoOA, asked: list[Any], http: HttpClient, keys: str, asked_for: list[str]
) -> None:
    full, short = json.dumps(numbered(0, 3)).encode(), json.dumps(numbered(3, 4)).encode()
    says(oa, full)

    async def turn(request: Any) -> None:
        asked.append(request)
        oa.world.canned[LIST] = Canned(short if len(asked) == 3 else full)

    http.event_hooks = {"request": [turn]}
    listing = await listed(make(f"{keys}\nsize = 3\npages = 9"))
    assert [parse_qs(str(each.url).partition("?")[2])["p"][0] for each in asked] == asked_for
    assert (len(listing.items), listing.total) == (4, 7)


@pytest.mark.parametrize("end", ["", None, "0", 0, False, "-1"])
async def test_a_cursor_is_followed_to_its_end(
    make: Make, oa: DemoOA, asked: list[Any], http: HttpClient, end: Any
) -> None:
    async def turn(request: Any) -> None:
        asked.append(request)
        following = "c1" if len(asked) == 1 else end
        says(oa, {"rows": numbered(len(asked), len(asked) + 1), "next": following})

    http.event_hooks = {"request": [turn]}
    keys = 'body = { a = "{account}", after = "{cursor}" }\nrows = "rows"\nnext = "next"\npages = 9'
    listing = await listed(make(keys))
    assert [json.loads(each.content)["after"] for each in asked] == ["", "c1"]
    assert (len(listing.items), listing.total) == (2, 2)


async def test_pages_and_rows_have_an_end_whatever_the_oa_says(
    make: Make, oa: DemoOA, asked: list[Any]
) -> None:
    says(oa, {"rows": numbered(0, 60), "next": "more"})
    keys = 'query = { a = "{account}", c = "{cursor}" }\nrows = "rows"\nnext = "next"\npages = 10'
    listing = await listed(make(keys))
    assert (len(asked), listing.total) == (2, None)  # a cursor that does not move is no cursor
    says(oa, numbered(0, 5000))
    assert len((await listed(make())).items) == 200


@pytest.mark.parametrize(
    ("keys", "number", "total"),
    [
        ('rows = "r"\ntotal = "n"', {"n": "31", "r": [ROW]}, 31),
        ('rows = "r"\ntotal = "n"', {"n": 0, "r": [ROW]}, None),
        ('rows = "r"\ntotal = "n"', {"n": -4, "r": []}, None),
        ('rows = "r"', {"r": [ROW]}, None),
        ('rows = "r"\ncomplete = true', {"r": [ROW]}, 1),
        ('rows = "r"\nquery = { a = "{account}", s = "{size}" }', {"r": [ROW]}, 1),
        ('rows = "r"\nsize = 20', {"r": [ROW]}, 1),
    ],
    ids=["told", "less-than-there-are", "negative", "unknown", "complete", "short-page", "fixed-page"],
)
async def test_a_total_is_what_is_known_and_never_a_guess(
    oa: DemoOA, make: Make, keys: str, number: Any, total: int | None
) -> None:
    says(oa, number)
    assert (await listed(make(keys))).total == total


@pytest.mark.parametrize(
    ("count", "answer", "total"),
    [
        ('path = "/api/n"', b"12", 12),
        ('path = "/api/n"\ntotal = "count"', b'{"count":"12"}', 12),
        ('path = "/api/n"\nsum = true', b'{"1":2,"4":0,"6":10}', 12),
        ('path = "/api/n"\nsum = true\ntotal = "message"', rb'{"message":"[{\"1\":2},{\"2\":3}]"}', 5),
        ('path = "/api/n"\nsum = true', b'{"1":2,"4":"?"}', None),
        ('path = "/api/n"', b"<html>", None),
        ('path = "/api/n"', b"-1", None),
        ('path = "/api/n"\nanswer = "text"', b" 12 \n", 12),
    ],
)
async def test_a_count_is_a_question_of_its_own_that_costs_no_list(
    oa: DemoOA, make: Make, count: str, answer: bytes, total: int | None
) -> None:
    says(oa, [ROW])
    says(oa, answer, path="/api/n")
    listing = await listed(make(f"[sources.todos.count]\n{count}"))
    assert (len(listing.items), listing.total) == (1, total)


async def test_the_same_item_twice_is_one_and_the_newest_comes_first(oa: DemoOA, make: Make) -> None:
    rows = [{"id": str(n), "t": "事", "d": f"2026-11-{n:02} 10:00:00"} for n in (3, 9, 5, 9)]
    says(oa, rows)
    listing = await listed(make(fields='received_at = "d"'))
    assert [each.id for each in listing.items] == ["9", "5", "3"]
