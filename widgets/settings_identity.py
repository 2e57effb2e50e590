"""The knobs of `[identity]`: which identity centre (统一身份认证), and how it is spoken to."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from widgets.settings_secrets import OwnKeys, Secret
from widgets.settings_values import AddressAsWritten, Algorithm, Network, PathBelow, Table, Text


class Cas(Table):
    validate_path: PathBelow = "/p3/serviceValidate"
    """Where tickets are checked, below `identity.issuer`; servers of CAS 2 have `/serviceValidate`."""
    renew: bool = False
    """Whether people prove themselves at each sign-in, whatever session the server has; frames never ask silently."""
    names: dict[str, Text] = Field(default_factory=dict)
    """Which attributes hold `name`, `campuses` and `roles`, where they are not called so."""


class Success(Table):
    at: Text
    """Way to the value in the answer, such as `code`."""
    values: tuple[Text, ...] = Field(min_length=1)
    """What it says when all is well, such as `["0", "200"]`."""


class OAuth2(Table):
    authorize: PathBelow
    """Where people sign in, below `identity.issuer`."""
    token: PathBelow
    """Where a code becomes an access token."""
    userinfo: PathBelow
    """Where an access token becomes a person."""
    claims: dict[str, Text]
    """Ways into the userinfo answer: to `sub` and the `account_claim`, and to `name`, `campuses`, `roles` if there."""
    token_method: Literal["GET", "POST"] = "POST"
    """How `token` is called."""
    userinfo_method: Literal["GET", "POST"] = "GET"
    """How `userinfo` is called."""
    userinfo_token: Literal["header", "parameter"] = "header"
    """How the access token travels there: as `Authorization: Bearer`, or as `token_parameter`."""
    token_parameter: Text = "access_token"
    """What a parameter with the access token is called, there and in the centre's sign-out calls."""
    access_token: Text = "access_token"
    """Way to the access token in the answer of `token`, such as `data.accessToken`."""
    success: Success | None = None
    """For centres that answer 200 to everything: how a good answer looks."""
    scope: str = ""
    """What is asked for at sign-in."""
    extra: dict[str, Text] = Field(default_factory=dict)
    """Parameters that the centre wants in every call."""
    pkce: bool = True
    """Whether PKCE is used (RFC 7636); off only for a centre that refuses parameters it does not know."""
    logout: PathBelow | None = None
    """Where people sign out at the centre."""
    logout_return: Text = "redirect_uri"
    """What its parameter with the address to come back to is called."""
    logout_from: tuple[Network, ...] = ()
    """The networks from which the centre may call `/auth/token-logout`; nobody else is believed."""
    entry: PathBelow | None = None
    """For portals whose entry address is the callback: the path of ours to show when it is opened without an answer."""


class Sm2(Table):
    algorithms: tuple[Text, ...] = Field(default=("SGD_SM3_SM2",), min_length=1)
    """What the centre calls the signature in `alg`."""
    curves: tuple[Text, ...] = Field(default=("SM2-P-256",), min_length=1)
    """What its key set calls the curve in `crv`."""
    signer_id: Text = "1234567812345678"
    """The identity of the signer that goes into the hash."""


class Identity(Table):
    protocol: Literal["oidc", "cas3", "oauth2"] = "oidc"
    """How the identity centre (统一身份认证) is spoken to."""
    issuer: AddressAsWritten
    """The centre's `iss`, exactly as it writes it (OIDC Discovery §4.3); else its public address, before `/login`."""
    base_url: AddressAsWritten = Field(default_factory=lambda data: data.get("issuer", ""))
    """Where this service itself reaches the centre, if not at `issuer`."""
    client_id: Text | None = None
    """The name under which the centre knows this service; needed except for `cas3`."""
    client_secret: Secret | None = None
    """The secret that goes with it; needed unless `auth` is `private_key_jwt`."""
    account_claim: Text
    """The claim that holds the 工号; for `cas3` the attribute, or `user` for what CAS calls the person."""
    algorithms: tuple[Algorithm, ...] = Field(default=("RS256",), min_length=1)
    """Signatures that are accepted on the centre's tokens, whatever its metadata says."""
    scope: Text = "openid profile"
    """What is asked for at sign-in; `openid` must be among it."""
    auth: Literal["client_secret_basic", "client_secret_post", "private_key_jwt"] = "client_secret_basic"
    """How this service proves itself at the token endpoint (OIDC Core §9)."""
    client_key: OwnKeys | None = None
    """For `private_key_jwt`: PEM file with RSA or EC keys. The first signs, `/auth/jwks.json` publishes all."""
    client_audience: Literal["issuer", "token_endpoint"] = "issuer"
    """For `private_key_jwt`: to whom the proof is addressed; older centres want their token endpoint."""
    response_mode: Literal["query", "form_post"] = "query"
    """How the centre answers: in the address, or by a form that the browser posts, which needs https here."""
    acr_values: tuple[Text, ...] = ()
    """How people must have proven themselves: the centre is asked for these, and its `acr` must be one of them."""
    max_age: int | None = Field(default=None, ge=0, le=86_400)
    """Seconds since a person last proved themselves, at most; the centre asks them again, `auth_time` is checked."""
    silent: Literal["auto", "always", "never"] = "auto"
    """Whether frames ask the centre without a page (`prompt=none`): `auto` tries first whether it honours that."""
    confirmation_number: bool = False
    """Six digits for portals of another site whose centre cuts off its windows; see docs/identity.md before."""
    idle: int = Field(default=15, ge=1, le=720)
    """Minutes after which a session ends at which nobody did anything; a card that refreshes itself is nothing."""
    recheck: int = Field(default=10, ge=1, le=60)
    """Minutes after which the centre is asked again about a session, and lists end while Redis is away: so late may a
    revocation be seen."""
    sessions: int = Field(default=10, ge=1, le=1000)
    """Sessions of one person; one more ends their oldest."""
    trusted_audiences: tuple[Text, ...] = ()
    """Other clients that may stand beside this one in `aud`."""
    sm2: Sm2 | None = None
    """For a centre that signs with SM2 (国密), below; `{}` is enough for one that keeps to GM/T 0125."""
    cas: Cas = Cas()
    """What only `cas3` has, below."""
    oauth2: OAuth2 | None = None
    """What only `oauth2` has, below."""
