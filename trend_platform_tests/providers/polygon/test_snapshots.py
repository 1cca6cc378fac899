"""Polygon's snapshots: which price is taken, with which time, and what a zero means."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.errors import Malformed
from trend_platform.providers.polygon.snapshots import read_snapshots

AAPL = Instrument(1, "AAPL", AssetClass.STOCK, "XNYS")
TRADED = datetime(2026, 11, 20, 15, 3, 19, 123456, tzinfo=UTC)
MINUTE = datetime(2026, 11, 20, 15, 3, tzinfo=UTC)
NS: Final = int(TRADED.timestamp()) * 10**9 + 123_456_789
WHOLE: Final = {
    "ticker": "AAPL",
    "updated": NS + 30 * 10**9,
    "lastTrade": {"p": 291.5, "s": 100, "t": NS},
    "lastQuote": {"p": 291.4, "P": 291.6, "t": NS},
    "min": {"c": 291.3, "t": int(MINUTE.timestamp() * 1000)},
    "day": {"c": 291.2},
    "prevDay": {"c": 290.0},
}


def _read(row: Mapping[str, object]) -> dict[str, object]:
    return read_snapshots({"status": "OK", "tickers": [row]}, {"AAPL": AAPL}).row(0, named=True)


def _without(*parts: str, **changed: object) -> dict[str, object]:
    return {**{name: part for name, part in WHOLE.items() if name not in parts}, **changed}


def test_the_last_trade_is_the_price_with_its_own_time_to_the_microsecond() -> None:
    assert _read(WHOLE) == {
        "instrument_id": 1,
        "price": 291.5,
        "quoted_at": TRADED,
        "previous_close": 290.0,
        "bid": 291.4,
        "ask": 291.6,
        "size": 100.0,
    }


@pytest.mark.parametrize("stamp", [NS, NS // 1000, NS // 1_000_000])
def test_times_are_read_in_nano_micro_and_milliseconds(stamp: int) -> None:
    told = _read(_without(lastTrade={"p": 1.0, "t": stamp}))["quoted_at"]
    assert isinstance(told, datetime)
    assert timedelta(0) <= TRADED - told < timedelta(milliseconds=1)


def test_without_a_trade_the_minute_bars_close_counts_until_it_was_updated() -> None:
    row = _read(_without("lastTrade", "lastQuote"))
    assert (row["price"], row["quoted_at"]) == (291.3, TRADED + timedelta(seconds=30))
    assert (row["bid"], row["ask"], row["size"]) == (None, None, None)


def test_a_minute_bar_is_never_older_than_its_begin_nor_younger_than_its_end() -> None:
    early = _read(_without("lastTrade", updated=1))
    late = _read(_without("lastTrade", updated=NS + 900 * 10**9))
    silent = _read(_without("lastTrade", "updated"))
    assert [row["quoted_at"] for row in (early, late, silent)] == [MINUTE, MINUTE + timedelta(minutes=1), MINUTE]


def test_without_both_the_days_close_is_the_price() -> None:
    row = _read(_without("lastTrade", "min"))
    assert (row["price"], row["quoted_at"]) == (291.2, TRADED + timedelta(seconds=30))


def test_a_trade_without_a_time_gives_way_to_a_bar_that_has_one() -> None:
    row = _read(_without(lastTrade={"p": 291.5, "s": 100}))
    assert (row["price"], row["size"]) == (291.3, None)


def test_a_price_of_which_no_time_is_told_has_none() -> None:
    row = _read({"ticker": "AAPL", "lastTrade": {"p": 291.5}, "day": {"c": 291.2}})
    assert (row["price"], row["quoted_at"]) == (291.5, None)


def test_the_emptied_snapshot_of_the_early_morning_is_no_price() -> None:
    empty = {"c": 0, "h": 0, "l": 0, "o": 0, "v": 0}
    row = _read({"ticker": "AAPL", "updated": 0, "day": empty, "min": {**empty, "t": 0}, "prevDay": {"c": 290.0}})
    assert (row["price"], row["quoted_at"], row["previous_close"]) == (None, None, 290.0)


def test_a_zero_trade_is_no_price_but_the_bars_are() -> None:
    assert _read(_without(lastTrade={"p": 0, "t": NS}))["price"] == 291.3


def test_pairs_carry_bid_and_ask_under_other_names() -> None:
    row = _read(_without(lastQuote={"b": 60_000.5, "a": 60_001}))
    assert (row["bid"], row["ask"]) == (60_000.5, 60_001.0)


def test_rows_of_others_and_rows_that_are_none_are_left_out() -> None:
    document: object = {"status": "OK", "tickers": [{"ticker": "MSFT"}, None, 5, {"day": []}, WHOLE]}
    assert read_snapshots(document, {"AAPL": AAPL})["instrument_id"].to_list() == [1]


def test_one_odd_value_costs_that_value_only() -> None:
    row = _read(_without(prevDay={"c": "n/a"}, lastTrade={"p": "291.75", "t": NS}))
    assert (row["price"], row["previous_close"]) == (291.75, None)


@pytest.mark.parametrize("document", [{"status": "OK", "count": 0}, {"status": "OK", "tickers": None}])
def test_an_answer_about_nobody_is_an_answer(document: object) -> None:
    assert read_snapshots(document, {"AAPL": AAPL}).height == 0


@pytest.mark.parametrize("document", [{"status": "OK"}, [], None, {"status": "OK", "tickers": {"AAPL": 1}}])
def test_an_answer_without_snapshots_is_malformed(document: object) -> None:
    with pytest.raises(Malformed, match="list of `tickers`"):
        read_snapshots(document, {"AAPL": AAPL})
