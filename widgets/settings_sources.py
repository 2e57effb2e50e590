"""The kinds of `[[sources]]`: what every OA needs to be told, and what only one product does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import AfterValidator, Field, SecretStr

from widgets.oa import o2oa_token, seeyon_v8
from widgets.settings_rest import RestSource
from widgets.settings_secrets import Secret, WeaverRegistration
from widgets.settings_source import Source
from widgets.settings_values import Address, Table, Text, wrong


def _of_length(*lengths: int) -> AfterValidator:
    """A secret that is a key of so many bytes."""

    def check(secret: SecretStr) -> SecretStr:
        if len(secret.get_secret_value().encode()) not in lengths:
            words = " or ".join(str(length) for length in lengths)
            raise wrong(f"it must have {words} characters", hidden=True)
        return secret

    return AfterValidator(check)


AesKey: TypeAlias = Annotated[Secret, _of_length(*seeyon_v8.KEY_LENGTHS)]
DesKey: TypeAlias = Annotated[Secret, _of_length(o2oa_token.KEY)]
Urgencies: TypeAlias = dict[str, Literal["critical", "high", "normal"]]


class Directory(Table):
    id: Text
    """The OA's number of a directory (知识目录) that holds notices."""
    department: Text | None = None
    """The 发布部门 shown for its notices; the OA itself names none."""


class WeaverE9Source(Source):
    kind: Literal["weaver-e9"]
    """Weaver E9 (泛微)."""
    app_id: Text
    """The `appid` that the OA's administrator entered for this service alone."""
    credentials: WeaverRegistration
    """What `portal-widgets oa register` received, as JSON: `{"spk": "…", "secret": "…"}`."""
    notice_directories: tuple[Directory, ...] = ()
    """The directories that make up the notices; needed for the widget `notices`."""
    urgency: Urgencies = Field(default_factory=dict)
    """What the OA's own urgency levels mean, where they are not the usual 0, 1 and 2."""
    sso_app_id: Text | None = None
    """The `appid` of the OA's single sign-on, if clicks are to arrive signed in."""
    sso_login: Literal["account", "login"] = "account"
    """By what the single sign-on knows a person: the 工号, or the OA's own login name."""
    service_user: Text = "1"
    """The OA's internal number of the person in whose name 工号 are looked up."""


class LandrayEKPSource(Source):
    kind: Literal["landray-ekp"]
    """Landray EKP (蓝凌)."""
    widgets: tuple[Literal["todos"], ...] = Field(default=("todos",), min_length=1)
    """EKP has no interface that reads notices."""
    rest_user: Text | None = None
    """The account of the REST service's policy, if it asks for one (HTTP Basic)."""
    rest_password: Secret | None = None
    """Its password."""
    todo_type: int = 13
    """EKP's number for which to-dos are asked for: 1 待审, 2 待阅, 3 暂挂, 13 待审 and 暂挂, 0 all of them."""
    urgency: Urgencies = Field(default_factory=dict)
    """What the OA's own urgency levels mean, where they are not the usual 1 (紧急), 2 (急) and 3 (一般)."""
    sso: bool = False
    """Whether clicks arrive signed in by a session id of the OA; its login names must then be the 工号."""

    def disagreements(self) -> Iterable[str]:
        return _half("rest_user", self.rest_user, "rest_password", self.rest_password)


class SeeyonV5Source(Source):
    kind: Literal["seeyon-v5"]
    """Seeyon A8, A8+ or G6 of generation V5 (致远)."""
    rest_user: Text
    """The REST account that the OA's administrator made for this service alone."""
    rest_password: Secret
    """Its password."""
    urgency: Urgencies = Field(default_factory=dict)
    """What the OA's own importance levels mean, where they are not the usual 1, 2 and 3."""
    steps: dict[str, Text] = Field(default_factory=dict)
    """Words for the OA's node policies (`nodePolicy`), where they are not `shenpi`, `collaboration` or `inform`."""
    sso_from: Text | None = None
    """The name of this service's entry in the OA's single sign-on, if clicks are to arrive signed in."""
    channel_id: Text | None = None
    """The id of the trusted channel (三方互信), if the OA demands one for to-dos."""
    channel_secret: Secret | None = None
    """Its secret."""

    def disagreements(self) -> Iterable[str]:
        return _half("channel_id", self.channel_id, "channel_secret", self.channel_secret)


class SeeyonV8Source(Source):
    kind: Literal["seeyon-v8"]
    """Seeyon V8 (COP, A9) (致远)."""
    widgets: tuple[Literal["todos"], ...] = Field(default=("todos",), min_length=1)
    """V8 has no interface that reads notices."""
    app_key: Text
    """The AppKey of this service in the platform's open interface."""
    app_secret: AesKey
    """Its AppSecret: 16, 24 or 32 characters."""
    login_url: Address | None = None
    """Where this service reaches the platform for single sign-on, if that is not `base_url`."""
    urgency: Urgencies = Field(default_factory=dict)
    """What the OA's numbers for `importance` mean; the vendor's document does not say. Without it all is `normal`."""
    sso: bool = False
    """Whether clicks arrive signed in, by a token for the 工号."""


class O2OASource(Source):
    kind: Literal["o2oa"]
    """O2OA."""
    sso_client: Text
    """The name of this service's entry in the OA's single sign-on; questions go that way, too."""
    sso_key: DesKey
    """Its key: 8 characters."""
    notice_categories: tuple[Text, ...] = ()
    """The ids of the CMS categories that hold notices; needed for the widget `notices`."""

    def disagreements(self) -> Iterable[str]:
        if "notices" in self.widgets and not self.notice_categories:
            yield "notice_categories is missing: it must name the categories of the OA that hold notices."


def _half(first: str, one: object, second: str, other: object) -> Iterable[str]:
    """A pair of keys of which only one is given."""
    if (one is None) != (other is None):
        there, missing = (second, first) if one is None else (first, second)
        yield f"{missing} is missing: it goes with {there}."


KINDS: Final[tuple[type[Source], ...]] = (
    WeaverE9Source,
    SeeyonV5Source,
    SeeyonV8Source,
    LandrayEKPSource,
    O2OASource,
    RestSource,
)
"""Every kind, in the order of docs/settings.md."""
AnySource: TypeAlias = Annotated[
    WeaverE9Source | SeeyonV5Source | SeeyonV8Source | LandrayEKPSource | O2OASource | RestSource,
    Field(discriminator="kind"),
]
"""One of them, chosen by `kind`."""
