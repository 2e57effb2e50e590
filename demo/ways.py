"""The ways to embed a widget on the portal's pages: what the embed builder writes, with a word about each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from widgets.items import Kind
from widgets.studio import snippets
from widgets.studio.snippets import Embedding, Snippet

TITLES: Final = snippets.TITLES["zh-CN"]
HEIGHTS: Final[dict[Kind, int]] = {"todos": 480, "notices": 480}
"""Pixels of a frame until (or unless) the loader knows better; reserved where a card stands in the page."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way: where it lives in the portal, its markup, and what is said about it."""

    path: str
    snippet: Snippet
    gist: str
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.snippet.name

    def head_for(self, widgets: str) -> str:
        """The markup for the page's head."""
        return self.snippet.head_for(_embedding(widgets))

    def body_for(self, widgets: str, name: Kind, **choices: str) -> str:
        """The markup for one widget; `choices` are its query parameters (`scheme="dark"`)."""
        return self.snippet.body_for(_embedding(widgets, **choices), name)


def _embedding(widgets: str, **choices: str) -> Embedding:
    return Embedding(widgets, ("todos", "notices"), HEIGHTS, choices=choices)


FRAME: Final = Way(
    "/",
    snippets.FRAME,
    "框架里是完整页面，脚本只管框架的高度。多数门户从这里开始。",
    ("高度随内容变化，首屏不跳动", "未登录时静默登录，失败则给出登录按钮", "样式互不影响"),
)
PLAIN: Final = Way(
    "/iframe-plain",
    snippets.PLAIN,
    "门户页面上不允许任何外来脚本时使用：高度固定，超出部分在框架内滚动。",
    ("门户一行脚本都不用加", "高度由门户指定", "关闭 JavaScript 也能看、能点"),
)
HTMX2: Final = Way(
    "/htmx2",
    snippets.HTMX2,
    "门户已在使用 htmx 2：片段直接换进页面，样式关在影子根里，谁也碰不到谁。",
    (
        "跨源请求须在 htmx-config 里放开",
        "门户若把服务反向代理到自己的域名下，meta 一行可以省去",
        "脚本未到之前显示链接",
    ),
)
HTMX4: Final = Way(
    "/htmx4",
    snippets.HTMX4,
    "htmx 4 的跨源开关在全局，凭据在元素上，其余与 htmx 2 相同。",
    ("mode 只能全局设置", "credentials 逐个元素设置", "出错的状态码也会换入，所以服务总是回答完整卡片"),
)
ELEMENT: Final = Way(
    "/element",
    snippets.ELEMENT,
    "一行脚本、一个元素：默认用框架，写上 mode=fragment 就用片段，并向门户发出事件。",
    ("事件 widget:count、widget:state 可驱动角标", "同一个元素，两种方式", "脚本被拦截时显示链接"),
)
WAYS: Final = (FRAME, PLAIN, HTMX2, HTMX4, ELEMENT)
