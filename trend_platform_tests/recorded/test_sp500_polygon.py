"""The same five years over real HTTP in Polygon's shape, one answer in twenty failing: the same rows in the end."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest
from pydantic import SecretStr

from trend_platform.domain.intervals import days
from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.registry import open_provider
from trend_platform.settings import PolygonSettings, ProvidersSettings
from trend_platform_tests.recorded.sp500 import AS_OF, FILE, FIRST, Sp500
from trend_platform_tests.world import World

pytestmark = [pytest.mark.recorded, pytest.mark.slow, pytest.mark.timeout(300)]

FAIL_SHARE = 0.05


@contextmanager
def serving(candles: Path) -> Iterator[str]:
    """Serve a candle file in Polygon's shape from a process of its own; yields the base URL."""
    command = [sys.executable, "-m", "trend_platform_tests.servers.polygon_server"]
    options = ["--candles", str(candles), "--fail-share", str(FAIL_SHARE), "--seed", "7"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            port = server.stdout.readline().rsplit(" ", 1)[-1].strip()
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def test_with_one_answer_in_twenty_failing_the_same_rows_are_stored(
    real_world: World, shared_data: Path, tmp_path: Path
):
    sp500 = Sp500(shared_data / FILE)
    served = sp500.lines.rename({"Name": "symbol"}).with_columns(
        opened_at=pl.col("date").cast(pl.Datetime("us", "UTC"))
    )
    served.drop_nulls(["open", "high", "low", "close"]).drop("date").write_parquet(tmp_path / "candles.parquet")
    instruments = real_world.add(*sp500.symbols)
    with serving(tmp_path / "candles.parquet") as base_url:
        settings = PolygonSettings(
            base_url=base_url, api_key=SecretStr("key"), rate_per_minute=60_000, timeout_seconds=2, max_wait_seconds=1
        )
        provider = open_provider("polygon", ProvidersSettings(polygon=settings), real_world.clock)
        outcome = real_world.backfill(Range.Y5, providers=(provider,), as_of=AS_OF)

    assert outcome.failures == ()
    assert 505 * (1 + FAIL_SHARE / 2) < outcome.calls["polygon"] < 505 * (1 + FAIL_SHARE * 2)
    ids = {one.instrument_id: one.symbol for one in instruments}
    stored = real_world.storage.market.candles(list(ids), Timeframe.D1, days(FIRST, AS_OF))
    columns = ["open", "high", "low", "close", "volume"]
    expected = sp500.valid.rename({"Name": "symbol"}).sort("symbol", "date").select("symbol", "date", *columns)
    found = stored.with_columns(
        symbol=pl.col("instrument_id").replace_strict(ids), date=pl.col("opened_at").dt.date()
    ).sort("symbol", "date")
    assert found.select("symbol", "date", *columns).equals(expected)
