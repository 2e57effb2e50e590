"""The ways to embed a widget, each as the markup that a portal writes: shown on the page and used by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

TITLES: Final = {"todos": "待办", "notices": "公告"}
HEIGHTS: Final = {"todos": 480, "notices": 440}
"""Pixels that the frame has until (or unless) the loader knows better."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way: where it lives in the portal, what it is called, and its markup.

    `head` comes once per page, `body` once per widget; `{widgets}` is the service's origin; `{name}`,
    `{title}`, `{height}`, `{query}` and `{attributes}` are the widget's.
    """

    path: str
    name: str
    gist: str
    head: str
    body: str
    notes: tuple[str, ...]

    def head_for(self, widgets: str) -> str:
        """The markup for the page's head."""
        return self.head.replace("{widgets}", widgets)

    def body_for(self, widgets: str, name: str, **choices: str) -> str:
        """The markup for one widget; `choices` are its query parameters (`scheme="dark"`)."""
        query = f"?{urlencode(choices)}" if choices else ""
        attributes = "".join(f' {key}="{value}"' for key, value in choices.items())
        words = {"widgets": widgets, "name": name, "title": TITLES[name], "height": str(HEIGHTS[name])}
        text = self.body
        for word, value in {**words, "query": query, "attributes": attributes}.items():
            text = text.replace(f"{{{word}}}", value)
        return text


LOADER: Final = '<script src="{widgets}/embed.js" defer></script>'
FALLBACK: Final = '<a href="{widgets}/widgets/{name}" target="_blank" rel="noopener">打开{title}</a>'

FRAME: Final = Way(
    "/",
    "iframe + embed.js",
    "框架里是完整页面，脚本只管框架的高度。多数门户从这里开始。",
    LOADER,
    '<iframe src="{widgets}/widgets/{name}{query}" title="{title}" width="100%" height="{height}"\n'
    '        style="border:0;color-scheme:normal" loading="lazy"></iframe>',
    ("高度随内容变化，首屏不跳动", "未登录时静默登录，失败则给出登录按钮", "样式互不影响"),
)
PLAIN: Final = Way(
    "/iframe-plain",
    "仅 iframe",
    "门户页面上不允许任何外来脚本时使用：高度固定，超出部分在框架内滚动。",
    "",
    '<iframe src="{widgets}/widgets/{name}{query}" title="{title}" width="100%" height="{height}"\n'
    '        style="border:0;color-scheme:normal" loading="lazy"></iframe>',
    ("门户一行脚本都不用加", "高度由门户指定", "关闭 JavaScript 也能看、能点"),
)
HTMX2: Final = Way(
    "/htmx2",
    "HTMX 2",
    "门户已在使用 htmx 2：片段直接换进页面，样式关在影子根里，谁也碰不到谁。",
    '<meta name="htmx-config" content=\'{"selfRequestsOnly":false,"withCredentials":true}\'>\n'
    '<script src="/htmx/2.js" defer></script>\n' + LOADER,
    '<div hx-get="{widgets}/widgets/{name}{query}" hx-trigger="load" hx-swap="innerHTML">\n'
    f"  {FALLBACK}\n</div>",
    (
        "跨源请求须在 htmx-config 里放开",
        "门户若把服务反向代理到自己的域名下，meta 一行可以省去",
        "脚本未到之前显示链接",
    ),
)
HTMX4: Final = Way(
    "/htmx4",
    "HTMX 4",
    "htmx 4 的跨源开关在全局，凭据在元素上，其余与 htmx 2 相同。",
    '<meta name="htmx-config" content=\'{"mode":"cors"}\'>\n<script src="/htmx/4.js" defer></script>\n'
    + LOADER,
    '<div hx-get="{widgets}/widgets/{name}{query}" hx-trigger="load" hx-swap="innerHTML"\n'
    "     hx-config='credentials:\"include\"'>\n"
    f"  {FALLBACK}\n</div>",
    ("mode 只能全局设置", "credentials 逐个元素设置", "出错的状态码也会换入，所以服务总是回答完整卡片"),
)
ELEMENT: Final = Way(
    "/element",
    "<portal-widget>",
    "一行脚本、一个元素：默认用框架，写上 mode=fragment 就用片段，并向门户发出事件。",
    LOADER,
    '<portal-widget name="{name}" title="{title}"{attributes}>\n' + f"  {FALLBACK}\n</portal-widget>",
    ("事件 widget:count、widget:state 可驱动角标", "同一个元素，两种方式", "脚本被拦截时显示链接"),
)
WAYS: Final = (FRAME, PLAIN, HTMX2, HTMX4, ELEMENT)
