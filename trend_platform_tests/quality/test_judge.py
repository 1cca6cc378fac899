"""Judgement as a whole: nothing is lost, the order of the rules, what a set-aside row says, and how short series fare."""

from datetime import date, timedelta

import orjson
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trend_platform.domain.candles import CANDLE_KEY, CANDLE_SCHEMA, empty_candles
from trend_platform.domain.quarantine import QUARANTINE_SCHEMA
from trend_platform_tests.quality.walks import AAPL, ALL, BTC, EUR, MSFT, OIL, VIX, judged, planted, rules, scaled, walk


def test_sound_candles_of_every_kind_are_accepted_unchanged() -> None:
    candles = pl.concat(walk(one, count=400, first=date(2022, 6, 1)) for one in ALL)
    verdict = judged(candles)
    assert verdict.accepted.equals(candles)
    assert verdict.rejected.is_empty()
    assert verdict.warnings == {}


def test_no_candles_are_no_work() -> None:
    verdict = judged(empty_candles())
    assert (verdict.accepted.schema, verdict.rejected.schema) == (CANDLE_SCHEMA, QUARANTINE_SCHEMA)


def test_ten_thousand_rows_with_one_duplicate_and_one_bad_keep_the_other_9998() -> None:
    candles = walk(BTC, count=9_999, first=date(1996, 1, 1), price=1.0)
    listed = [type(BTC)(3, "BTC-USD", BTC.asset_class, "24/7", listed_on=date(1996, 1, 1))]
    candles = planted(candles, 5_000, close=pl.col("high") * 1.05)
    verdict = judged(pl.concat([candles, candles[77:78]]), instruments=listed)
    assert (verdict.accepted.height, verdict.rejected.height, verdict.duplicates) == (9_998, 1, 1)


def test_a_row_set_aside_keeps_its_key_its_source_and_all_it_said() -> None:
    candles = planted(walk(), 7, close=pl.lit(500.0), high=pl.lit(400.0))
    (row,) = judged(candles).rejected.iter_rows(named=True)
    original = candles.row(7, named=True)
    assert {name: row[name] for name in (*CANDLE_KEY, "provider", "fetched_at")} == {
        name: original[name] for name in (*CANDLE_KEY, "provider", "fetched_at")
    }
    payload = orjson.loads(row["payload"])
    assert payload["close"] == 500.0
    assert set(payload) == set(CANDLE_SCHEMA)


def test_a_row_that_breaks_two_rules_is_one_row_with_both_reasons() -> None:
    candles = planted(walk(), 7, close=pl.col("high") * 2, volume=pl.lit(-1.0))
    (row,) = judged(candles).rejected.iter_rows(named=True)
    assert row["rule"] == "close_outside"
    assert "the close" in row["reason"]
    assert "the volume -1.0 is no amount" in row["reason"]


def test_rules_about_neighbours_do_not_see_rows_that_are_unsound() -> None:
    candles = planted(walk(), 30, high=pl.lit(1e6), close=pl.lit(2e6))
    assert rules(judged(candles)) == {"close_outside": 1}


def test_rows_may_come_in_any_order() -> None:
    candles = pl.concat([walk(AAPL), walk(MSFT)])
    verdict = judged(candles.sample(fraction=1.0, shuffle=True, seed=1))
    assert verdict.accepted.equals(candles)


def test_a_short_series_without_stored_candles_is_judged_row_by_row_only() -> None:
    four = scaled(walk(count=4), [2], 100.0)
    assert judged(four).rejected.is_empty()
    five = scaled(walk(count=5), [2], 100.0)
    assert rules(judged(five)) == {"unit_100x": 1}


def test_one_new_candle_is_judged_by_the_stored_ones() -> None:
    candles = scaled(walk(count=31), [30], 100.0)
    assert rules(judged(candles[30:], recent=candles[:30])) == {"unit_100x": 1}
    sound = walk(count=31)
    assert judged(sound[30:], recent=sound[:30]).accepted.equals(sound[30:])


