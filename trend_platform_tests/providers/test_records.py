"""From JSON rows to columns: odd values cost only themselves."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.candles import CANDLE_SCHEMA, Basis
from trend_platform.domain.quarantine import QUARANTINE_SCHEMA
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.records import candle_frame, typed_columns, unreadable

SCHEMA = pl.Schema({"t": pl.Int64(), "o": pl.Float64(), "T": pl.String()})


def test_rows_keep_their_order() -> None:
    frame = typed_columns([{"t": 5, "o": 1, "extra": 0}, {"t": 4, "o": 2.5, "T": "A"}], SCHEMA)
    assert frame.rows() == [(5, 1.0, None), (4, 2.5, "A")]


def test_one_odd_value_costs_only_itself() -> None:
    rows: list[object] = [
        {"t": 1, "o": "abc"},
        {"t": [2], "o": 2},
        {"t": "3", "o": "2.5"},
        7,
        None,
        {"t": 10**30, "o": 1, "T": 4},
    ]
    assert typed_columns(rows, SCHEMA).rows() == [
        (1, None, None),
        (None, 2.0, None),
        (3, 2.5, None),
        (None, None, None),
        (None, None, None),
        (None, 1.0, None),
    ]


def _candles(*opens: datetime, ids: tuple[int, ...] = (1, 1, 1), **more: object) -> pl.DataFrame:
    prices = {name: list(range(len(opens))) for name in ("open", "high", "low", "close")}
    return candle_frame(
        pl.DataFrame({"instrument_id": list(ids[: len(opens)]), "opened_at": opens, **prices, **more}),
        timeframe=Timeframe.H1,
        provider="p",
        basis=Basis.RAW,
        calendar=get_calendar("24/7"),
        settles_after=timedelta(minutes=1),
        now=NOW,
    )


NOW = datetime(2026, 1, 1, 5, tzinfo=UTC)
HOURS = [datetime(2026, 1, 1, hour, tzinfo=UTC) for hour in range(6)]


def test_a_candle_frame_says_who_told_it_when_and_what_is_final() -> None:
    frame = _candles(HOURS[2], HOURS[3], HOURS[4], volume=[1, 2, 3], later="additions")
    assert frame.schema == CANDLE_SCHEMA
    assert frame["is_final"].to_list() == [True, True, False]
    (last,) = frame.tail(1).to_dicts()
    told = {
        name: last[name] for name in ("timeframe", "provider", "basis", "fetched_at", "volume", "vwap", "trade_count")
    }
    assert told == {
        "timeframe": "1h",
        "provider": "p",
        "basis": "raw",
        "fetched_at": NOW,
        "volume": 3.0,
        "vwap": None,
        "trade_count": None,
    }


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 1, 0)])
def test_candles_are_sorted_in_whichever_order_they_come(order: tuple[int, ...]) -> None:
    frame = _candles(*(HOURS[number] for number in order))
    assert frame["opened_at"].to_list() == [HOURS[number] for number in sorted(order)]
    assert [HOURS[order[int(price)]] for price in frame["open"]] == frame["opened_at"].to_list()


def test_candles_of_several_instruments_are_sorted_by_instrument_first() -> None:
    assert _candles(HOURS[0], HOURS[1], HOURS[0], ids=(2, 1, 1)).select("instrument_id", "opened_at").rows() == [
        (1, HOURS[0]),
        (1, HOURS[1]),
        (2, HOURS[0]),
    ]


def test_no_rows_are_an_empty_frame() -> None:
    assert typed_columns([], SCHEMA).height == 0


def test_unreadable_rows_keep_what_they_said() -> None:
    rows: list[object] = [{"t": 1}, {"o": 2}]
    now = datetime(2026, 1, 1, tzinfo=UTC)
    frame = unreadable(rows, [1], instrument_id=7, timeframe=Timeframe.D1, provider="p", now=now)
    assert frame.schema == QUARANTINE_SCHEMA
    assert frame["payload"].to_list() == ['{"o":2}']
    assert "row 1" in frame["reason"][0]
