"""Asking a provider: through its breaker, with everything that is seen of it noted for the scorecard.

The one way in which use cases ask; what is asked of whom, and what becomes of the answer, is theirs.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import TypeVar

from trend_platform.domain.capability import Capability
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.scores import ScoreKey
from trend_platform.errors import CircuitOpen, ProviderError, Transient
from trend_platform.ingest.breaker import Asked
from trend_platform.ingest.kept_requests import candles_of, splits_of
from trend_platform.ingest.scorebook import Scorebook
from trend_platform.ingest.workshop import Workshop
from trend_platform.providers.base import Answer, CandleRequest, Provider, QuoteAnswer, SplitAnswer
from trend_platform.providers.reference import DelistingAnswer, DividendAnswer, TellsDelistings, TellsDividends

Reply = TypeVar("Reply")


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks for one capability on behalf of one run.

    Attributes:
        workshop: The ports.
        capability: What is asked for.
        book: Where it is noted how providers serve.
    """

    workshop: Workshop
    capability: Capability
    book: Scorebook

    async def candles(self, provider: Provider, request: CandleRequest, *, is_replaceable: bool) -> Answer:
        """Ask for candles.

        Raises:
            ProviderError: Nothing usable came, or the provider is left alone.
        """
        notes = _Notes(self, provider.name, request.instruments, is_replaceable)
        return await notes.ask(lambda: candles_of(self.workshop, provider, request), lambda answer: answer.failure)

    async def splits(
        self, provider: Provider, instruments: Sequence[Instrument], interval: Interval, *, is_replaceable: bool
    ) -> SplitAnswer:
        """Ask for splits.

        Raises:
            ProviderError: Nothing usable came, or the provider is left alone.
        """
        notes = _Notes(self, provider.name, instruments, is_replaceable)
        return await notes.ask(lambda: splits_of(self.workshop, provider, instruments, interval), lambda _: None)

    async def dividends(
        self, provider: TellsDividends, name: str, instruments: Sequence[Instrument], interval: Interval
    ) -> DividendAnswer:
        """Ask for dividends; somebody else can always be asked instead, or later.

        Raises:
            ProviderError: Nothing usable came, or the provider is left alone.
        """
        notes = _Notes(self, name, instruments, is_replaceable=True)
        return await notes.ask(lambda: provider.dividends(instruments, interval), lambda _: None)

    async def delistings(
        self, provider: TellsDelistings, name: str, instruments: Sequence[Instrument]
    ) -> DelistingAnswer:
        """Ask which were delisted, and when; somebody else can always be asked instead, or later.

        Raises:
            ProviderError: Nothing usable came, or the provider is left alone.
        """
        notes = _Notes(self, name, instruments, is_replaceable=True)
        return await notes.ask(lambda: provider.delistings(instruments), lambda _: None)

    async def quotes(
        self, provider: Provider, instruments: Sequence[Instrument], within_seconds: float, *, is_replaceable: bool
    ) -> QuoteAnswer:
        """Ask for latest prices; silence of `within_seconds` is a failure that passes.

        Raises:
            ProviderError: Nothing usable came, or the provider is left alone.
        """

        async def in_time() -> QuoteAnswer:
            try:
                async with asyncio.timeout(within_seconds):
                    return await provider.quotes(instruments)
            except TimeoutError:
                late = f"no latest prices within {within_seconds:g} s; the next minute asks again"
                raise Transient(provider.name, late) from None

        notes = _Notes(self, provider.name, instruments, is_replaceable)
        return await notes.ask(in_time, _failure_of_all)


@dataclass(slots=True)
class _Notes:
    # One question: told of its attempts by the breaker, which is told of them by the client.
    asker: Asker
    provider: str
    instruments: Sequence[Instrument]
    is_replaceable: bool
    attempts: int = 0
    last_failure: ProviderError | None = None
    keys: tuple[ScoreKey, ...] = field(init=False)

    def __post_init__(self) -> None:
        classes = sorted({one.asset_class for one in self.instruments})
        self.keys = tuple(ScoreKey(self.provider, self.asker.capability, one) for one in classes)

    def attempted(self, seconds: float, failure: ProviderError | None) -> None:
        self.attempts += 1
        self.last_failure = failure
        self.asker.book.attempted(self.keys, seconds, failure)

    async def ask(
        self, question: Callable[[], Awaitable[Reply]], failure_in: Callable[[Reply], ProviderError | None]
    ) -> Reply:
        workshop, began = self.asker.workshop, perf_counter()
        asked = Asked(self.provider, self.asker.capability, self.is_replaceable, self)
        try:
            reply = await workshop.breakers.ask(asked, question, failure_in, workshop.clock)
        except ProviderError as error:
            self._ended(error, perf_counter() - began)
            raise
        self._ended(failure_in(reply), perf_counter() - began)
        return reply

    def _ended(self, failure: ProviderError | None, seconds: float) -> None:
        if failure is None and not self.attempts:
            # A provider that uses no network, such as the user's own files.
            self.asker.book.attempted(self.keys, seconds, None)
        if isinstance(failure, CircuitOpen) and self.last_failure is not None:
            # Called off amid its retries: what its own last attempt ended in is what is known of the provider.
            failure = self.last_failure
        self.asker.book.answered(self.keys, failure, self.asker.workshop.clock.now())


def _failure_of_all(answer: QuoteAnswer) -> ProviderError | None:
    return next(iter(answer.failures.values()), None) if answer.quotes.is_empty() else None
