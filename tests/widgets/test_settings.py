"""The configuration: what a right one gives, and the sentence for each mistake, all of them at once."""

# ruff: noqa: E501 - one mistake a line

from __future__ import annotations

import re
from ipaddress import ip_network
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pytest

from auth.sealing import KeyRing
from tests.widgets.configuration import CREDENTIALS, SPK, Configuration
from widgets.settings import SettingsError, chosen, load
from widgets.settings_page import EXAMPLE, page
from widgets.settings_sources import KINDS

ROOT = Path(__file__).parents[2]


@pytest.fixture
def config(tmp_path: Path) -> Configuration:
    return Configuration(tmp_path)


def test_a_right_file_has_no_mistakes(config: Configuration) -> None:
    assert [] == config.mistakes()


def test_what_is_left_out_has_sensible_defaults(config: Configuration) -> None:
    settings = config.load()
    expected = (
        ZoneInfo("Asia/Shanghai"),
        "zh-CN",
        "default",
        "redis://127.0.0.1:6379/0",
        ("RS256",),
        "openid profile",
    )
    service, identity = settings.service, settings.identity
    assert expected == (
        service.timezone,
        service.language,
        service.theme,
        settings.redis.address,
        identity.algorithms,
        identity.scope,
    )


def test_the_server_side_addresses_default_to_the_public_ones(config: Configuration) -> None:
    settings = config.load()
    expected = ("https://sso.hospital.example", "https://oa.hospital.example")
    assert expected == (settings.identity.base_url, settings.sources[0].open_url)


def test_the_issuer_stays_as_it_is_written(config: Configuration) -> None:
    """OIDC Core §2 compares `iss` exactly, a slash at the end included."""
    config.put("https://sso.hospital.example", "https://sso.hospital.example/realms/h/")
    assert "https://sso.hospital.example/realms/h/" == config.load().identity.issuer


def test_other_addresses_lose_the_slash_at_the_end(config: Configuration) -> None:
    config.put("https://widgets.hospital.example", "https://portal.hospital.example/widgets/")
    assert "https://portal.hospital.example/widgets" == config.load().service.base_url


def test_secrets_are_resolved(config: Configuration) -> None:
    settings = config.load()
    oa = settings.sources[0].credentials
    found = (each.get_secret_value() for each in (settings.identity.client_secret, oa.spk, oa.secret))
    assert ["centre-canary", SPK, "oa-canary"] == list(found)


def test_the_key_ring_opens_what_it_sealed(config: Configuration) -> None:
    keys = KeyRing.parse(config.load().service.keys.get_secret_value())
    assert b"data" == keys.open("purpose", "owner", keys.seal("purpose", "owner", b"data"))


def test_settings_can_be_printed_without_telling_a_secret(config: Configuration) -> None:
    assert "canary" not in repr(config.load())


def test_passwords_go_into_the_addresses_for_the_clients_only(config: Configuration) -> None:
    config.environ["PW"] = "p@ss/wort"
    config.put(
        'url = "sqlite:///audit.db"', 'url = "postgresql+psycopg://trail@db/audit"\npassword = { env = "PW" }'
    )
    config.text += '[redis]\nurl = "rediss://cache:6380/1"\npassword = { env = "PW" }\n'
    settings = config.load()
    assert (
        "rediss://:p%40ss%2Fwort@cache:6380/1",
        "postgresql+psycopg://trail:p%40ss%2Fwort@db/audit",
    ) == (settings.redis.address, settings.audit.address)


def test_each_kind_of_redis_gets_its_passwords(config: Configuration) -> None:
    """Sentinels may ask for one of their own; IPv6 stands in brackets."""
    config.environ["PW"] = "a/b"
    config.text += '[redis]\nurl = "rediss+sentinel://us@s1,[::1]:2/m/1?ssl_ca_certs=/ca"\n'
    config.text += 'password = { env = "PW" }\nsentinel_password = { env = "PW" }\n'
    address = config.load().redis.address
    assert "rediss+sentinel://us:a%2Fb@s1,[::1]:2/m/1?ssl_ca_certs=/ca&sentinel_password=a%2Fb" == address


# The environment over the file


def test_the_environment_wins_over_the_file(config: Configuration) -> None:
    config.environ["PORTAL_WIDGETS__SERVICE__BASE_URL"] = "https://other.hospital.example"
    assert "https://other.hospital.example" == config.load().service.base_url


