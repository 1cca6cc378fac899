"""What settings make of a workshop, on a real database and a real Valkey."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.errors import SimulatedDataRefused, Transient
from trend_platform.ingest.build import open_workshop, opener_to_replay
from trend_platform.ingest.latest import refresh_latest
from trend_platform.ingest.read import ReadCounts, Source, read_latest
from trend_platform.ingest.universe import add_symbols
from trend_platform.ingest.workshop import Workshop, drive
from trend_platform.quality.quotes import QuoteLimits
from trend_platform.settings import ArchiveSettings, PolygonSettings, ProvidersSettings, RealtimeSettings, Settings
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


@pytest.mark.parametrize(("kind", "channel"), [(PriceKind.REAL, b"prices"), (PriceKind.SIMULATED, b"prices:simulated")])
def test_who_listens_for_prices_never_hears_simulated_ones(
    urls: tuple[SecretStr, SecretStr], worker_number: int, kind: PriceKind, channel: bytes
) -> None:
    empty_market(urls[0].get_secret_value(), kind)
    mine = f'{{"symbol":"W{worker_number}"}}'.encode()
    with redis.Redis.from_url(urls[1].get_secret_value()).pubsub(ignore_subscribe_messages=True) as listener:
        listener.subscribe("prices", "prices:simulated")
        with open_workshop(Settings(), *urls, kind, ready=()) as workshop:
            workshop.prices.put({"AAPL": mine})
        heard = (message for message in listener.listen() if message["data"] == mine)
        assert next(heard)["channel"] == channel


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


def keyed(key: str = "k3y", **options: object) -> Settings:
    # What a key has spent is remembered for as long as the process lives: tests that spend take keys of their own.
    polygon = PolygonSettings(api_key=SecretStr(key), base_url="http://127.0.0.1:9")
    return Settings(providers=ProvidersSettings(order=("polygon",), polygon=polygon), **options)


def test_two_workshops_share_one_budget_of_a_key(urls: tuple[SecretStr, SecretStr]) -> None:
    with (
        open_workshop(keyed("shared-k3y"), *urls, PriceKind.REAL) as first,
        open_workshop(keyed("shared-k3y"), *urls, PriceKind.REAL) as second,
    ):
        (limiter,) = first.shared.limiters["polygon"]
        asyncio.run(limiter.acquire(2))
        (standing,) = asyncio.run(second.shared.standing("polygon"))
        assert (standing.window.weight, standing.left) == (5, 3)
    (key,) = redis.Redis.from_url(urls[1].get_secret_value()).scan_iter("budget:*")
    assert key.startswith(b"budget:polygon:")
    assert b"k3y" not in key


def test_workshops_of_one_process_share_its_limits_even_where_redis_is_away(
    urls: tuple[SecretStr, SecretStr], caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = SecretStr("redis://127.0.0.1:9/0")
    for left in (3, 1):
        with open_workshop(keyed("lonely-k3y"), urls[0], nowhere, PriceKind.REAL) as workshop:
            (limiter,) = workshop.shared.limiters["polygon"]
            asyncio.run(limiter.acquire(2))
            (standing,) = asyncio.run(workshop.shared.standing("polygon"))
            assert standing.left <= left
    said = [record for record in caplog.records if "several processes together may exceed them" in record.message]
    assert len(said) == 1


def test_answers_are_kept_only_where_the_setting_says_so(urls: tuple[SecretStr, SecretStr], tmp_path: Path) -> None:
    for is_kept in (False, True):
        settings = keyed(home=tmp_path, archive=ArchiveSettings(enabled=is_kept, retention_days=3))
        with open_workshop(settings, *urls, PriceKind.REAL) as workshop:
            assert (workshop.shared.archive is not None) is is_kept
            assert workshop.archive is not None
            assert workshop.archive.folder == tmp_path / "archive"
            assert workshop.policy.answers_days == 3
    named = ArchiveSettings(path=tmp_path / "elsewhere")
    assert named.folder(tmp_path) == tmp_path / "elsewhere"


async def test_a_provider_opened_to_replay_spends_nothing_and_reaches_nobody() -> None:
    polygon = opener_to_replay(keyed())("polygon", ManualClock(NOW), lambda _: None)
    aapl = Instrument(1, "AAPL", AssetClass.STOCK, "XNYS")
    for _ in range(9):
        with pytest.raises(Transient, match="ConnectError"):
            await polygon.quotes([aapl])
