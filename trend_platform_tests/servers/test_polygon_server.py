"""The local Polygon: over real sockets, in a process of its own, with faults, it gives the candles it was given."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import numpy as np
import polars as pl
import pytest
from pydantic import SecretStr

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.clock import SystemClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval, days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.base import Answer, CandleRequest, QuoteAnswer, Route
from trend_platform.providers.polygon.provider import Polygon, open_polygon
from trend_platform.settings import PolygonSettings
from trend_platform_tests.servers.polygon_book import read_candles
from trend_platform_tests.services import CHECKOUT

FIVE_YEARS = days(date(2013, 2, 8), date(2018, 2, 7))


@contextmanager
def _server(*arguments: str) -> Iterator[int]:
    command = [sys.executable, "-m", "trend_platform_tests.servers.polygon_server", *arguments]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline().split()[-1])
        finally:
            process.terminate()


def _open(port: int) -> Polygon:
    settings = PolygonSettings(
        base_url=f"http://127.0.0.1:{port}", api_key=SecretStr("k"), rate_per_minute=1e6, timeout_seconds=2.0
    )
    return open_polygon(settings, SystemClock())


async def _fetch(port: int, symbols: list[str], interval: Interval) -> tuple[pl.DataFrame, int]:
    # All symbols by eight callers; the frame is sorted by symbol number and day.
    provider = _open(port)
    asked = iter(enumerate(symbols))
    answers: list[Answer] = []

    async def ask() -> None:
        for number, symbol in asked:
            instrument = Instrument(number, symbol, AssetClass.STOCK, "XNYS")
            request = CandleRequest(Route.BY_SYMBOL, (instrument,), Timeframe.D1, interval)
            answers.append(await provider.candles(request))

    await asyncio.gather(*(ask() for _ in range(8)))
    await provider.close()
    assert not [answer.failure for answer in answers if answer.failure]
    return pl.concat([a.candles for a in answers]).sort("instrument_id", "opened_at"), sum(a.calls for a in answers)


async def _quote(port: int, instruments: list[Instrument]) -> QuoteAnswer:
    provider = _open(port)
    answer = await provider.quotes(instruments)
    await provider.close()
    return answer


def _made_up(symbols: list[str]) -> pl.DataFrame:
    opens = get_calendar("XNYS").sessions_in(days(date(2017, 1, 1), date(2017, 12, 31)))
    closes = np.random.default_rng(1).uniform(10, 20, len(opens) * len(symbols)).round(2)
    return pl.DataFrame(
        {
            "symbol": np.repeat(symbols, len(opens)),
            "opened_at": pl.Series(np.tile(opens, len(symbols))).cast(pl.Datetime("us", "UTC")),
            **dict.fromkeys(("open", "high", "low", "close"), closes),
            "volume": np.full(len(closes), 1000.0),
        }
    )


def _assert_same(fetched: pl.DataFrame, given: pl.DataFrame) -> None:
    sorted_ = given.sort("symbol", "opened_at")
    for name in ("opened_at", "open", "high", "low", "close", "volume"):
        assert fetched[name].equals(sorted_[name].cast(fetched.schema[name])), name


def test_pages_and_faults_over_sockets_change_nothing(tmp_path: Path) -> None:
    symbols = [f"S{number:02d}" for number in range(40)]
    given = _made_up(symbols)
    given.write_parquet(tmp_path / "given.parquet")
    options = [
        "--page-rows",
        "100",
        "--fail-share",
        "0.2",
        "--fail-kinds",
        "429,500,cut_body",
        "--seed",
        "3",
        "--key",
        "k",
    ]
    with _server("--candles", str(tmp_path / "given.parquet"), *options) as port:
        fetched, calls = asyncio.run(_fetch(port, symbols, FIVE_YEARS))
    _assert_same(fetched, given)
    assert calls > 40 * 3 + 10


def test_a_connection_serves_many_requests_and_a_wrong_key_none(tmp_path: Path) -> None:
    _made_up(["AAA"]).write_parquet(tmp_path / "given.parquet")
    path = "/v2/aggs/grouped/locale/us/market/stocks/2017-01-03"
    with _server("--candles", str(tmp_path / "given.parquet"), "--key", "k") as port, httpx.Client() as client:
        url = f"http://127.0.0.1:{port}{path}"
        told = [client.get(url, headers={"Authorization": f"Bearer {key}"}) for key in ("k", "k", "x")]
    assert [reply.status_code for reply in told] == [200, 200, 401]
    assert told[0].json()["results"][0]["T"] == "AAA"


def test_five_hundred_latest_prices_come_in_one_call_over_a_socket(tmp_path: Path) -> None:
    symbols = [f"S{number:03d}" for number in range(500)]
    given = _made_up(symbols)
    given.write_parquet(tmp_path / "given.parquet")
    instruments = [Instrument(number, symbol, AssetClass.STOCK, "XNYS") for number, symbol in enumerate(symbols)]
    with _server("--candles", str(tmp_path / "given.parquet"), "--key", "k") as port:
        answer = asyncio.run(_quote(port, instruments))
    days_ = given.sort("symbol", "opened_at").group_by("symbol", maintain_order=True).agg(pl.col("close").tail(2))
    assert answer.quotes.select("previous_close", "price").rows() == [tuple(pair) for pair in days_["close"].to_list()]
    assert answer.quotes["quoted_at"].unique().to_list() == [datetime(2017, 12, 29, 20, 59, 59, tzinfo=UTC)]
    assert (answer.calls, answer.failures, answer.nothing_there) == (1, {}, frozenset())


@pytest.mark.recorded
@pytest.mark.slow
@pytest.mark.parametrize("share", ["0", "0.05"])
def test_five_years_of_the_sp500_are_fetched_whole_whatever_fails(shared_data: Path, share: str) -> None:
    file = shared_data / "market" / "sp500_5yr" / "all_stocks_5yr.csv.gz"
    given = read_candles(file)
    symbols = given["symbol"].unique().sort().to_list()
    with _server("--candles", str(file), "--fail-share", share) as port:
        fetched, calls = asyncio.run(_fetch(port, symbols, FIVE_YEARS))
    assert (fetched.height, len(symbols)) == (619_040, 505)
    _assert_same(fetched, given)
    assert (calls > 505) is (share != "0")