def test_a_stored_candle_with_the_key_of_a_judged_one_does_not_count_twice() -> None:
    candles = walk(count=40)
    verdict = judged(candles[10:], recent=candles[:30])
    assert verdict.accepted.equals(candles[10:])


def test_a_stored_candle_that_is_corrected_is_no_measure_of_the_ones_after_it() -> None:
    candles = walk(count=31)
    stored = scaled(candles[:30], [29], 100.0)
    assert judged(candles[29:], recent=stored).accepted.equals(candles[29:])


def test_a_stored_candle_without_a_price_is_looked_past() -> None:
    candles = scaled(walk(count=31), [30], 100.0)
    assert rules(judged(candles[30:], recent=planted(candles[:30], 29, close=None))) == {"unit_100x": 1}


def test_stored_candles_are_never_set_aside() -> None:
    candles = scaled(walk(count=40), range(10, 20), 100.0)
    verdict = judged(candles[30:], recent=candles[:30])
    assert verdict.rejected.is_empty()


STRANGE = {
    "null": {"close": None},
    "nan": {"high": float("nan")},
    "zero": {"low": 0.0},
    "unit": {name: pl.col(name) * 100 for name in ("open", "high", "low", "close")},
    "negative volume": {"volume": -1.0},
    "shifted": {"opened_at": pl.col("opened_at") + timedelta(hours=5)},
    "future": {"opened_at": pl.col("opened_at") + timedelta(days=3650)},
    "stranger": {"instrument_id": 99},
    "other timeframe": {"timeframe": "1h", "opened_at": None},
}
HARMLESS = {
    "flat": {name: pl.col("close").shift(1).fill_null(1.0) for name in ("open", "high", "low", "close")},
    "no volume": {"volume": 0.0},
    "forming": {"is_final": False},
}
FAULTS = st.sampled_from([*STRANGE, *HARMLESS, "twice", "conflict"])


def spoiled(candles: pl.DataFrame, fault: str, row: int) -> pl.DataFrame:
    """Plant a fault into one row; some add one."""
    if fault in {"twice", "conflict"}:
        again = candles[row : row + 1].with_columns(pl.col("close") * (1.001 if fault == "conflict" else 1.0))
        return pl.concat([candles, again])
    return planted(candles, row, **(STRANGE | HARMLESS)[fault])


@settings(max_examples=60, deadline=None)
@given(
    faults=st.lists(st.tuples(FAULTS, st.integers(0, 89)), max_size=8),
    instruments=st.sampled_from([(AAPL, MSFT, BTC), (EUR, OIL, VIX), (AAPL, EUR, BTC)]),
    stored=st.integers(0, 30),
)
def test_every_row_is_accepted_rejected_or_a_duplicate(
    faults: list[tuple[str, int]], instruments: tuple[type(AAPL), ...], stored: int
) -> None:
    recent = pl.concat(walk(one, count=stored) for one in instruments)
    candles = pl.concat(walk(one, count=60)[30:] for one in instruments)
    for fault, row in faults:
        candles = spoiled(candles, fault, row)
    verdict = judged(candles, recent=recent)  # checks the sum
    assert verdict.accepted.select(CANDLE_KEY).is_unique().all()
    assert judged(verdict.accepted, recent=recent).accepted.height <= verdict.accepted.height
    assert verdict.rejected["reason"].null_count() == 0


def test_a_spoiled_row_never_takes_a_sound_one_with_it() -> None:
    candles = pl.concat([walk(AAPL), walk(MSFT)])
    for fault in STRANGE:
        assert judged(spoiled(candles, fault, 20)).accepted.height == candles.height - 1, fault


@pytest.mark.parametrize("count", [1, 5])
def test_rows_of_an_instrument_that_was_not_asked_are_set_aside_together(count: int) -> None:
    verdict = judged(walk(AAPL, count=count), instruments=[MSFT])
    assert rules(verdict) == {"not_asked": count}
