"""The stages: each set up once, begun anew for every module."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from tests.conformance.stage import Stage, opened

Open = Callable[[str], Awaitable[Stage]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def standing(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Open]:
    """One stage for each way in which the service is configured."""
    known: dict[str, Stage] = {}
    async with AsyncExitStack() as stack:

        async def one(more: str) -> Stage:
            if more not in known:
                folder = tmp_path_factory.mktemp("conformance")
                known[more] = await stack.enter_async_context(opened(folder, more))
            return known[more]

        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def stage_with(standing: Open) -> AsyncIterator[Open]:
    """Gives the stage whose service has these lines under [identity]; its browsers are closed with the module."""
    async with AsyncExitStack() as cleanup:

        async def one(more: str) -> Stage:
            stage = await standing(more)
            stage.cleanup = cleanup
            return stage

        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def stage(stage_with: Open) -> Stage:
    """The service as most centres have it: RS256, answers in the address."""
    return await stage_with("")