def test_the_environment_reaches_into_lists(config: Configuration) -> None:
    config.environ["PORTAL_WIDGETS__SOURCES__0__BASE_URL"] = "http://10.1.2.3:8080"
    assert "http://10.1.2.3:8080" == config.load().sources[0].base_url


def test_lists_and_tables_of_the_environment_are_toml(config: Configuration) -> None:
    config.environ["PORTAL_WIDGETS__SERVICE__TRUSTED_PROXIES"] = '["10.1.0.0/16", "fd00::/8"]'
    assert (ip_network("10.1.0.0/16"), ip_network("fd00::/8")) == config.load().service.trusted_proxies


def test_a_secret_can_be_pointed_elsewhere_by_the_environment(config: Configuration) -> None:
    config.environ |= {"PORTAL_WIDGETS__IDENTITY__CLIENT_SECRET": '{ env = "OTHER" }', "OTHER": "x"}
    assert "x" == config.load().identity.client_secret.get_secret_value()


def test_a_table_may_come_from_the_environment_alone(config: Configuration) -> None:
    config.environ["PORTAL_WIDGETS__REDIS__URL"] = "redis://cache:6379/2"
    assert "redis://cache:6379/2" == config.load().redis.url


@pytest.mark.parametrize(
    "name",
    ["SERVICE__BASE_URL__X", "SOURCES__9__BASE_URL", "SOURCES__X", "SOURCES__0__NOTICE_DIRECTORIES__-1"],
)
def test_a_name_that_fits_nowhere_is_a_mistake(config: Configuration, name: str) -> None:
    config.environ[f"PORTAL_WIDGETS__{name}"] = "x"
    right = "it must be like PORTAL_WIDGETS__SERVICE__BASE_URL"
    assert [f"PORTAL_WIDGETS__{name} of the environment fits no key: {right}."] == config.mistakes()


# Mistakes

