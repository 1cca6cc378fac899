"""Five years of 505 real symbols from three providers that fail in turns: complete in the end, and each row says who sent it."""

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

import httpx
import polars as pl
import pytest
from pydantic import SecretStr

from trend_platform.domain.breakers import BreakerPolicy
from trend_platform.domain.intervals import days
from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.backfill import wanted_of
from trend_platform.ingest.breaker import Breakers
from trend_platform.ingest.outcome import Outcome
from trend_platform.ingest.run import run
from trend_platform.ingest.workshop import drive
from trend_platform.providers.base import Provider
from trend_platform.providers.registry import open_provider
from trend_platform.settings import PolygonSettings, ProvidersSettings, TiingoSettings, TwelveDataSettings
from trend_platform_tests.recorded.sp500 import AS_OF, FILE, FIRST, Sp500
from trend_platform_tests.servers.daily_books import Line, TiingoBook, TwelveDataBook, serving_polygon
from trend_platform_tests.servers.polygon_book import PolygonBook
from trend_platform_tests.world import NOW, World

pytestmark = [pytest.mark.recorded, pytest.mark.slow, pytest.mark.timeout(300)]

PRICES = ["open", "high", "low", "close", "volume"]
# Told apart in the rows: who sent a row is seen from its volume as well as from what it says of itself.
LOTS = {"polygon": 0.0, "tiingo": 0.25, "twelvedata": 0.5}


class RunningClock:
    """A clock that goes on from the world's present instant."""

    def __init__(self) -> None:
        self._began = monotonic()

    def now(self) -> datetime:
        return NOW + timedelta(seconds=monotonic() - self._began)


def told(sp500: Sp500, name: str) -> pl.DataFrame:
    """What a provider tells: the file's prices, with a fraction in the volume that gives it away."""
    whole = sp500.lines.rename({"Name": "symbol"}).drop_nulls(["open", "high", "low", "close"])
    stamp = pl.col("date").cast(pl.Datetime("us", "UTC")).alias("opened_at")
    return whole.with_columns(stamp, pl.col("volume") + LOTS[name]).drop("date")


class Turns:
    """Three networks of which one after the other goes down, the first one being back when the last one goes."""

    def __init__(self, sp500: Sp500) -> None:
        self.polygon = Line(serving_polygon(PolygonBook(told(sp500, "polygon"))), self._polygon_is_up)
        self.tiingo = Line(TiingoBook(told(sp500, "tiingo")).serve, lambda: self.tiingo.served < 140)
        said = httpx.Response(200, content=b'{"code":500,"message":"Internal error","status":"error"}')
        book = TwelveDataBook(told(sp500, "twelvedata"))
        self.twelvedata = Line(book.serve, lambda: self.twelvedata.served < 120, down=said)
        self.tiingo.down = httpx.Response(503, content=b"<html>Service Unavailable</html>")

    def _polygon_is_up(self) -> bool:
        return self.polygon.served < 130 or self.twelvedata.refused > 0

    def providers(self, world: World) -> tuple[Provider, ...]:
        key, quick = SecretStr("key"), {"rate_per_minute": 60_000, "max_wait_seconds": 0.1}
        settings = ProvidersSettings(
            polygon=PolygonSettings(api_key=key, **quick),
            tiingo=TiingoSettings(api_key=key, calls_per_hour=1e9, calls_per_day=1e9, symbols_per_month=None, **quick),
            twelvedata=TwelveDataSettings(api_key=key, **quick),
        )
        lines = {"polygon": self.polygon, "tiingo": self.tiingo, "twelvedata": self.twelvedata}
        return tuple(open_provider(name, settings, world.clock, line) for name, line in lines.items())


def backfilled(world: World, turns: Turns) -> Outcome:
    policy = BreakerPolicy(rest=timedelta(milliseconds=300), longest_rest=timedelta(seconds=1))
    workshop = replace(world.workshop(*turns.providers(world)), clock=RunningClock(), breakers=Breakers(policy=policy))
    return drive(workshop, run(workshop, wanted_of(workshop, [Range.Y5], (), AS_OF)))


def test_it_ends_complete_and_each_row_says_truly_who_sent_it(real_world: World, shared_data: Path):
    sp500 = Sp500(shared_data / FILE)
    instruments = real_world.add(*sp500.symbols)
    turns = Turns(sp500)
    outcome = backfilled(real_world, turns)

    ids = {one.instrument_id: one.symbol for one in instruments}
    stored = real_world.storage.market.candles(list(ids), Timeframe.D1, days(FIRST, AS_OF))
    found = stored.select(
        pl.col("instrument_id").replace_strict(ids).alias("symbol"),
        pl.col("opened_at").dt.date().alias("date"),
        *PRICES[:4],
        pl.col("volume").floor(),
        (pl.col("volume") % 1).alias("lot"),
        "provider",
    ).sort("symbol", "date")
    expected = sp500.valid.rename({"Name": "symbol"}).sort("symbol", "date").select("symbol", "date", *PRICES)
    assert found.select(expected.columns).equals(expected)

    assert found.filter(pl.col("lot") != pl.col("provider").replace_strict(LOTS)).is_empty()
    shares = Counter(found.unique(["symbol", "provider"])["provider"].to_list())
    assert min(shares[name] for name in LOTS) > 100
    assert set(stored["basis"]) == {"raw"}
    # Nobody was hammered while down: five failures, and one question now and then whether it is back.
    assert max(line.refused for line in (turns.polygon, turns.tiingo, turns.twelvedata)) < 200
    # Only what the file itself lacks, or has wrong, is missing.
    assert outcome.adds_up
    assert all(failure.served_by for failure in outcome.failures if failure.symbol in ids.values())
    assert outcome.unexplained_missing < 100
