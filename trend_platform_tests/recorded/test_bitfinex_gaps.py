"""Two years of real minutes through Bitfinex's shape: its outages are found to the minute, and silence is called no hole."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import httpx
import numpy as np
import polars as pl
import pytest

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.gaps import Gaps, GapSelection, detect
from trend_platform.ingest.needs import Wanted
from trend_platform.ingest.run import run
from trend_platform.ingest.universe import add_symbols
from trend_platform.ingest.workshop import Workshop, drive
from trend_platform.providers.registry import open_provider
from trend_platform.settings import BitfinexSettings, ProvidersSettings
from trend_platform.storage.base import PriceKind
from trend_platform.storage.memory import open_memory
from trend_platform.storage.memory_cache import MemorySeriesCache
from trend_platform.storage.memory_prices import MemoryPriceCache
from trend_platform_tests.servers.bitfinex_book import BitfinexBook, read_rows

pytestmark = pytest.mark.recorded


class Told(httpx.AsyncBaseTransport):
    """Bitfinex with these files."""

    def __init__(self, files: dict[str, Path]) -> None:
        self.book = BitfinexBook({symbol: read_rows(file) for symbol, file in files.items()})

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        reply = self.book.reply(request.url.raw_path.decode())
        return httpx.Response(reply.status, content=reply.body)


def looked_through(files: dict[str, Path], window: Interval) -> Gaps:
    clock, storage = ManualClock(datetime(2026, 3, 4, tzinfo=UTC)), open_memory(PriceKind.REAL)
    settings = ProvidersSettings(bitfinex=BitfinexSettings(rate_per_minute=1_000_000))
    provider = open_provider("bitfinex", settings, clock, Told(files))
    pairs = add_symbols(storage.universe, [f"{symbol[1:4]}-USD" for symbol in files])
    workshop = Workshop(storage, MemorySeriesCache(clock), MemoryPriceCache(clock), (provider,), clock)
    windows = {one.instrument_id: window for one in pairs}
    outcome = drive(workshop, run(workshop, Wanted(pairs, Timeframe.M1, (), window.end.date(), windows=windows)))
    assert outcome.adds_up
    return detect(workshop, GapSelection(start=window.start, end=window.end))


def plain_gaps(file: Path, window: Interval) -> int:
    """Count absent minutes without any of ours."""
    stamps = {int(line.split(b",")[0]) // 60_000 for line in gzip.decompress(file.read_bytes()).split(b"\n") if line}
    first, last = (round(edge.timestamp()) // 60 for edge in (window.start, window.end))
    return sum(minute not in stamps for minute in range(first, last))


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


def holes(found: Gaps, symbol: str, reason: str) -> list[tuple[datetime, datetime, int]]:
    mine = found.gaps.filter((pl.col("symbol") == symbol) & (pl.col("reason") == reason)).sort("start_at")
    return mine.select("start_at", "end_at", "missing").rows()


def test_the_outages_of_2016_are_found_to_the_minute_with_evidence_and_nothing_else_is_called_one(
    shared_data: Path,
) -> None:
    folder = shared_data / "market" / "bitfinex_1m"
    files = {"tBTCUSD": folder / "BTCUSD_1m_2016.csv.gz", "tETHUSD": folder / "ETHUSD_1m_2016.csv.gz"}
    window = Interval(at("2016-03-09T16:00"), at("2016-12-31T23:00"))
    found = looked_through(files, window)
    outages = holes(found, "BTC-USD", "venue_outage")
    assert outages == [
        (at("2016-04-01T00:01"), at("2016-06-01T00:00"), 87_839),
        (at("2016-06-17T14:31"), at("2016-06-17T15:35"), 64),
        (at("2016-06-20T21:03"), at("2016-06-21T00:15"), 192),
        (at("2016-06-21T00:16"), at("2016-06-21T04:00"), 224),
        (at("2016-06-21T09:22"), at("2016-06-21T14:00"), 278),
        (at("2016-07-26T23:39"), at("2016-07-27T02:18"), 159),
        (at("2016-08-02T18:03"), at("2016-08-10T15:53"), 11_390),
        (at("2016-11-03T18:05"), at("2016-11-03T19:41"), 96),
    ]
    # What BTC alone lacks that March, while ETH was hardly traded yet, nobody can bear witness of.
    assert holes(found, "BTC-USD", "unknown") == [
        (at("2016-03-10T09:35"), at("2016-03-10T09:59"), 24),
        (at("2016-03-10T10:00"), at("2016-03-10T10:28"), 28),
    ]
    evidence = found.gaps.filter((pl.col("symbol") == "BTC-USD") & (pl.col("reason") == "venue_outage"))["evidence"]
    assert all("no other market of bitfinex has" in words and "ETH-USD" in words for words in evidence)
    ether = holes(found, "ETH-USD", "venue_outage")
    assert (at("2016-08-02T18:00"), at("2016-08-10T14:23"), 11_303) in ether
    assert (at("2016-08-10T14:24"), at("2016-08-10T15:53"), 89) in ether
    for symbol, file in zip(("BTC-USD", "ETH-USD"), files.values(), strict=True):
        (series,) = found.series.filter(pl.col("symbol") == symbol).to_dicts()
        assert series["explained"] + series["unexplained"] == plain_gaps(file, window)
        silent = found.gaps.filter((pl.col("symbol") == symbol) & (pl.col("reason") == "no_trades"))
        assert silent.filter(
            ~pl.col("evidence").str.contains("it leaves out those without trades; silences")
        ).is_empty()


def test_of_2014_the_holes_are_found_to_the_minute_and_seventy_thousand_silences_are_none(shared_data: Path) -> None:
    file = shared_data / "market" / "bitfinex_1m" / "BTCUSD_1m_2014.csv.gz"
    window = Interval(at("2014-01-01T00:02"), at("2014-11-21T00:00"))
    found = looked_through({"tBTCUSD": file}, window)
    assert holes(found, "BTC-USD", "unknown") == [
        (at("2014-02-06T07:33"), at("2014-02-06T09:17"), 104),
        (at("2014-02-06T10:12"), at("2014-02-06T13:08"), 176),
        (at("2014-02-10T11:02"), at("2014-02-10T12:06"), 64),
        (at("2014-10-08T07:13"), at("2014-10-08T07:32"), 19),
    ]
    assert found.gaps.filter(pl.col("reason") == "venue_outage").is_empty()
    silent = found.gaps.filter(pl.col("reason") == "no_trades")
    assert silent.height > 70_000
    assert int(silent["missing"].sum()) + 363 == plain_gaps(file, window)
    assert np.percentile(silent["missing"].to_numpy(), 99) < 20
