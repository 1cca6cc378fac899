"""Hedging: where the user asked for it, a slow answer is not waited for alone; the first usable one counts.

The question that lost is called off. What both cost is in the account.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

Result = TypeVar("Result")


async def first_usable(
    ask: Callable[[], Awaitable[Result]],
    instead: Callable[[], Awaitable[Result]],
    is_usable: Callable[[Result], bool],
    after_seconds: float,
) -> Result:
    """Return the first usable of two answers; the one of `ask` if neither is.

    Args:
        ask: The question; asked at once.
        instead: The same of somebody else; asked if the answer takes longer than `after_seconds`.
        is_usable: Whether an answer is worth having.
        after_seconds: How long the first one is waited for alone, in seconds.
    """
    first = asyncio.ensure_future(ask())
    tasks = [first]
    try:
        done, _ = await asyncio.wait(tasks, timeout=after_seconds)
        if done:
            return await first
        tasks.append(asyncio.ensure_future(instead()))
        return await _first_of(tasks, is_usable)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _first_of(tasks: Sequence["asyncio.Future[Result]"], is_usable: Callable[[Result], bool]) -> Result:
    pending = set(tasks)
    while pending:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            if is_usable(task.result()):
                return task.result()
    return tasks[0].result()
