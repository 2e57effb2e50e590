"""A wrong mapping is found at start: one sentence each, naming the key, and what would be right."""

# ruff: noqa: E501 - one mistake a line

from __future__ import annotations

from pathlib import Path

import pytest

from tests.widgets.configuration import Configuration
from widgets.settings_rest import RestSource

GOOD = """\
kind = "rest"
base_url = "https://oa.hospital.example"
values = { app = "us" }
secrets = { key = { env = "OA_KEY" } }
compute = { sign = "{plain|md5}", plain = "{value.app}{now_ms}{secret.key}" }
headers = { X-Token = "{login.token}" }

[sources.steps.login]
path = "/api/token"
body = { app = "{value.app}", sign = "{sign}" }
take = { token = "data.token" }

[sources.steps.person]
path = "/api/person"
query = { no = "{account}" }
one = { among = "data", at = "no", equals = "{account}" }
take = { uid = "id" }

[sources.todos]
path = "/api/todo"
query = { uid = "{person.uid}", page = "{page}" }
success = { at = "code", values = [0] }
rows = "data.list"
pages = 2
owner = { at = "to", equals = "{person.uid}" }

[sources.todos.fields]
id = "no"
title = "subject"
urgency = { at = "level", map = { 1 = "critical" } }
received_at = { at = "came", formats = ["%Y/%m/%d"] }
url = { text = "/todo/{row.no}" }
"""


@pytest.fixture
def config(tmp_path: Path) -> Configuration:
    made = Configuration(tmp_path)
    made.environ["OA_KEY"] = "oa-canary"
    front = made.text.partition('kind = "weaver-e9"')[0]
    made.text = front + GOOD
    return made


def test_a_right_mapping_starts_and_feeds_what_it_maps(config: Configuration) -> None:
    (source,) = config.load().sources
    assert isinstance(source, RestSource) and source.widgets == ("todos",)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('"{sign}"', '"{sgin}"', "steps.login.body uses {sgin}: no such name here, the nearest is sign."),
        ("{login.token}", "{logn.token}", "headers.X-Token uses {logn.token}: there is no step logn, the nearest is login."),
        ("{login.token}", "{login.tokn}", "headers.X-Token uses {login.tokn}: the step login takes no tokn, the nearest is token."),
        ("{secret.key}", "{secret.kay}", "compute.plain uses {secret.kay}: there is no kay in secrets, the nearest is key."),
        ("{value.app}{now", "{row.app}{now", "compute.plain uses {row.app}: there is no row at this place."),
        ("/todo/{row.no}", "/todo/{row.}", "todos.fields.url uses {row.}: it must be a way such as data.list or rows.0.name."),
        ("/todo/{row.no}", "/todo/{row.a[}", "todos.fields.url uses {row.a[}: it must be a way such as data.list or rows.0.name."),
        ("|md5}", "|md6}", 'compute.sign is "{plain|md6}": there is no function md6'),
        ("|md5}", "|hmac_md5}", "hmac_md5 takes 1 names after a colon, and has 0"),
        ("|md5}", "|des_ecb:secret.key}", "compute.sign: {plain|…} cannot be computed: des_ecb: the key must have 8 bytes."),
        ('"{plain|md5}"', '"{plain|md5"', "a brace stands alone"),
        ('"{value.app}{now_ms}{secret.key}"', '"{sign}"', "needs itself: what it uses must not lead back to it."),
        ("steps.person]", "steps.row]", "steps.row has a name of our own: it must be called differently."),
        ('path = "/api/todo"', 'path = "api/todo"', 'todos.path is "api/todo": it must begin with / and goes below base_url.'),
        ('path = "/api/person"', 'path = "/api/person"\nmethod = "GET"\ntext = "x"', "steps.person.text goes with no GET"),
        ('path = "/api/person"', 'path = "/api/person"\nform = { a = "1" }\ntext = "x"', "steps.person has form and text: only one of them can be sent."),
        ('path = "/api/person"', 'path = "/api/person"\ntext = "{body}"', "steps.person has {body} in what it sends: a body cannot hold itself."),
        ('"code", values = [0] }', '"code" }', "todos.success demands nothing: it must have values, matches, type or missing."),
        (', page = "{page}"', "", "todos.pages is 2: the request must have {page}, {offset} or {cursor} in it."),
        ('"{page}"', '"{cursor}"', "todos.next is missing: it says where the next {cursor} stands."),
        ('"to", equals = "{person.uid}"', '"to", equals = "{value.app}"', 'todos.owner.equals is "{value.app}": it must depend on the person'),
        ('"no", equals = "{account}"', '"no", equals = "{value.app}"', 'steps.person.one.equals is "{value.app}": it must depend on the person'),
        ('"data.token"', '"data[no={account}].token"', "a way has no {names} in it"),
        ('map = { 1 = "critical" }', 'map = { 1 = "urgent" }', 'todos.fields.urgency has "urgent": it must be critical, high or normal.'),
        ('map = { 1 = "critical" }', 'above = { x = "critical" }', 'todos.fields.urgency.above has "x": it must be a number.'),
        ('"%Y/%m/%d"', '"yyyy/MM/dd"', 'todos.fields.received_at.formats has "yyyy/MM/dd": it must be iso, epoch or a pattern'),
        ('"/todo/{row.no}"', '"https://evil.example/{row.no}"', "it must begin with / or with an address that is allowed."),
        ('"/todo/{row.no}"', '"todo/{row.no}"', "it must begin with / or with an address that is allowed."),
        ('{ text = "/todo/{row.no}" }', "{ html = true }", "todos.fields.url says nothing: it must have at or text."),
        ('id = "no"\n', "", "todos.fields.id is missing"),
        ("rows =", "rwos =", "todos.rwos is not a setting: the nearest is rows."),
        ("[sources.steps.login]", 'preset = "flowabel"\n[sources.steps.login]', 'preset is "flowabel": it must be "camunda7" or "flowable" or "jeecg-notices".'),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence(config: Configuration, old: str, new: str, sentence: str) -> None:
    config.put(old, new)
    mistakes = config.mistakes()
    assert any(sentence in each for each in mistakes), mistakes
    assert [] == [
        each for each in mistakes if not each.startswith('sources["main-oa"].') or "oa-canary" in each
    ]


def test_to_dos_that_are_asked_alike_for_everybody_do_not_start(config: Configuration) -> None:
    config.put('uid = "{person.uid}", ', "")
    config.put('owner = { at = "to", equals = "{person.uid}" }\n', "")
    assert config.mistakes() == [
        'sources["main-oa"].todos asks the same for everybody: {account}, or a value looked up with it, must be in it.'
    ]


def test_an_owner_check_is_enough_where_the_answer_is_the_same_for_all(config: Configuration) -> None:
    config.put('uid = "{person.uid}", ', "")
    assert config.mistakes() == []


def test_a_widget_without_its_list_is_told(config: Configuration) -> None:
    config.put('kind = "rest"', 'kind = "rest"\nwidgets = ["todos", "notices"]')
    assert config.mistakes() == [
        'sources["main-oa"].notices is missing: it must say how that widget gets its list, or widgets must leave it out.'
    ]


def test_several_mistakes_are_told_at_once(config: Configuration) -> None:
    config.put("{login.token}", "{login.tokn}")
    config.put("{secret.key}", "{secret.kay}")
    assert len(config.mistakes()) == 2