NOT_AN_ADDRESS = "it must be an http:// or https:// address without user, query or fragment"
NOT_AN_ORIGIN = "it must be an origin: scheme, host and port only, as https://portal.hospital.example"
REFERENCE = 'it must be { env = "NAME" } or { file = "path" }, a secret is never written here'
OA = 'sources["main-oa"]'
EVERY_KIND = ", ".join(
    f'"{name}"' for kind in KINDS for name in get_args(kind.model_fields["kind"].annotation)
)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('"https://widgets.hospital.example"', "8080", "service.base_url is 8080: it must be text in quotes."),
        ('base_url = "https://widgets.hospital.example"\n', "", "service.base_url is missing: Public address of this service; it may carry a path prefix for reverse-proxy mode."),
        ("base_url = \"https://widgets", "base_ulr = 1\nbase_url = \"https://widgets", "service.base_ulr is not a setting: the nearest is base_url."),
        ("[audit]", "[adit]\n[audit]", "adit is not a setting: the nearest is audit."),
        ("[audit]", "[xyz]\n[audit]", "xyz is not a setting: there are service, redis, identity, audit, campuses, sources."),
        ('"https://widgets.hospital.example"', '"ftp://widgets"', f'service.base_url is "ftp://widgets": {NOT_AN_ADDRESS}.'),
        ('"https://oa.hospital.example"', '"https://oa.hospital.example/?a=1"', f'{OA}.base_url is "https://oa.hospital.example/?a=1": {NOT_AN_ADDRESS}.'),
        ('"https://oa.hospital.example"', '"http://169.254.169.254"', f'{OA}.base_url is "http://169.254.169.254": {NOT_AN_ADDRESS}.'),
        ('"https://oa.hospital.example"', '"http://0x7f.1"', f'{OA}.base_url is "http://0x7f.1": {NOT_AN_ADDRESS}.'),
        ('"https://oa.hospital.example"', "'https://evil\\@oa'", f"{OA}.base_url: {NOT_AN_ADDRESS}."),
        ('"https://oa.hospital.example"', '"https://oa:99999"', f'{OA}.base_url is "https://oa:99999": {NOT_AN_ADDRESS}.'),
        ('"https://oa.hospital.example"', '"https://u:canary@oa"', f"{OA}.base_url: {NOT_AN_ADDRESS}."),
        ('"https://sso.hospital.example"', '"sso"', f'identity.issuer is "sso": {NOT_AN_ADDRESS}.'),
        ('"https://portal.hospital.example"', '"https://portal.hospital.example/"', f'service.portals[0].origin is "https://portal.hospital.example/": {NOT_AN_ORIGIN}.'),
        ('"https://portal.hospital.example"', '"*"', f'service.portals[0].origin is "*": {NOT_AN_ORIGIN}.'),
        ('portals = [{ origin = "https://portal.hospital.example" }]', "portals = []", "service.portals is empty: it must have at least one entry."),
        ('portals = [{ origin = "https://portal.hospital.example" }]', 'portals = "x"', 'service.portals is "x": it must be a list in [ ].'),
        ('example" }]', 'example", relation = "near" }]', 'service.portals[0].relation is "near": it must be "auto", "same-site", "cross-site" or "same-origin".'),
        ("keys = {", 'trusted_proxies = ["10.1.2.3/16"]\nkeys = {', 'service.trusted_proxies[0] is "10.1.2.3/16": it must be a network such as 10.1.0.0/16, its host bits zero.'),
        ("keys = {", 'timezone = "Asia/Beijing"\nkeys = {', 'service.timezone is "Asia/Beijing": it must be the name of a time zone such as Asia/Shanghai.'),
        ("keys = {", 'timezone = "../etc/passwd"\nkeys = {', 'service.timezone is "../etc/passwd": it must be the name of a time zone such as Asia/Shanghai.'),
        ("keys = {", 'language = "fr"\nkeys = {', 'service.language is "fr": it must be "zh-CN" or "en".'),
        ("keys = {", 'themes_dir = "/nowhere"\nkeys = {', 'service.themes_dir is "/nowhere": there must be a folder of that name.'),
        ("keys = {", 'theme = "blue"\nkeys = {', 'service.theme is "blue": service.themes_dir must have a folder of that name.'),
        ("keys = {", 'theme = "Blau!"\nthemes_dir = "/"\nkeys = {', 'service.theme is "Blau!": it must be 1 to 32 lower-case letters, digits and hyphens.'),
        ('{ env = "CLIENT_SECRET" }', '"canary"', f"identity.client_secret: {REFERENCE}."),
        ('{ env = "CLIENT_SECRET" }', '{ text = "canary" }', f"identity.client_secret: {REFERENCE}."),
        ('{ env = "CLIENT_SECRET" }', '{ env = "NOBODY" }', "identity.client_secret: the environment has no NOBODY, or it is empty."),
        ("account_claim", 'algorithms = ["none"]\naccount_claim', 'identity.algorithms[0] is "none": it must be one of ES256, ES256K, ES384, ES512, Ed25519, Ed448, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512.'),
        ("account_claim", "algorithms = []\naccount_claim", "identity.algorithms is empty: it must have at least one entry."),
        ("account_claim", 'scope = "profile"\naccount_claim', 'identity.scope is "profile": it must contain openid (OIDC Core §3.1.2.1).'),
        ('client_id = "portal-widgets"', 'client_id = ""', 'identity.client_id is "": it must not be empty.'),
        ("account_claim", 'protocol = "saml"\naccount_claim', 'identity.protocol is "saml": it must be "oidc", "cas3" or "oauth2".'),
        ('"weaver-e9"', '"weaver"', f'{OA}.kind is "weaver": it must be one of {EVERY_KIND}.'),
        ('kind = "weaver-e9"\n', "", f"{OA}.kind is missing: it decides what the other keys are."),
        ('campus = "main"', 'campus = "east"', f'{OA}.campus is "east": it must be "main".'),
        ('notice_directories = [{ id = "41", department = "院办公室" }]', "", f"{OA}.notice_directories is missing: it must name the directories of the OA that hold notices."),
        ('"41"', "41", f"{OA}.notice_directories[0].id is 41: it must be text in quotes."),
        ("app_id", 'widgets = ["mail"]\napp_id', f'{OA}.widgets[0] is "mail": it must be "todos" or "notices".'),
        ("app_id", 'urgency = { "3" = "extreme" }\napp_id', f'{OA}.urgency.3 is "extreme": it must be "critical", "high" or "normal".'),
        ('id = "main-oa"', 'id = "Main OA"', 'sources[0].id is "Main OA": it must be 1 to 32 lower-case letters, digits and hyphens.'),
        ("app_id", 'push_secret = { env = "CLIENT_SECRET" }\napp_id', f"{OA}.push_secret: it must have 32 characters or more, `openssl rand -hex 32` makes one."),
        ("sqlite:///audit.db", "mysql://db/audit", 'audit.url is "mysql://db/audit": it must be sqlite:////path or postgresql+psycopg://host/name.'),
        ("sqlite:///audit.db", "postgresql://u:canary@db/audit", "audit.url: a password is a secret, give it as [audit] password."),
        ("sqlite:///audit.db", "canary", "audit.url: it must be an SQLAlchemy URL."),
        ("[audit]", '[redis]\nurl = "http://cache"\n[audit]', 'redis.url is "http://cache": it must be a redis://, rediss://, unix://, redis+sentinel:// or redis+cluster:// address.'),
        ("[audit]", '[redis]\nurl = "redis://a:1,b:2/0"\n[audit]', 'redis.url is "redis://a:1,b:2/0": for several servers it must be a redis+sentinel:// or redis+cluster:// address.'),
        ("[audit]", '[redis]\nurl = "redis+sentinel://a:1,b:2"\n[audit]', 'redis.url is "redis+sentinel://a:1,b:2": it must end with the master\'s name and a database, as redis+sentinel://cache1:26379,cache2:26379,cache3:26379/mymaster/0.'),
        ("[audit]", '[redis]\nurl = "redis+sentinel://a:1,/m"\n[audit]', 'redis.url is "redis+sentinel://a:1,/m": "" is no host and port: it must be like redis+sentinel://cache1:26379,cache2:26379,cache3:26379/mymaster/0.'),
        ("[audit]", '[redis]\nurl = "redis+cluster://a:70000"\n[audit]', 'redis.url is "redis+cluster://a:70000": "a:70000" is no host and port: it must be like redis+cluster://cache1:6379,cache2:6379,cache3:6379.'),
        ("[audit]", '[redis]\nurl = "redis+cluster://a:1/3"\n[audit]', 'redis.url is "redis+cluster://a:1/3": a Cluster has no databases: it must end with its members, as redis+cluster://cache1:6379,cache2:6379,cache3:6379.'),
        ("[audit]", '[redis]\nurl = "redis+sentinel://:canary@a/m"\n[audit]', "redis.url: a password is a secret, give it as [redis] password."),
        ("[audit]", '[redis]\nurl = "redis://:canary@cache"\n[audit]', "redis.url: a password is a secret, give it as [redis] password."),
        ("[audit]", '[redis]\nurl = "unix:///run/redis?password=canary"\n[audit]', "redis.url: a password is a secret, give it as [redis] password."),
        ('"https://widgets.hospital.example"', '"http://widgets.hospital.example:80"', 'service.base_url is "http://widgets.hospital.example:80": it must be https, as browsers load no http frame into an https portal.'),
    ],
)  # fmt: skip
def test_each_mistake_is_one_sentence(config: Configuration, old: str, new: str, expected: str) -> None:
    config.put(old, new)
    assert [expected] == config.mistakes()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("https://widgets.hospital.example", "http://widgets.hospital.localhost:8101"),
        ("https://sso.hospital.example", "http://10.1.2.3:8080/oidc"),
        ("https://oa.hospital.example", "http://[fd00::1]:8080"),
        ('id = "41", department = "院办公室"', 'id = "41"'),
    ],
)
def test_what_is_right_is_let_through(config: Configuration, old: str, new: str) -> None:
    config.put(old, new)
    assert [] == config.mistakes()


