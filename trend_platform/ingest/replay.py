"""Replay: kept answers are read again, as if they came now in the order they were asked, and stored the normal way.

Nobody is asked and no quota is spent. What was learnt later than a replayed answer keeps the last word, row by row.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import orjson
import polars as pl

from trend_platform.domain.actions import ACTION_KEY, ActionKind, as_actions
from trend_platform.domain.candles import CANDLE_KEY
from trend_platform.domain.claims import Asked
from trend_platform.domain.clock import Clock, ManualClock
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import NothingThere, ProviderError, TrendError, UsageError
from trend_platform.ingest.keeping import keep_told
from trend_platform.ingest.kept_requests import KeptRequest, request_of
from trend_platform.ingest.plan import PlannedCall
from trend_platform.ingest.workshop import Workshop
from trend_platform.ingest.write import Fetched, Written, no_answer, write_batch
from trend_platform.providers.answers import HttpAnswer
from trend_platform.providers.base import CandleRequest, Provider, SplitAnswer
from trend_platform.providers.replaying import Find
from trend_platform.storage.archive.reading import ArchiveReader, Kept
from trend_platform.storage.base import Upsert

KIND = "replay"
"""What replays are recorded as."""

OpenToReplay = Callable[[str, Clock, Find], Provider]
"""Opens a provider on kept answers."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be read again.

    Attributes:
        symbols: Only requests that name one of these; none for all.
        provider: Only requests to this one; `None` for all.
        since: Only requests from that day (UTC) on; `None` for all.
    """

    symbols: frozenset[str] = frozenset()
    provider: str | None = None
    since: date | None = None

    def takes(self, asked: KeptRequest) -> bool:
        """Return whether a request is one of them."""
        is_named = not self.symbols or not self.symbols.isdisjoint(asked.symbols)
        return is_named and self.provider in (None, asked.provider)


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did.

    Attributes:
        run_id: Its number among the runs.
        requests: Requests read again.
        received: Rows in their answers.
        upserted: What became of the good ones; rows that were learnt later count as unchanged.
        rejected: Rows set aside.
        unanswered: Requests without a kept answer that can be read, by reason.
        strangers: Symbols that are not in the universe any more.
    """

    run_id: int
    requests: int
    received: int
    upserted: Upsert
    rejected: int
    unanswered: Mapping[str, int]
    strangers: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """Return it as plain values."""
        return {
            "run_id": self.run_id,
            "requests": self.requests,
            "received": self.received,
            "inserted": self.upserted.inserted,
            "corrected": self.upserted.corrected,
            "completed": self.upserted.completed,
            "unchanged": self.upserted.unchanged,
            "rejected": self.rejected,
            "unanswered": dict(self.unanswered),
            "strangers": list(self.strangers),
        }


async def replay(workshop: Workshop, open_: OpenToReplay, wanted: Wanted) -> Replayed:
    """Read kept answers again and store what is in them.

    Args:
        workshop: The ports, and the archive.
        open_: Opens a provider on kept answers.
        wanted: What is to be read again.

    Raises:
        UsageError: Nothing of the kind was kept.
        UnavailableError: The database went away; what was committed before stays.
    """
    if workshop.archive is None:
        raise UsageError("there is no archive here")
    reader = ArchiveReader(workshop.archive.folder)
    chosen = sorted(filter(wanted.takes, map(request_of, reader.requests(wanted.since))), key=lambda one: one.asked_at)
    if not chosen:
        raise UsageError(
            f"the archive in {reader.folder} holds no such request; answers are kept from TREND_ARCHIVE__ENABLED=true on"
        )
    runs, clock = workshop.storage.runs, workshop.clock
    run_id = runs.start(KIND, orjson.dumps({"requests": len(chosen)}).decode(), clock.now())
    reading = _Reading(workshop, reader, open_, run_id)
    try:
        for asked in chosen:
            await reading.take(asked)
    except TrendError as error:
        runs.finish(run_id, "failed", orjson.dumps({"error": str(error)}).decode(), clock.now())
        raise
    finally:
        await reading.close()
    done = reading.done()
    runs.finish(run_id, "done", orjson.dumps(done.as_dict()).decode(), clock.now())
    workshop.cache.forget(sorted(reading.touched))
    return done


