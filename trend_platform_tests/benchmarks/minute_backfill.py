"""A backfill of a million minutes: planned, asked in parts, judged, stored and accounted for, beside a bare binary COPY of them.

The provider answers from memory, so that what is measured is ours. The bare COPY sends a buffer encoded beforehand, in the
same order, into an equal hypertable of its own database. Runs alternate; medians.
"""

import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from statistics import median

import numpy as np
import polars as pl
import psycopg
from pydantic import SecretStr

from trend_platform.domain.actions import empty_splits
from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.candles import Basis, as_candles
from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval, days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import NotEntitled
from trend_platform.ingest.candle_fetch import fetch_candles, wanted_between
from trend_platform.ingest.workshop import drive
from trend_platform.providers.base import Answer, CandleRequest, Capabilities, QuoteAnswer, SplitAnswer
from trend_platform.storage.base import PriceKind
from trend_platform.storage.timescale.binary import encode
from trend_platform.storage.timescale.migrate import migrate
from trend_platform_tests import services
from trend_platform_tests.benchmarks.figure import Figure
from trend_platform_tests.world import World, open_world

ROUNDS = 3
YEAR = days(datetime(2025, 1, 1, tzinfo=UTC).date(), datetime(2025, 12, 31, tzinfo=UTC).date())
SYMBOLS = ("BTC-USD", "ETH-USD")
_BLOCK = 1 << 20


def measure(found: services.Services) -> list[Figure]:
    """Return the ratios of a first backfill, and of one that finds everything stored, to the bare COPY."""
    bare = SecretStr(services.create_database(found, "bench_minutes_bare"))
    migrate(bare, PriceKind.REAL)
    first, again, limit = [], [], []
    for number in range(ROUNDS):
        database = services.create_database(found, f"bench_minutes_{number}")
        with closing(open_world(database, found.redis_url(61), PriceKind.REAL)) as world:
            world.clock = ManualClock(YEAR.end + timedelta(days=1))
            tape = Tape(world.add(*SYMBOLS))
            buffer = b"".join(encode(tape.frame))
            _settle(found)
            limit.append(_bare_copy(bare, buffer))
            _settle(found)
            first.append(_backfill(world, tape, inserted=tape.frame.height))
            again.append(_backfill(world, tape, inserted=0))
    rows = tape.frame.height
    peer, name = rows / median(limit), "bare COPY"
    return [
        Figure("backfill a million minutes", rows / median(first), peer, "rows/s", name, at_least=0.4),
        Figure("see that all of them are stored", rows / median(again), peer, "rows/s", name, at_least=5.0),
    ]


class Tape:
    """A provider that answers from memory, some ten thousand candles a page."""

    name = "tape"
    capabilities = Capabilities(
        asset_classes=frozenset(AssetClass),
        timeframes=frozenset({Timeframe.M1}),
        basis=Basis.RAW,
        candles_per_call=10_000,
        concurrency=4,
    )

    def __init__(self, instruments: Sequence[Instrument]) -> None:
        self._by_id = {one.instrument_id: _minutes(one.instrument_id) for one in instruments}
        self.frame = pl.concat(self._by_id.values())

    def symbol_of(self, instrument: Instrument) -> str | None:
        return instrument.symbol

    def reach(self, instrument: Instrument, timeframe: Timeframe, now: datetime) -> datetime | None:  # noqa: ARG002
        return YEAR.start

    async def candles(self, request: CandleRequest) -> Answer:
        (instrument,) = request.instruments
        whole, interval = self._by_id[instrument.instrument_id], request.interval
        first, last = ((at - YEAR.start) // timedelta(minutes=1) for at in (interval.start, interval.end))
        return Answer(whole.slice(first, last - first), interval, 1, evidence="from memory")

    async def splits(self, instruments: Sequence[Instrument], interval: Interval) -> SplitAnswer:  # noqa: ARG002
        return SplitAnswer(empty_splits(), 0)

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:  # noqa: ARG002
        raise NotEntitled(self.name, "a tape holds no latest prices")

    async def close(self) -> None:
        return None


def _minutes(instrument_id: int) -> pl.DataFrame:
    opens = get_calendar("24/7").candle_opens(Timeframe.M1, YEAR)
    walk = np.random.default_rng(instrument_id).normal(0, 5e-4, len(opens)).cumsum()
    low = 20_000 * np.exp(walk)
    return as_candles(
        pl.DataFrame(
            {
                "instrument_id": np.full(len(opens), instrument_id, dtype=np.int32),
                "timeframe": Timeframe.M1.value,
                "opened_at": pl.Series(opens).cast(pl.Datetime("us", "UTC")),
                "open": low + 1,
                "high": low + 3,
                "low": low,
                "close": low + 2,
                "volume": np.floor(low % 977),
                "provider": Tape.name,
                "basis": Basis.RAW.value,
                "is_final": True,
                "fetched_at": YEAR.end,
            }
        )
    )


def _backfill(world: World, tape: Tape, inserted: int) -> float:
    workshop = world.workshop(tape)
    wanted = wanted_between(workshop.select([]), Timeframe.M1, YEAR)
    began = time.perf_counter()
    (outcome,) = drive(workshop, fetch_candles(workshop, [wanted])).outcomes
    seconds = time.perf_counter() - began
    if outcome.upserted.inserted != inserted or outcome.stored != tape.frame.height:
        raise AssertionError(f"stored {outcome.upserted} of {tape.frame.height} candles; {outcome.failures[:3]}")
    return seconds


def _settle(found: services.Services) -> None:
    with psycopg.connect(found.admin_url(), autocommit=True) as connection:
        connection.execute("CHECKPOINT")


def _bare_copy(url: SecretStr, buffer: bytes) -> float:
    with psycopg.connect(url.get_secret_value(), autocommit=True) as connection:
        connection.execute("TRUNCATE market.candles_intraday")
    with psycopg.connect(url.get_secret_value()) as connection:
        began = time.perf_counter()
        statement = "COPY market.candles_intraday FROM STDIN (FORMAT binary)"
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            for start in range(0, len(buffer), _BLOCK):
                copy.write(buffer[start : start + _BLOCK])
        connection.commit()
        return time.perf_counter() - began