def test_all_mistakes_are_told_at_once(config: Configuration) -> None:
    config.put("https://oa.hospital.example", "oa")
    config.put('campus = "main"', 'campus = "east"')
    config.put('account_claim = "employee_no"', "acount_claim = 1")
    del config.environ["CLIENT_SECRET"]
    (config.folder / "keys").unlink()
    assert 6 == len(config.mistakes())


def test_every_mistake_is_a_sentence_in_one_line(config: Configuration) -> None:
    config.text = 'service = 1\nidentity = []\nsources = [1, {}]\ncampuses = [{ id = "a\\nb" }]'
    assert [] == [each for each in config.mistakes() if not re.fullmatch(r"[^\n]+: [^\n]+\.", each)]


@pytest.mark.parametrize("id", ["main", "second"])
def test_ids_are_given_once(config: Configuration, id: str) -> None:
    config.text += f'[[campuses]]\nid = "{id}"\nname = "东院"\n'
    expected = ['campuses.id "main" is given 2 times: each must have its own.'] if id == "main" else []
    assert expected == config.mistakes()


def test_a_file_that_is_not_toml_says_where(config: Configuration) -> None:
    config.text = "[service]\nbase_url = https://x"
    assert [f"{config.path} is not TOML: invalid value (at line 2, column 12)."] == config.mistakes()


