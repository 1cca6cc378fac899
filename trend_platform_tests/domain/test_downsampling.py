from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from trend_platform.domain.downsampling import FEWEST, Method, downsampled
from trend_platform.errors import UsageError

T0 = datetime(2026, 1, 1, tzinfo=UTC)
each_method = pytest.mark.parametrize("method", list(Method))


def walk(count: int) -> pl.DataFrame:
    closes = 100 + np.random.default_rng(7).normal(size=count).cumsum()
    stamps = pl.Series("opened_at", [T0 + timedelta(minutes=one) for one in range(count)])
    return pl.DataFrame({"opened_at": stamps, "close": closes, "volume": np.arange(count)})


def triangle_of_three_buckets(closes: np.ndarray[tuple[int], np.dtype[np.float64]], points: int) -> list[int]:
    """Steinarsson's own description, in loops: one point per bucket, the one that makes the largest triangle."""
    count, every = len(closes), (len(closes) - 2) / (points - 2)
    chosen = [0]
    for bucket in range(points - 2):
        start, end = int(bucket * every) + 1, int((bucket + 1) * every) + 1
        after = range(end, min(int((bucket + 2) * every) + 1, count))
        x, y = sum(after) / len(after), sum(closes[one] for one in after) / len(after)
        a = chosen[-1]
        areas = [abs((a - x) * (closes[one] - closes[a]) - (a - one) * (y - closes[a])) for one in range(start, end)]
        chosen.append(start + int(np.argmax(areas)))
    return [*chosen, count - 1]


@each_method
def test_points_are_real_candles_in_order_with_both_ends(method: Method) -> None:
    candles = walk(5_000)
    shown = downsampled(candles, 200, method)
    assert shown.height == 200
    assert shown.join(candles, on=candles.columns, how="semi").height == 200
    assert shown["opened_at"].is_sorted()
    assert (shown["opened_at"][0], shown["opened_at"][-1]) == (candles["opened_at"][0], candles["opened_at"][-1])


def test_lttb_chooses_what_its_author_describes() -> None:
    candles = walk(400)
    expected = triangle_of_three_buckets(candles["close"].to_numpy(), 40)
    shown = downsampled(candles, 40, Method.LTTB)["volume"].to_list()
    assert len(set(shown) & set(expected)) >= 38, "bucket edges may fall one candle apart"


@each_method
def test_a_spike_of_one_candle_is_kept(method: Method) -> None:
    spiked = walk(10_000).with_columns(pl.when(pl.col("volume") == 4_321).then(900.0).otherwise("close").alias("close"))
    assert downsampled(spiked, 100, method)["close"].max() == 900.0


@each_method
@pytest.mark.parametrize("count", [0, 1, 3, 50])
def test_a_short_series_is_returned_as_it_is(method: Method, count: int) -> None:
    candles = walk(count)
    assert downsampled(candles, 50, method) is candles


def test_too_few_points_are_refused() -> None:
    with pytest.raises(UsageError, match="2 points make no chart"):
        downsampled(walk(10), FEWEST - 1)
    assert downsampled(walk(10), FEWEST).height == FEWEST
