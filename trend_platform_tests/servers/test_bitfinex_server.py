"""The local Bitfinex: over real sockets, in a process of its own, with faults, it gives the candles it was given."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from trend_platform.domain.clock import SystemClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.base import Answer, CandleRequest, QuoteAnswer, Route
from trend_platform.providers.bitfinex.provider import open_bitfinex
from trend_platform.settings import BitfinexSettings
from trend_platform_tests.servers.bitfinex_book import BitfinexBook, read_rows
from trend_platform_tests.services import CHECKOUT

BTC = Instrument(1, "BTC-USD", AssetClass.CRYPTO, "24/7")
MINUTE = timedelta(minutes=1)
START = datetime(2016, 1, 1, tzinfo=UTC)


@contextmanager
def _server(*arguments: str) -> Iterator[int]:
    command = [sys.executable, "-m", "trend_platform_tests.servers.bitfinex_server", *arguments]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline().split()[-1])
        finally:
            process.terminate()


async def _fetch(port: int, interval: Interval) -> tuple[Answer, QuoteAnswer]:
    settings = BitfinexSettings(base_url=f"http://127.0.0.1:{port}/v2", rate_per_minute=1e6, timeout_seconds=5.0)
    provider = open_bitfinex(settings, SystemClock())
    answer = await provider.candles(CandleRequest(Route.BY_SYMBOL, (BTC,), Timeframe.M1, interval))
    quotes = await provider.quotes([BTC])
    await provider.close()
    return answer, quotes


@pytest.mark.parametrize("share", ["0", "1"])
def test_what_was_written_comes_back_over_a_socket_whatever_fails_once(tmp_path: Path, share: str) -> None:
    first = int(START.timestamp()) * 1000
    lines = [f"{first + 60_000 * number},{number}.5,2,3,1,0.25" for number in range(25_000) if number % 7]
    (tmp_path / "given.csv").write_text("\n".join(lines) + "\n")
    with _server("--candles", f"tBTCUSD={tmp_path / 'given.csv'}", "--fail-share", share) as port:
        answer, quotes = asyncio.run(_fetch(port, Interval(START, START + 25_000 * MINUTE)))
    assert answer.candles["open"].to_list() == [number + 0.5 for number in range(25_000) if number % 7]
    assert "3,572 of 25,000 candles are absent" in answer.evidence
    assert quotes.quotes.select("price", "quoted_at").rows() == [(2.0, START + 25_000 * MINUTE)]


def test_a_book_answers_as_bitfinex_does_where_little_is_asked() -> None:
    book = BitfinexBook({"tBTCUSD": [b"[%d,1,2,3,0.5,1]" % (60_000 * number) for number in range(1, 301)]})
    newest = book.reply("/v2/candles/trade:1m:tBTCUSD/hist")
    assert newest.body.startswith(b"[[18000000,")
    assert newest.body.count(b"],[") == 99
    assert book.reply("/v2/candles/trade:1m:tNOSUCH/hist").body == b"[]"
    assert book.reply("/v2/candles/trade:9m:tBTCUSD/hist").status == 500
    assert book.reply("/v2/candles/trade:1m:tBTCUSD/hist?limit=10001").status == 500


@pytest.mark.recorded
@pytest.mark.slow
@pytest.mark.parametrize(("name", "count"), [("BTCUSD_1m_2014", 283_787), ("BTCUSD_1m_2016", 293_230)])
def test_a_recorded_year_of_minutes_comes_back_line_by_line(shared_data: Path, name: str, count: int) -> None:
    file = shared_data / "market" / "bitfinex_1m" / f"{name}.csv.gz"
    given = np.array([row[1:-1].split(b",") for row in read_rows(file)], dtype=np.float64)
    start = datetime(int(name[-4:]), 1, 1, tzinfo=UTC)
    with _server("--candles", f"tBTCUSD={file}", "--fail-share", "0.05") as port:
        answer, _ = asyncio.run(_fetch(port, Interval(start, start.replace(year=start.year + 1))))
    told = answer.candles.select("open", "close", "high", "low", "volume").to_numpy()
    assert answer.failure is None
    assert len(given) == count
    assert (told == given[:, 1:]).all()
    assert (answer.candles["opened_at"].dt.epoch("ms").to_numpy() == given[:, 0]).all()