def test_a_key_given_twice_is_a_mistake(config: Configuration) -> None:
    config.put("[identity]", "[service]\n[identity]")
    assert "is not TOML: cannot declare ('service',) twice" in config.mistakes()[0]


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as told:
        load(tmp_path / "none.toml", {})
    assert [f"{tmp_path}/none.toml cannot be read: No such file or directory."] == told.value.mistakes


# Secret files


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o601, 0o666])
def test_a_key_file_open_to_everybody_is_a_mistake(config: Configuration, mode: int) -> None:
    path = config.folder / "keys"
    path.chmod(mode)
    expected = f"service.keys: {path} is open to every account of this machine, `chmod o= {path}`."
    assert [expected] == config.mistakes()


def test_a_key_file_of_a_group_is_right(config: Configuration) -> None:
    (config.folder / "keys").chmod(0o640)
    assert [] == config.mistakes()


def test_a_missing_key_file_is_a_mistake(config: Configuration) -> None:
    path = config.folder / "keys"
    path.unlink()
    assert [f"service.keys: {path} cannot be read: No such file or directory."] == config.mistakes()


def test_an_empty_key_file_is_a_mistake(config: Configuration) -> None:
    path = config.write("keys", "\n")
    assert [f"service.keys: {path} is empty."] == config.mistakes()


def test_a_broken_key_line_is_a_mistake_that_does_not_repeat_the_key(config: Configuration) -> None:
    config.write("keys", "k1 canary")
    expected = "service.keys: line 1 of the key ring: the key must be base64url of exactly 32 bytes."
    assert [expected] == config.mistakes()


@pytest.mark.parametrize(
    "text", ["canary", "[1]", '{"spk": "canary", "secret": "x"}', "[" * 100_000, CREDENTIALS[:-1]]
)
def test_credentials_that_are_no_registration_are_a_mistake(config: Configuration, text: str) -> None:
    config.write("main-oa.json", text)
    assert [
        f"{OA}.credentials: it must be the JSON that `portal-widgets oa register` wrote."
    ] == config.mistakes()


def test_credentials_that_do_not_exist_yet_name_the_command(config: Configuration) -> None:
    path = config.folder / "main-oa.json"
    path.unlink()
    expected = f"{OA}.credentials: {path} is not there yet, `portal-widgets oa register` writes it."
    assert [expected] == config.mistakes()


def test_while_registering_credentials_need_not_exist(config: Configuration) -> None:
    path = config.folder / "main-oa.json"
    path.unlink()
    assert path == config.load(registered=False).sources[0].credentials.file


@pytest.mark.parametrize(
    "text",
    [
        "[[identity]]\nclient_secret = 'canary'",
        "identity = 'canary'\nservice = ['canary']",
        "[identity]\nclient_secert = 'canary'",
        "[service]\nkeys = ['canary']",
        "[[sources]]\ncredentials = 'canary'\nkind = 'weaver-e9'",
        "[sources]\ncredentials = 'canary'",
    ],
)
def test_no_mistake_repeats_a_secret_wherever_it_stands(config: Configuration, text: str) -> None:
    config.text = text
    assert "canary" not in "".join(config.mistakes())


# The file's name, and the page


def test_without_a_name_the_variable_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORTAL_WIDGETS_CONFIG", raising=False)
    with pytest.raises(SettingsError) as told:
        chosen()
    assert ["PORTAL_WIDGETS_CONFIG is not set: it must name the configuration file."] == told.value.mistakes


def test_the_page_is_current() -> None:
    """If not: `make docs`."""
    assert page() == (ROOT / "docs" / "settings.md").read_text("utf-8")


def test_the_example_of_the_page_is_right(config: Configuration) -> None:
    config.text = EXAMPLE.replace("/run/secrets/portal-widgets.keys", "keys").replace("/run/secrets/", "")
    config.environ["OIDC_CLIENT_SECRET"] = "x"
    assert [] == config.mistakes()
