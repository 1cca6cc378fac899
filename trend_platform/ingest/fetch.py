"""Asking and storing side by side: each provider's calls run at its own concurrency, answers are written in batches.

Writers take whatever answers have arrived or arrive right after, so a slow database gets larger batches and a fast one short
waits; candles of one question to many symbols are judged side by side.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Final

from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.plan import PlannedCall
from trend_platform.ingest.questions import Questions
from trend_platform.ingest.workshop import Workshop
from trend_platform.ingest.write import Fetched, Written, write_batch

OnBatch = Callable[[Sequence[Fetched], Written], None]
"""Told of each batch once it is committed; called in the event loop's thread."""

Answers = asyncio.Queue[Fetched | None]

# One symbol's candles under another one are seen only beside it: answers to questions asked together come about together.
_LINGER_SECONDS: Final = 0.25


async def fetch_and_write(
    workshop: Workshop,
    run_id: int,
    timeframe: Timeframe,
    calls: Sequence[PlannedCall],
    questions: Questions,
    on_batch: OnBatch,
) -> bool:
    """Make all calls and store all answers; a provider's errors become part of the account and are not raised here.

    Returns:
        Whether all calls were made; where the policy is to fail fast, the first one that fails is among the last.

    Raises:
        UnavailableError: The database went away; what was committed before stays.
    """
    answers: Answers = asyncio.Queue(maxsize=_waiting_room(workshop, calls))
    has_failed = asyncio.Event()
    try:
        async with asyncio.TaskGroup() as group:
            askers = [
                group.create_task(_ask(questions, mine, answers, has_failed))
                for provider in workshop.providers
                for mine in [iter([call for call in calls if call.provider == provider.name])]
                for _ in range(provider.capabilities.concurrency)
            ]
            group.create_task(_close_after(askers, answers))
            collecting = asyncio.Lock()
            for _ in range(workshop.policy.writers):
                group.create_task(_write(workshop, run_id, timeframe, answers, collecting, on_batch))
    except BaseExceptionGroup as failures:
        raise _first_of(failures) from None
    return not has_failed.is_set()


def _waiting_room(workshop: Workshop, calls: Sequence[PlannedCall]) -> int:
    # Bounds memory by candles, not by answers: one answer may hold one session of one symbol or years of fifty.
    typical = max(1, sum(call.candles for call in calls) // max(1, len(calls)))
    return min(256, max(1, workshop.policy.batch_candles // typical))


async def _ask(questions: Questions, calls: Iterator[PlannedCall], answers: Answers, has_failed: asyncio.Event) -> None:
    is_over = questions.asker.workshop.policy.fails_fast
    for call in calls:
        if has_failed.is_set():
            return
        for fetched in await questions.ask(call):
            if is_over and fetched.answer.failure is not None:
                has_failed.set()
            await answers.put(fetched)


async def _close_after(askers: Sequence[asyncio.Task[None]], answers: Answers) -> None:
    await asyncio.gather(*askers)
    await answers.put(None)


async def _write(
    workshop: Workshop,
    run_id: int,
    timeframe: Timeframe,
    answers: Answers,
    collecting: asyncio.Lock,
    on_batch: OnBatch,
) -> None:
    while batch := await _collected(answers, collecting, workshop.policy.batch_candles):
        written = await asyncio.to_thread(write_batch, workshop, run_id, timeframe, batch)
        on_batch(batch, written)


async def _collected(answers: Answers, collecting: asyncio.Lock, room: int) -> list[Fetched]:
    # One writer at a time: two that linger would share what belongs together.
    async with collecting:
        return [fetched async for fetched in _arriving(answers, room)]


async def _arriving(answers: Answers, room: int) -> AsyncIterator[Fetched]:
    fetched, until = await answers.get(), asyncio.get_running_loop().time() + _LINGER_SECONDS
    while fetched is not None:
        yield fetched
        room -= fetched.answer.candles.height
        if room <= 0:
            return
        try:
            async with asyncio.timeout_at(until):
                fetched = await answers.get()
        except TimeoutError:
            return
    answers.put_nowait(None)


def _first_of(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    first = failures.exceptions[0]
    return _first_of(first) if isinstance(first, BaseExceptionGroup) else first
