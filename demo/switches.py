"""What the demo's identity centre can be told to do wrong: one switch per fault, all off to begin with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from typing import Any


def fault(help: str, default: Any = False) -> Any:
    """A switch with the sentence that the control page shows beside it."""
    return field(default=default, metadata={"help": help})


@dataclass(slots=True)
class Switches:
    """The centre's state of mischief. Plain attributes: set one, the next request behaves so."""

    down: bool = fault("停机：所有地址都回答 503")
    slow: float = fault("迟缓：服务端接口先等这么多秒再回答", 0.0)
    html_discovery: bool = fault("发现文档变成一张网页")
    foreign_metadata: bool = fault("发现文档里的 issuer 是别人的")
    odd_keys: bool = fault("公钥集里混入看不懂的密钥")
    ignores_prompt_none: bool = fault("不理会 prompt=none，照样显示登录页")
    cuts_windows_off: bool = fault("页面带 COOP，切断与打开它的窗口的联系")
    wrong_state: bool = fault("回调里的 state 不对")
    no_iss_parameter: bool = fault("回调里缺少 iss 参数")
    wrong_iss_parameter: bool = fault("回调里的 iss 是别人的")
    html_token_answer: bool = fault("令牌接口回答一张网页")
    token_refused: bool = fault("令牌接口一律拒绝")
    token_redirect: bool = fault("令牌接口跳转到别处")
    wrong_issuer: bool = fault("ID 令牌的签发者不对")
    wrong_audience: bool = fault("ID 令牌发给了别的系统")
    extra_audience: bool = fault("ID 令牌同时发给两个系统")
    wrong_nonce: bool = fault("ID 令牌的 nonce 不对")
    no_nonce: bool = fault("ID 令牌缺少 nonce")
    no_subject: bool = fault("ID 令牌缺少 sub")
    no_account: bool = fault("ID 令牌缺少工号")
    wrong_at_hash: bool = fault("ID 令牌的 at_hash 不对")
    expired: bool = fault("ID 令牌一小时前已过期")
    issued_long_ago: bool = fault("ID 令牌是昨天签发的")
    unsigned: bool = fault("ID 令牌没有签名（alg none）")
    bad_signature: bool = fault("ID 令牌的签名被改动")
    secret_signature: bool = fault("ID 令牌用客户端密钥签名（HS256）")
    unknown_key: bool = fault("ID 令牌由未公布的密钥签名")
    logout_typed: bool = fault("ID 令牌的 typ 是 logout+jwt")
    other_userinfo: bool = fault("用户信息接口回答另一个人")
    silent_logout: bool = fault("退出时不通知各系统")

    def reset(self) -> None:
        """Everything honest again."""
        for each in fields(self):
            setattr(self, each.name, each.default)

    @contextmanager
    def only(self, name: str, value: bool | float = True) -> Iterator[None]:
        """Exactly this fault inside the `with`, and afterwards what was set before."""
        before = replace(self)
        self.reset()
        self.turn(name, value)
        try:
            yield
        finally:
            for each in fields(self):
                setattr(self, each.name, getattr(before, each.name))

    def turn(self, name: str, value: bool | float = True) -> None:
        """Sets one switch. Raises KeyError for a name that is none."""
        if name not in {each.name for each in fields(self)}:
            raise KeyError(name)
        setattr(self, name, value)

    def rows(self) -> list[tuple[str, str, bool | float]]:
        """Name, sentence and present value of every switch, for the control page."""
        return [(each.name, each.metadata["help"], getattr(self, each.name)) for each in fields(self)]
