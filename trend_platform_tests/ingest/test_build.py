"""What settings make of a workshop, on a real database and a real Valkey."""

from datetime import timedelta

import pytest
import redis
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.errors import SimulatedDataRefused
from trend_platform.ingest.build import open_workshop
from trend_platform.ingest.latest import refresh_latest
from trend_platform.ingest.read import ReadCounts, Source, read_latest
from trend_platform.ingest.universe import add_symbols
from trend_platform.ingest.workshop import Workshop, drive
from trend_platform.quality.quotes import QuoteLimits
from trend_platform.settings import RealtimeSettings, Settings
from trend_platform.storage.base import PriceKind
from trend_platform_tests.ingest.teller import Teller, Told, utc
from trend_platform_tests.storage.databases import empty_market

NOW = utc("2026-11-20T15:03:00")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def urls(database_url: str, redis_url: str) -> tuple[SecretStr, SecretStr]:
    empty_market(database_url, PriceKind.REAL)
    redis.Redis.from_url(redis_url).flushdb()
    return SecretStr(database_url), SecretStr(redis_url)


def test_the_minute_loop_judges_by_the_settings(urls: tuple[SecretStr, SecretStr]) -> None:
    settings = Settings(realtime=RealtimeSettings(stale_after_seconds=60, jump_percent=10, ahead_seconds=2))
    with open_workshop(settings, *urls, PriceKind.REAL, ready=()) as workshop:
        assert workshop.policy.quotes == QuoteLimits(MINUTE, 10, ahead=timedelta(seconds=2))


def test_the_other_kind_of_prices_is_refused(urls: tuple[SecretStr, SecretStr]) -> None:
    with (
        pytest.raises(SimulatedDataRefused, match="each kind has its own database"),
        open_workshop(Settings(), *urls, PriceKind.SIMULATED, ready=()),
    ):
        pass


def test_minutes_on_real_servers(urls: tuple[SecretStr, SecretStr]) -> None:
    clock = ManualClock(NOW)

    def minute(workshop: Workshop, price: float) -> tuple[int, int, float]:
        clock.advance(MINUTE)
        at_hand = Teller(clock, "polygon", {"AAPL": Told(price, clock.now(), previous_close=250.0)})
        told = Workshop(workshop.storage, workshop.cache, workshop.prices, (at_hand,), clock)
        outcome = drive(told, refresh_latest(told, workshop.select([])))
        assert outcome.adds_up
        (read,) = read_latest(workshop, workshop.select([])).values()
        assert read.source is Source.CACHE
        return outcome.fresh, len(outcome.rejected), read.value.price

    with open_workshop(Settings(), *urls, PriceKind.REAL, clock, ready=()) as workshop:
        add_symbols(workshop.storage.universe, ["AAPL"])
        assert [minute(workshop, price) for price in (270.0, 27.0, 270.5, 27.0, 27.1)] == [
            (1, 0, 270.0),
            (0, 1, 270.0),
            (1, 0, 270.5),
            (0, 1, 270.5),
            (1, 0, 27.1),
        ]
        redis.Redis.from_url(urls[1].get_secret_value()).flushdb()
        (read,) = read_latest(workshop, workshop.select([])).values()
        assert (read.source, read.value.change) == (Source.DATABASE, 27.1 - 250.0)
        assert workshop.reads.counts() == ReadCounts(hits=5, misses=1)
        assert [record.kind for record in workshop.storage.runs.latest(9)] == ["latest", "latest"]
