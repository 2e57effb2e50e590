"""`python -m demo`: the demo world on loopback, until Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import sys

import click

from demo.installed_oa import KINDS
from demo.people import PEOPLE
from demo.places import BASE, PortTaken
from demo.world import World

ROLES = "每个人的待办各不相同；许念没有工号、温景和在 OA 中被停用，用来看这两种情形"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--port-base", type=click.IntRange(1024, 65532), default=BASE, show_default=True, help="First of four."
)
@click.option(
    "--oa", "kind", type=click.Choice(KINDS), default=KINDS[0], show_default=True, help="Its product."
)
@click.option("--east", type=click.Choice(KINDS), help="Product of a second campus.")
def main(port_base: int, kind: str, east: str | None) -> None:
    """Starts portal, widget service, identity centre, OA and an embedded Redis server on loopback."""
    try:
        asyncio.run(show(port_base, kind, east))
    except PortTaken as taken:
        sys.exit(str(taken))


async def show(base: int, kind: str, east: str | None) -> None:
    """Runs the world until a signal comes."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stop.set)
    async with World.start(base, kind=kind, east=east, pushes=True) as world:
        print(welcome(world), flush=True)
        await stop.wait()
        print("\n正在停止……", flush=True)


def welcome(world: World) -> str:
    """One address, whom to sign in as, where the controls are, how to stop."""
    east = f"\n  东院区 OA  {world.east}/control   只有顾行简在两个院区" if world.east else ""
    people = "、".join(f"{each.name}（{each.department}）" for each in PEOPLE)
    return f"""
  医院门户   {world.at.portal}/        ← open this / 打开这里

  登录       右上角「登录」，点选一位人员，无需密码：{people}
             Sign in at the top right as anybody, no password; approve an item in the OA, and see it go
             {ROLES}
             在 OA 里审批、在控制台添一件特急，开着的卡片一秒内就变，不用刷新
  OA 控制台  {world.at.oa}/control   换成慢、停机、乱答，弄坏线路，看组件怎样应对{east}
  认证中心   {world.at.identity}/control
  组件服务   {world.at.widgets}/widgets/todos
  工作室     {world.at.widgets}/studio   每种状态、主题、嵌入代码和嵌入诊断，都是示例数据
  停止       Ctrl-C
"""


if __name__ == "__main__":
    main()