class _Reading:
    # One replay under way: a provider and the index of its answers each, opened when the first request needs them.
    def __init__(self, workshop: Workshop, reader: ArchiveReader, open_: OpenToReplay, run_id: int) -> None:
        self._workshop, self._reader, self._open, self._run_id = workshop, reader, open_, run_id
        self._known = {one.symbol: one for one in workshop.storage.universe.instruments()}
        self._clock = ManualClock(workshop.clock.now())
        self._opened: dict[str, tuple[Provider | None, _Answers]] = {}
        self._requests, self._written = 0, Written(0, Upsert(), 0)
        self._unanswered: Counter[str] = Counter()
        self._strangers: set[str] = set()
        self.touched: set[str] = set()

    async def take(self, asked: KeptRequest) -> None:
        self._strangers |= {symbol for symbol in asked.symbols if symbol not in self._known}
        instruments = tuple(self._known[symbol] for symbol in asked.symbols if symbol in self._known)
        if not instruments:
            return
        provider, answers = self._provider(asked.provider)
        if provider is None:
            self._unanswered[f"{asked.provider}: none of its answers is kept"] += 1
            return
        answers.since, answers.until = asked.asked_at, asked.at
        self._clock.instant = asked.at
        try:
            if asked.route is None:
                self._store_splits(asked, instruments, await provider.splits(instruments, asked.interval))
            else:
                request = CandleRequest(asked.route, instruments, asked.timeframe, asked.interval)
                self._store(provider, await _fetched(provider, request, asked.at))
        except ProviderError as error:
            self._unanswered[f"{asked.provider}: {type(error).__name__}"] += 1
            return
        self._requests += 1
        self.touched |= {one.symbol for one in instruments}

    async def close(self) -> None:
        for provider, _ in self._opened.values():
            if provider is not None:
                await provider.close()

    def done(self) -> Replayed:
        written = self._written
        return Replayed(
            self._run_id,
            self._requests,
            written.received,
            written.upserted,
            written.rejected,
            self._unanswered,
            tuple(sorted(self._strangers)),
        )

    def _provider(self, name: str) -> tuple[Provider | None, "_Answers"]:
        # Some read no network, such as the user's own files: asking those again would not be a replay.
        if name not in self._opened:
            answers = _Answers(self._reader, name)
            opened = self._open(name, self._clock, answers.find) if answers.kept else None
            self._opened[name] = opened, answers
        return self._opened[name]

    def _store(self, provider: Provider, fetched: Fetched) -> None:
        request = fetched.call.request
        candles = _with_later_rows(self._workshop, fetched.answer.candles, request.timeframe, fetched.at)
        kept = replace(fetched, answer=replace(fetched.answer, candles=candles))
        workshop = replace(self._workshop, providers=(provider,))
        written = write_batch(workshop, self._run_id, request.timeframe, [kept])
        self._written = Written(
            self._written.received + written.received,
            self._written.upserted + written.upserted,
            self._written.rejected + written.rejected,
        )

    def _store_splits(self, asked: KeptRequest, instruments: tuple[Instrument, ...], answer: SplitAnswer) -> None:
        ids = [one.instrument_id for one in instruments]
        later = self._workshop.storage.actions.of(ids).filter(pl.col("fetched_at") > asked.at)
        told = as_actions(answer.splits, ActionKind.SPLIT, asked.at).join(later, on=ACTION_KEY, how="anti")
        if told.height:
            days = told["ex_date"].to_list()
            question = Asked(ActionKind.SPLIT, asked.provider, frozenset(ids), min(days), max(days))
            keep_told(self._workshop, told, question)


async def _fetched(provider: Provider, request: CandleRequest, at: datetime) -> Fetched:
    call = PlannedCall(provider.name, request, 1, 0)
    try:
        return Fetched(call, await provider.candles(request), at)
    except NothingThere as fact:
        return Fetched(call, no_answer(call, fact), at)


class _Answers:
    # A provider's kept answers by address; only those that came while one request was under way are found.
    def __init__(self, reader: ArchiveReader, provider: str) -> None:
        self._reader = reader
        self.since = self.until = datetime.min.replace(tzinfo=UTC)
        self.kept: dict[str, list[Kept]] = defaultdict(list)
        for kept in reader.answers(provider):
            self.kept[kept.url].append(kept)

    def find(self, url: str) -> HttpAnswer | None:
        mine = [one for one in self.kept.get(url, ()) if self.since <= one.asked_at <= self.until]
        if not mine:
            return None
        last = max(mine, key=lambda one: one.asked_at)
        body = self._reader.body(last)
        return None if body is None else HttpAnswer(last.status, last.headers, body)


def _with_later_rows(workshop: Workshop, candles: pl.DataFrame, timeframe: Timeframe, at: datetime) -> pl.DataFrame:
    # A row that was learnt after the replayed answer stands in for what that answer says.
    first, last = candles["opened_at"].min(), candles["opened_at"].max()
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        return candles
    ids = candles["instrument_id"].unique().to_list()
    stored = workshop.storage.market.candles(ids, timeframe, Interval(first, last + timedelta(microseconds=1)))
    later = stored.filter(pl.col("fetched_at") > at).join(candles, on=CANDLE_KEY, how="semi")
    return (
        pl.concat([candles.join(later, on=CANDLE_KEY, how="anti"), later]).sort(CANDLE_KEY) if later.height else candles
    )
