"""The minute's work: the latest prices of some instruments, asked in few calls, judged, stored, and put before readers.

What one provider does not give is asked of the next; answers are settled as they come, so that a slow provider delays
its own instruments only.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

import orjson
import polars as pl

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.capability import Capability
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.quotes import LatestPrice, empty_quotes
from trend_platform.domain.scores import ScoreKey
from trend_platform.errors import TrendError, UsageError
from trend_platform.ingest.asking import Asker
from trend_platform.ingest.latest_outcome import LatestOutcome, RejectedQuote
from trend_platform.ingest.outcome import Failure
from trend_platform.ingest.quoting import Answered, ask, askable, questions
from trend_platform.ingest.scorebook import Scorebook
from trend_platform.ingest.settling import Settled, settle
from trend_platform.ingest.workshop import Workshop
from trend_platform.providers.base import Provider

__all__ = ["LatestOutcome", "RejectedQuote", "refresh_latest"]

KIND = "latest"


async def refresh_latest(workshop: Workshop, instruments: Sequence[Instrument]) -> LatestOutcome:
    """Ask for the latest prices of `instruments` and refresh what readers get of them.

    A run in which a provider failed or a quote was set aside is recorded (kind `latest`); one without is not, since there
    is one every minute.

    Returns:
        The outcome; failures of providers are in it, not raised. A cache that is down is counted in it.

    Raises:
        UsageError: No provider is at hand.
        UnavailableError: The database went away; what was committed before stays.
        SimulatedDataRefused: The prices do not belong into this database.
    """
    if not workshop.providers:
        raise UsageError(
            "no provider is at hand: set a key such as POLYGON_API_KEY, name providers in TREND_PROVIDERS, "
            "or run with TREND_MODE=simulated"
        )
    refresh = _Refresh(workshop, tuple(dict.fromkeys(instruments)), workshop.clock.now())
    try:
        await refresh.run()
    except TrendError as error:
        refresh.record("failed", {"error": str(error)})
        raise
    outcome = refresh.outcome()
    if outcome.failures or outcome.rejected:
        refresh.run_id()
        refresh.record("done", outcome.as_record())
    return outcome


@dataclass(slots=True)
class _UnderWay:
    # A question nobody has answered yet, and when to ask somebody else as well.
    provider: str
    instruments: tuple[Instrument, ...]
    at: float | None


@dataclass(slots=True)
class _Refresh:
    # One refresh under way: who is still to be asked for what, and what has come so far.
    workshop: Workshop
    instruments: tuple[Instrument, ...]
    started_at: datetime
    chains: dict[Instrument, tuple[Provider, ...]] = field(default_factory=dict)
    known: pl.DataFrame = field(default_factory=empty_quotes)
    calls: Counter[str] = field(default_factory=Counter)
    served: dict[int, str] = field(default_factory=dict)
    fresh: int = 0
    rejected: list[RejectedQuote] = field(default_factory=list)
    failures: list[tuple[int, Failure]] = field(default_factory=list)
    reasons: dict[int, list[str]] = field(default_factory=dict)
    stale: dict[int, datetime] = field(default_factory=dict)
    prices: dict[str, LatestPrice] = field(default_factory=dict)
    cache_skipped: int = 0
    recorded_as: int | None = None
    book: Scorebook = field(default_factory=Scorebook)
    pending: dict[asyncio.Task[Answered], "_UnderWay"] = field(default_factory=dict)

    async def run(self) -> None:
        if not self.instruments:
            return
        ranking = await asyncio.to_thread(self.workshop.ranking, Capability.LATEST)
        self.chains = {one: askable(self.workshop.providers, one, ranking) for one in self.instruments}
        self._ask(self.instruments)
        try:
            # Read while the providers think: the answers are compared with it.
            self.known = await asyncio.to_thread(self._read_known)
            while self.pending:
                await self._take_next()
        finally:
            for task in self.pending:
                task.cancel()
            await asyncio.gather(*self.pending, return_exceptions=True)
        scores, now = self.workshop.storage.scores, self.workshop.clock.now()
        await asyncio.to_thread(scores.add, self.book.take(), now, self.workshop.policy.half_life)

    async def _take_next(self) -> None:
        # Takes what has come; where nothing has come in time and the user asked for it, somebody else is asked as well.
        due = [late.at for late in self.pending.values() if late.at is not None]
        timeout = max(0.0, min(due) - monotonic()) if due else None
        done, _ = await asyncio.wait(self.pending, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        left: list[Instrument] = []
        for task in done:
            del self.pending[task]
            left += await asyncio.to_thread(self._take, task.result())
        under_way = {one for late in self.pending.values() for one in late.instruments}
        self._ask([one for one in left if one not in under_way])
        self._hedge()
        for task, late in tuple(self.pending.items()):
            if all(one.instrument_id in self.served for one in late.instruments):
                task.cancel()
                del self.pending[task]
                self.calls[late.provider] += 1

    def _hedge(self) -> None:
        for late in tuple(self.pending.values()):
            if late.at is not None and late.at <= monotonic():
                late.at = None
                self._ask([one for one in late.instruments if one.instrument_id not in self.served])

    def run_id(self) -> int:
        if self.recorded_as is None:
            plan = orjson.dumps({"asked": len(self.instruments)}).decode()
            self.recorded_as = self.workshop.storage.runs.start(KIND, plan, self.started_at)
        return self.recorded_as

    def record(self, status: str, outcome: Mapping[str, object]) -> None:
        if self.recorded_as is not None:
            now = self.workshop.clock.now()
            self.workshop.storage.runs.finish(self.recorded_as, status, orjson.dumps(outcome).decode(), now)

    def outcome(self) -> LatestOutcome:
        symbols = {one.instrument_id: one.symbol for one in self.instruments}
        return LatestOutcome(
            asked=len(self.instruments),
            fresh=self.fresh,
            unchanged=len(self.served) - self.fresh,
            rejected=tuple(self.rejected),
            missing={symbol: self._why(one) for one, symbol in symbols.items() if one not in self.served},
            stale={symbols[one]: quoted_at for one, quoted_at in self.stale.items()},
            calls=dict(self.calls),
            failures=tuple(self._failure(one, failure) for one, failure in self.failures),
            cache_skipped=self.cache_skipped,
            seconds=(self.workshop.clock.now() - self.started_at).total_seconds(),
            prices=tuple(self.prices[one.symbol] for one in self.instruments if one.symbol in self.prices),
        )

    def _ask(self, instruments: Sequence[Instrument]) -> None:
        policy = self.workshop.policy
        asker = Asker(self.workshop, Capability.LATEST, self.book)
        for question in questions({one: self.chains[one] for one in instruments}):
            self.chains |= {one: self.chains[one][1:] for one in question.instruments}
            after = policy.hedges.get(question.provider.name)
            task = asyncio.create_task(ask(asker, question, policy.quotes_within_seconds))
            due = None if after is None else monotonic() + after
            self.pending[task] = _UnderWay(question.provider.name, question.instruments, due)

    def _read_known(self) -> pl.DataFrame:
        for name in {one.calendar for one in self.instruments}:
            get_calendar(name)  # built once per process, which takes half a second
        return self.workshop.storage.quotes.latest([one.instrument_id for one in self.instruments])

    def _take(self, answered: Answered) -> list[Instrument]:
        # Settles an answer and returns the instruments that the next provider is to be asked for; the first answer counts.
        known = pl.Series(list(self.served), dtype=pl.Int32).implode()
        quotes = answered.answer.quotes.filter(~pl.col("instrument_id").is_in(known))
        asked = [one for one in answered.instruments if one.instrument_id not in self.served]
        settled = settle(self.workshop, asked, self.known, quotes, self.run_id) if quotes.height else None
        if settled:
            self._count(settled)
        self._note(answered, settled)
        return [one for one in asked if one.instrument_id not in self.served]

    def _count(self, settled: Settled) -> None:
        symbols = {one.instrument_id: one.symbol for one in self.instruments}
        self.fresh += settled.fresh
        self.stale |= settled.stale
        self.prices |= {price.symbol: price for price in settled.prices}
        self.cache_skipped += settled.cache_skipped
        rows = settled.rejected.select("instrument_id", "provider", "rule", "reason").iter_rows()
        self.rejected += [RejectedQuote(symbols[one], *rest) for one, *rest in rows]

    def _note(self, answered: Answered, settled: Settled | None) -> None:
        name, answer = answered.provider.name, answered.answer
        self.calls[name] += answer.calls
        self._score(answered, settled)
        rules = dict(settled.rejected.select("instrument_id", "rule").iter_rows()) if settled else {}
        for instrument in answered.instruments:
            one = instrument.instrument_id
            if error := answer.failures.get(one):
                self.failures.append((one, Failure(instrument.symbol, name, type(error).__name__, str(error))))
            if settled and one in settled.served:
                self.served[one] = name
            elif error:
                self.reasons.setdefault(one, []).append(str(error))
            elif one in rules:
                self.reasons.setdefault(one, []).append(f"{name}: its price was set aside by {rules[one]}")
            else:
                self.reasons.setdefault(one, []).append(f"{name}: has no price of it")

    def _score(self, answered: Answered, settled: Settled | None) -> None:
        quoted = set(answered.answer.quotes["instrument_id"])
        for instrument in answered.instruments:
            if instrument.instrument_id in quoted:
                is_stale = settled is not None and instrument.instrument_id in settled.stale
                key = ScoreKey(answered.provider.name, Capability.LATEST, instrument.asset_class)
                self.book.counted(key, quoted=1.0, stale=float(is_stale))

    def _why(self, one: int) -> str:
        names = ", ".join(provider.name for provider in self.workshop.providers)
        return "; ".join(self.reasons.get(one, ())) or f"no provider at hand gives latest prices of it: {names}"

    def _failure(self, one: int, failure: Failure) -> Failure:
        return Failure(failure.symbol, failure.provider, failure.kind, failure.message, self.served.get(one, ""))
