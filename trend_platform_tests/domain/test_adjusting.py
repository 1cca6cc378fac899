"""Dividends taken off on read, against a model that looks at one row and one dividend at a time."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.actions import DIVIDEND_SCHEMA, SPLIT_SCHEMA, Adjustment, empty_dividends, empty_splits
from trend_platform.domain.adjusting import adjusted, dividend_factors
from trend_platform.domain.candles import CANDLE_SCHEMA, as_candles, empty_candles
from trend_platform.domain.intervals import midnight

FIRST = date(2024, 3, 4)
Paid = tuple[int, int, float]
Split = tuple[int, int, float]


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def candles(closes: dict[tuple[int, int], float], **columns: object) -> pl.DataFrame:
    """Closes by instrument and day, fetched on their own day."""
    rows = pl.DataFrame(
        {
            "instrument_id": [one for one, _ in closes],
            "timeframe": "1d",
            "opened_at": [midnight(day(number)) for _, number in closes],
            **{name: list(closes.values()) for name in ("open", "high", "low", "close", "vwap")},
            "volume": 1000.0,
            "provider": "polygon",
            "basis": "raw",
            "is_final": True,
            "fetched_at": [midnight(day(number)) + timedelta(hours=22) for _, number in closes],
        }
    )
    return as_candles(rows.with_columns(pl.lit(value).alias(name) for name, value in columns.items()))


def dividends(rows: list[Paid]) -> pl.DataFrame:
    told = [(one, day(ex), amount, "USD", "polygon") for one, ex, amount in rows]
    return pl.DataFrame(told, schema=DIVIDEND_SCHEMA, orient="row")


def splits(rows: list[Split]) -> pl.DataFrame:
    return pl.DataFrame([(one, day(ex), ratio, "x") for one, ex, ratio in rows], schema=SPLIT_SCHEMA, orient="row")


def everything(frame: pl.DataFrame, paid: pl.DataFrame, split: pl.DataFrame | None = None) -> pl.DataFrame:
    known = empty_splits() if split is None else split
    return adjusted(frame, Adjustment.ALL, known, dividend_factors(paid, known, frame))


def test_the_factor_is_one_minus_the_dividend_over_the_close_before() -> None:
    frame = candles({(1, 0): 80.0, (1, 1): 100.0, (1, 2): 98.0})
    factors = dividend_factors(dividends([(1, 2, 2.0)]), empty_splits(), frame)
    assert factors.select("close", "factor").row(0) == (100.0, pytest.approx(0.98))
    shown = everything(frame, dividends([(1, 2, 2.0)]))
    assert shown["close"].to_list() == pytest.approx([78.4, 98.0, 98.0])
    assert shown["volume"].to_list() == [1000.0] * 3
    assert shown["basis"].unique().to_list() == ["all"]
    assert shown.schema == CANDLE_SCHEMA


def test_a_split_on_the_day_of_the_dividend_counts_once() -> None:
    # 100 before a 2-for-1 split; 1.0 is paid on each new share, so 2 % of the price: 50 - 1 = 49.
    frame = candles({(1, 0): 100.0, (1, 1): 49.0})
    shown = everything(frame, dividends([(1, 1, 1.0)]), splits([(1, 1, 2.0)]))
    assert shown["close"].to_list() == pytest.approx([49.0, 49.0])
    assert shown["volume"].to_list() == [2000.0, 1000.0]


def test_a_dividend_before_a_split_was_paid_on_old_shares() -> None:
    frame = candles({(1, 0): 100.0, (1, 1): 98.0, (1, 2): 49.0})
    shown = everything(frame, dividends([(1, 1, 2.0)]), splits([(1, 2, 2.0)]))
    assert shown["close"].to_list() == pytest.approx([49.0, 49.0, 49.0])


def test_a_close_that_came_split_adjusted_gives_the_same_factor_as_a_raw_one() -> None:
    raw = candles({(1, 0): 100.0, (1, 1): 98.0, (1, 2): 49.0})
    told_late = candles({(1, 0): 50.0, (1, 1): 49.0, (1, 2): 49.0}, basis="split", fetched_at=midnight(day(5)))
    paid, known = dividends([(1, 1, 2.0)]), splits([(1, 2, 2.0)])
    assert everything(raw, paid, known)["close"].to_list() == pytest.approx(
        everything(told_late, paid, known)["close"].to_list()
    )


def test_without_a_close_close_enough_a_dividend_has_no_factor_and_changes_nothing() -> None:
    frame = candles({(1, 0): 100.0, (1, 20): 90.0})
    factors = dividend_factors(dividends([(1, 20, 1.0), (2, 20, 1.0)]), empty_splits(), frame)
    assert factors["factor"].to_list() == [None, None]
    assert everything(frame, dividends([(1, 20, 1.0)]))["close"].to_list() == [100.0, 90.0]


def test_a_dividend_larger_than_the_price_is_not_applied() -> None:
    frame = candles({(1, 0): 1.0, (1, 1): 1.0})
    assert dividend_factors(dividends([(1, 1, 100.0)]), empty_splits(), frame)["factor"].to_list() == [None]


def test_a_close_that_is_still_forming_is_none() -> None:
    frame = candles({(1, 0): 100.0}, is_final=False)
    assert dividend_factors(dividends([(1, 1, 1.0)]), empty_splits(), frame)["factor"].to_list() == [None]


def test_raw_is_what_is_stored_and_split_leaves_dividends_alone() -> None:
    frame = candles({(1, 0): 100.0, (1, 1): 50.0})
    known, paid = splits([(1, 1, 2.0)]), dividends([(1, 1, 1.0)])
    factors = dividend_factors(paid, known, frame)
    assert adjusted(frame, Adjustment.RAW, known, factors).equals(frame)
    assert adjusted(frame, Adjustment.SPLIT, known, factors)["close"].to_list() == [50.0, 50.0]


def test_nothing_is_adjusted_where_nothing_is() -> None:
    assert everything(empty_candles(), dividends([(1, 1, 1.0)])).is_empty()
    frame = candles({(1, 0): 100.0})
    assert everything(frame, empty_dividends())["close"].to_list() == [100.0]


def test_hours_of_the_evening_belong_to_the_venues_next_day() -> None:
    # Sydney opens at 23:00 UTC: that hour is already one of the ex-date there.
    frame = candles({(1, 1): 50.0}, timeframe="1h", opened_at=midnight(day(1)) - timedelta(hours=1))
    known = splits([(1, 1, 2.0)])
    factors = dividend_factors(empty_dividends(), known, frame)
    assert adjusted(frame, Adjustment.SPLIT, known, factors, "Australia/Sydney")["close"].to_list() == [50.0]
    assert adjusted(frame, Adjustment.SPLIT, known, factors)["close"].to_list() == [25.0]


def model(frame: pl.DataFrame, paid: pl.DataFrame, known: pl.DataFrame) -> list[float]:
    """Each close by hand: over all splits after it, times one minus each later dividend over the close before that."""
    found = []
    for row in frame.iter_rows(named=True):
        close, today = row["close"], row["opened_at"].date()
        for split in known.filter(instrument_id=row["instrument_id"]).iter_rows(named=True):
            close /= split["ratio"] if today < split["ex_date"] else 1.0
        for one in paid.filter(instrument_id=row["instrument_id"]).iter_rows(named=True):
            before = frame.filter(
                pl.col("instrument_id") == row["instrument_id"], pl.col("opened_at").dt.date() < one["ex_date"]
            )
            if today >= one["ex_date"] or before.is_empty():
                continue
            last = before.row(-1, named=True)
            if one["ex_date"] - last["opened_at"].date() > timedelta(days=10):
                continue
            # On the share count of the dividend's day.
            at = known.filter(
                pl.col("instrument_id") == row["instrument_id"],
                pl.col("ex_date") > last["opened_at"].date(),
                pl.col("ex_date") <= one["ex_date"],
            )
            price = last["close"]
            for ratio in at["ratio"]:
                price /= ratio
            factor = 1 - one["amount"] / price
            close *= factor if factor > 0 else 1.0
        found.append(close)
    return found


@given(
    st.dictionaries(st.tuples(st.integers(1, 2), st.integers(0, 30)), st.floats(20, 200), min_size=1, max_size=15),
    st.lists(
        st.tuples(st.integers(1, 2), st.integers(0, 32), st.floats(0.01, 30)),
        max_size=6,
        unique_by=lambda paid: paid[:2],
    ),
    st.lists(
        st.tuples(st.integers(1, 2), st.integers(0, 32), st.sampled_from([0.1, 0.5, 2.0, 7.0])),
        max_size=4,
        unique_by=lambda split: split[:2],
    ),
)
def test_adjusted_closes_are_those_of_the_row_by_row_model(
    closes: dict[tuple[int, int], float], paid: list[Paid], known: list[Split]
) -> None:
    frame = candles(dict(sorted(closes.items())))
    told, split = dividends(paid), splits(known)
    assert everything(frame, told, split)["close"].to_list() == pytest.approx(model(frame, told, split), rel=1e-9)
