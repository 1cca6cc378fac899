"""A small world for each scenario: an empty database of simulated prices, an empty Valkey, a clock that stands still."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import polars as pl
import psycopg
import pytest
import redis
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.coverage import Ledger
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval, days
from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.backfill import wanted_of
from trend_platform.ingest.outcome import Outcome
from trend_platform.ingest.run import run
from trend_platform.ingest.universe import add_symbols
from trend_platform.ingest.workshop import IngestPolicy, Workshop, drive
from trend_platform.providers.base import Provider
from trend_platform.providers.registry import open_provider
from trend_platform.settings import FaultSettings, ProvidersSettings, SimulatedSettings
from trend_platform.storage.base import PriceKind
from trend_platform.storage.redis.cache import RedisSeriesCache, open_cache
from trend_platform.storage.redis.prices import RedisPriceCache, open_prices
from trend_platform.storage.timescale.migrate import migrate
from trend_platform.storage.timescale.store import TimescaleStorage, open_timescale

NOW = datetime(2026, 3, 4, 22, 30, tzinfo=UTC)
ALL_TIME = days(date(1962, 1, 2), date(2030, 1, 1))


@dataclass
class World:
    """Everything a scenario touches.

    Attributes:
        storage: The database.
        cache: Valkey, range series.
        prices: Valkey, latest prices.
        clock: The time; a scenario moves it.
        database_url: For looks behind the ports.
        redis_url: The same.
        kind: Which prices the database holds.
        policy: How an ingest behaves.
    """

    storage: TimescaleStorage
    cache: RedisSeriesCache
    prices: RedisPriceCache
    clock: ManualClock
    database_url: str
    redis_url: str
    kind: PriceKind
    policy: IngestPolicy = IngestPolicy()

    def add(self, *symbols: str, listings: dict[str, date] | None = None) -> tuple[Instrument, ...]:
        return add_symbols(self.storage.universe, symbols, listings=listings)

    def simulated(self, *faults: FaultSettings, **options: object) -> Provider:
        settings = SimulatedSettings(faults=faults, max_wait_seconds=0.01, max_attempts=3, **options)
        return open_provider("simulated", ProvidersSettings(simulated=settings), self.clock)

    def workshop(self, *providers: Provider) -> Workshop:
        return Workshop(
            self.storage, self.cache, self.prices, providers or (self.simulated(),), self.clock, self.policy
        )

    def close(self) -> None:
        """Release all connections."""
        self.prices.close()
        self.cache.close()
        self.storage.close()

    def backfill(
        self,
        range_: Range,
        *symbols: str,
        providers: tuple[Provider, ...] = (),
        as_of: date | None = None,
        refresh: bool = False,
    ) -> Outcome:
        workshop = self.workshop(*providers)
        outcome = drive(workshop, run(workshop, wanted_of(workshop, [range_], symbols, as_of, refresh=refresh)))
        assert outcome.adds_up, outcome.as_dict()
        return outcome

    def instrument(self, symbol: str) -> Instrument:
        return next(one for one in self.storage.universe.instruments() if one.symbol == symbol)

    def candles(self, symbol: str, interval: Interval = ALL_TIME) -> pl.DataFrame:
        return self.storage.market.candles([self.instrument(symbol).instrument_id], Timeframe.D1, interval)

    def stored_days(self, symbol: str) -> list[date]:
        return self.candles(symbol)["opened_at"].dt.date().to_list()

    def ledger(self, symbol: str) -> Ledger:
        one = self.instrument(symbol).instrument_id
        return self.storage.market.ledgers([one], Timeframe.D1)[one]

    def quarantined(self, symbol: str) -> pl.DataFrame:
        return self.storage.market.quarantined([self.instrument(symbol).instrument_id], Timeframe.D1, ALL_TIME)


def open_world(database_url: str, redis_url: str, kind: PriceKind) -> World:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS market CASCADE")
    with redis.Redis.from_url(redis_url) as valkey:
        valkey.flushdb()
    migrate(SecretStr(database_url), kind)
    return connect_world(database_url, redis_url)


def connect_world(database_url: str, redis_url: str) -> World:
    """Return a world on databases that are there already."""
    clock, url = ManualClock(NOW), SecretStr(redis_url)
    storage = open_timescale(SecretStr(database_url))
    kind = storage.market.kind
    return World(storage, open_cache(url, clock), open_prices(url, clock), clock, database_url, redis_url, kind)


@pytest.fixture
def world(database_url: str, redis_url: str) -> Iterator[World]:
    """A world of simulated prices."""
    opened = open_world(database_url, redis_url, PriceKind.SIMULATED)
    yield opened
    opened.close()


@pytest.fixture
def real_world(database_url: str, redis_url: str) -> Iterator[World]:
    """A world whose database holds real prices."""
    opened = open_world(database_url, redis_url, PriceKind.REAL)
    yield opened
    opened.close()
