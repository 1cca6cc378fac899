"""Asking and storing side by side: each provider's calls run at its own concurrency, answers are written in batches.

Writers take whatever answers have arrived, so a slow database gets larger batches and a fast one short waits.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence

from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import ProviderError
from trend_platform.ingest.plan import PlannedCall
from trend_platform.ingest.workshop import Workshop
from trend_platform.ingest.write import Fetched, Written, no_answer, write_batch
from trend_platform.providers.base import Provider

OnBatch = Callable[[Sequence[Fetched], Written], None]
"""Told of each batch once it is committed; called in the event loop's thread."""

Answers = asyncio.Queue[Fetched | None]


async def fetch_and_write(
    workshop: Workshop, run_id: int, timeframe: Timeframe, calls: Sequence[PlannedCall], on_batch: OnBatch
) -> None:
    """Make all calls and store all answers; a provider's errors become part of the account and are not raised here.

    Raises:
        UnavailableError: The database went away; what was committed before stays.
    """
    answers: Answers = asyncio.Queue(maxsize=_waiting_room(workshop, calls))
    try:
        async with asyncio.TaskGroup() as group:
            askers = [
                group.create_task(_ask(workshop, provider, mine, answers))
                for provider in workshop.providers
                for mine in [iter([call for call in calls if call.provider == provider.name])]
                for _ in range(provider.capabilities.concurrency)
            ]
            group.create_task(_close_after(askers, answers))
            for _ in range(workshop.policy.writers):
                group.create_task(_write(workshop, run_id, timeframe, answers, on_batch))
    except BaseExceptionGroup as failures:
        raise _first_of(failures) from None


def _waiting_room(workshop: Workshop, calls: Sequence[PlannedCall]) -> int:
    # Bounds memory by candles, not by answers: one answer may hold one session of one symbol or years of fifty.
    typical = max(1, sum(call.candles for call in calls) // max(1, len(calls)))
    return min(256, max(1, workshop.policy.batch_candles // typical))


async def _ask(workshop: Workshop, provider: Provider, calls: Iterator[PlannedCall], answers: Answers) -> None:
    for call in calls:
        try:
            answer = await provider.candles(call.request)
        except ProviderError as error:
            answer = no_answer(call, error)
        await answers.put(Fetched(call, answer, workshop.clock.now()))


async def _close_after(askers: Sequence[asyncio.Task[None]], answers: Answers) -> None:
    await asyncio.gather(*askers)
    await answers.put(None)


async def _write(workshop: Workshop, run_id: int, timeframe: Timeframe, answers: Answers, on_batch: OnBatch) -> None:
    while first := await answers.get():
        batch = [first, *_arrived(answers, workshop.policy.batch_candles - first.answer.candles.height)]
        written = await asyncio.to_thread(write_batch, workshop, run_id, timeframe, batch)
        on_batch(batch, written)
    answers.put_nowait(None)


def _arrived(answers: Answers, room: int) -> Iterator[Fetched]:
    while room > 0 and not answers.empty():
        fetched = answers.get_nowait()
        if fetched is None:
            answers.put_nowait(None)
            return
        room -= fetched.answer.candles.height
        yield fetched


def _first_of(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    first = failures.exceptions[0]
    return _first_of(first) if isinstance(first, BaseExceptionGroup) else first
