"""A mapping: what the configuration says about a home-made interface. Each table is checked, and used as it is.

What is wrong in itself is found here; what tables must agree on among each other, in `rest_checks`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from widgets.oa.rest_fields import NoticeFields, TodoFields
from widgets.oa.rest_kinds import (
    AS_LIST,
    FROM_WAY,
    OR_ONE,
    OR_WAY,
    Key,
    Pattern,
    Place,
    Sent,
    Words,
    Written,
)
from widgets.oa.rest_paths import Way
from widgets.settings_values import Table, Text


class Condition(Table):
    """One thing that an answer may show; everything in it must hold."""

    of: Literal["json", "status", "header", "text"] = "json"
    """What is looked at: a place in the JSON, the HTTP status, a header, or the whole body as text."""
    at: Place = Way("", ())
    """The way to the place, or the header's name; without it the root."""
    values: Words = ()
    """It must be one of these; numbers and texts are compared as text."""
    matches: Pattern | None = None
    """It must contain something like this (a regular expression)."""
    type: Literal["object", "array", "text", "number", "boolean", "null"] | None = None
    """It must be of this kind."""
    missing: bool | None = None
    """Whether it must be absent (or null), or must be there."""


Conditions = Annotated[tuple[Condition, ...], AS_LIST, OR_ONE]


class Request(Table):
    """One request, and how its answer is to be judged."""

    method: Literal["GET", "POST", "PUT"] | None = None
    """Without it: `POST` where there is something to send, else `GET`."""
    path: Written
    """Below `base_url`, beginning with `/`; values in it are percent-encoded."""
    query: dict[str, Sent] = Field(default_factory=dict)
    """Parameters of the address."""
    headers: dict[str, Written] = Field(default_factory=dict)
    """Headers, besides those of the source."""
    form: dict[str, Sent] | None = None
    """The body as a form."""
    body: Sent | None = None
    """The body as JSON; `{ json_string = … }` in it is JSON inside a text."""
    text: Written | None = None
    """The body as it is written here; name its type in `headers`."""
    charset: Literal["utf-8", "gb18030"] = "utf-8"
    """In which the request is written. Answers say it themselves."""
    answer: Literal["json", "text"] = "json"
    """What comes back."""
    success: Conditions = ()
    """Every one must hold, else it is a bad answer. Without one about the status, that must be 2xx too."""
    expired: Conditions = ()
    """If one holds, what the steps had is over: they are asked anew, once. HTTP 401, 302 and a page always mean it."""
    denied: Conditions = ()
    """If one holds, the OA refuses this person or this service."""
    message: Place | None = None
    """Where an error says in words what it is: for the log."""


class Taken(Table):
    """One value that a step keeps."""

    at: Place = Way("", ())
    """The way to it; without it the whole answer."""
    header: Text | None = None
    """The header that holds it instead."""
    matches: Pattern | None = None
    """What it must look like as a whole; anything else is a bad answer."""
    equals: Written | None = None
    """What it must be, such as `{account}`: a look-up that found somebody else is a bad answer."""


class Owner(Table):
    """Whose row it is: another person's is dropped, counted and told to the log."""

    at: Place
    """The way into the row."""
    equals: Written
    """What must stand there, such as `{account}`."""


class One(Owner):
    """Which row of a look-up is the person's: nobody's or several are a refusal, other people's only an alarm."""

    among: Place = Way("", ())
    """The way to the rows; without it the whole answer. Of an object each entry is a row, with `key` and `value`."""


class Step(Request):
    """A request whose answer others need: `take.token` of the step `login` is `{login.token}` there.

    It is asked when something needs it, at most once for many at a time. What it needs from the person decides
    whether it is kept for each person or for all.
    """

    one: One | None = None
    """For a look-up that may find several people: which one is meant. The ways of `take` then begin in that row."""
    take: dict[Key, Annotated[Taken, FROM_WAY, OR_WAY]] = Field(min_length=1)
    """What to keep: a name, and the way to its value."""
    life: int = Field(default=600, ge=0, le=86_400)
    """Seconds that it is kept; 0: made anew for every list or click."""
    idle: int | None = Field(default=None, ge=1, le=86_400)
    """Seconds without use after which it is over already."""
    life_at: Place | None = None
    """Where the answer says its life in seconds (`expires_in`); then nine tenths of that, at most `life`."""


class Count(Request):
    """A request that only says how many there are."""

    total: Place = Way("", ())
    """Where the number stands; without it the whole answer is the number."""
    sum: bool = False
    """Whether there are several numbers (in an object or a list) to be added up."""


class Listed(Request):
    """A request for a list, and where things are in its answer."""

    rows: Place = Way("", ())
    """The way to the list; without it the whole answer is the list."""
    empty: Conditions = ()
    """If one holds, there is nothing to do, although there is no list."""
    size: int = Field(default=50, ge=1, le=200)
    """How many a page holds: asked for as `{size}`, or as the OA has it. A shorter page is the last one."""
    pages: int = Field(default=1, ge=1, le=10)
    """How many times, at most."""
    first_page: Literal[0, 1] = 1
    """What `{page}` begins with; `{offset}` always begins with 0."""
    next: Place | None = None
    """Where the next `{cursor}` stands; absent, empty, `0` or false: it was the last page."""
    total: Place | None = None
    """Where the number of all stands."""
    count: Count | None = None
    """The request that says it instead."""
    complete: bool = False
    """Whether the answer always holds everything, so that its length is the number."""
    owner: Owner | None = None
    """The check that each row is this person's."""


class Todos(Listed):
    """The list of to-dos."""

    fields: TodoFields
    """Where each field comes from."""


class Notices(Listed):
    """The list of notices."""

    fields: NoticeFields
    """Where each field comes from."""


class Click(Table):
    """What a click adds so that people arrive signed in."""

    url: Written | None = None
    """The address to go to instead, with the item's as `{url}` or `{path}`: `/sso?to={path}&ticket={sso.ticket}`."""
    query: dict[Text, Written] = Field(default_factory=dict)
    """Parameters put into the item's address, before its `#`."""


class Home(Table):
    """The OA's own pages with the whole lists, below `open_url`."""

    todos: Text = "/"
    """Of to-dos."""
    notices: Text = "/"
    """Of notices."""
