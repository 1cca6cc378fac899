"""Candles as arrays of numbers: values, odd rows, lengths, and what is said of candles that are absent."""

from datetime import UTC, datetime, timedelta

import numpy as np
import orjson
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.candles import CANDLE_SCHEMA
from trend_platform.domain.intervals import Interval
from trend_platform.domain.quarantine import QUARANTINE_SCHEMA
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import GranularityMismatch, Malformed
from trend_platform.providers.arrays import SECOND_US, Layout, next_stamp, numbers_of, parse_arrays, without_trades
from trend_platform.providers.paging import Walk
from trend_platform.providers.stamped import Stamped
from trend_platform_tests.providers.exchanges import pair

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
START = 1_700_006_400  # midnight of 2023-11-15
LENGTHS = frozenset({Timeframe.M1, Timeframe.M30, Timeframe.H1, Timeframe.D1})
LAYOUT = Layout("fake", ("open", "high", "low", "close", "volume"), SECOND_US, LENGTHS, timedelta(minutes=1))
BTC = pair("BTC-USD")


def _parsed(document: object, timeframe: Timeframe = Timeframe.M1, layout: Layout = LAYOUT) -> Stamped:
    return parse_arrays(document, layout, BTC, timeframe, NOW)


def _row(number: int = 0, *values: object) -> list[object]:
    return [START + 60 * number, *(values or (1.0, 2.0, 0.5, 1.5, 10.0))]


def _prices(parsed: Stamped) -> list[tuple[object, ...]]:
    return parsed.candles.select("open", "high", "low", "close", "volume").rows()


prices = st.floats(min_value=0, max_value=1e12)
rows = st.lists(st.tuples(prices, prices, prices, prices, prices), max_size=20)


@given(rows=rows, is_text=st.booleans(), is_reversed=st.booleans())
def test_numbers_come_as_they_were_sent_whether_as_text_or_newest_first(
    rows: list[tuple[float, ...]], is_text: bool, is_reversed: bool
) -> None:
    sent = [_row(number, *(repr(value) if is_text else value for value in row)) for number, row in enumerate(rows)]
    parsed = _parsed(sent[::-1] if is_reversed else sent)
    assert _prices(parsed) == rows
    assert parsed.candles["opened_at"].to_list() == [
        datetime.fromtimestamp(START, UTC) + timedelta(minutes=number) for number in range(len(rows))
    ]
    assert (parsed.candles.schema, parsed.rejected.schema) == (CANDLE_SCHEMA, QUARANTINE_SCHEMA)
    assert parsed.rejected.is_empty()


@pytest.mark.parametrize("odd", [None, "n/a", "nan", "Infinity", {}, [1], 10**400])
def test_a_value_that_is_no_number_is_null_and_costs_nothing_else(odd: object) -> None:
    parsed = _parsed([_row(0), _row(1, 1.0, odd, 0.5, 1.5, 10.0)])
    assert _prices(parsed) == [(1.0, 2.0, 0.5, 1.5, 10.0), (1.0, None, 0.5, 1.5, 10.0)]


@pytest.mark.parametrize(
    "odd", [None, "text", 7, [], [START + 60], {"t": 1}, [None, 1, 1, 1, 1, 1], [1e30, 1, 1, 1, 1, 1]]
)
def test_a_row_without_a_time_is_set_aside_with_what_it_said(odd: object) -> None:
    parsed = _parsed([_row(0), odd, _row(2)])
    assert parsed.candles.height == 2
    assert parsed.rejected["reason"].to_list() == ["row 1 of the answer has no readable time"]
    assert orjson.loads(parsed.rejected["payload"][0]) == odd


def test_more_places_than_are_known_do_no_harm() -> None:
    assert _prices(_parsed([[*_row(0), "later", "additions"]])) == [(1.0, 2.0, 0.5, 1.5, 10.0)]


@pytest.mark.parametrize("document", [None, {}, {"message": "x"}, "x", [1, 2], [{}], [["a", "b"]], [[9345.4, 1, 0.1]]])
def test_what_holds_no_candles_is_malformed(document: object) -> None:
    with pytest.raises(Malformed, match="holds no candles"):
        _parsed(document)


def test_an_empty_list_is_no_candles_and_no_error() -> None:
    assert _parsed([]).candles.schema == CANDLE_SCHEMA


def test_counts_are_whole_and_an_absurd_one_is_null() -> None:
    layout = Layout("fake", (*LAYOUT.places, "trade_count"), SECOND_US, LENGTHS, timedelta(0))
    parsed = _parsed([[*_row(0), 7], [*_row(1), 1e300]], layout=layout)
    assert parsed.candles["trade_count"].to_list() == [7, None]


def test_the_mean_price_is_turnover_by_volume_and_none_without_volume() -> None:
    layout = Layout("fake", (*LAYOUT.places, "turnover"), SECOND_US, LENGTHS, timedelta(0))
    rows = [[*_row(0), 15.0], [*_row(1, 1.0, 2.0, 0.5, 1.5, 0.0), 0.0], [*_row(2), None]]
    assert _parsed(rows, layout=layout).candles["vwap"].to_list() == [1.5, None, None]


def test_a_mean_price_that_is_told_is_none_without_volume() -> None:
    layout = Layout("fake", (*LAYOUT.places, "vwap"), SECOND_US, LENGTHS, timedelta(0))
    rows = [[*_row(0), 1.25], [*_row(1, 1.0, 2.0, 0.5, 1.5, 0.0), 0.0]]
    assert _parsed(rows, layout=layout).candles["vwap"].to_list() == [1.25, None]


def test_an_answer_whose_candles_all_end_elsewhere_is_of_another_length() -> None:
    layout = Layout("fake", (*LAYOUT.places, "ended"), SECOND_US, LENGTHS, timedelta(0))
    day = [*_row(0), START + 86_400 - 1]
    with pytest.raises(GranularityMismatch, match="1 day, 0:00:00 long where 1m ones"):
        _parsed([day], layout=layout)
    assert _parsed([day], Timeframe.D1, layout).candles.height == 1
    cut = [*_row(1), START + 70]
    assert _parsed([cut, [*_row(2), START + 179]], layout=layout).candles.height == 2
    assert _parsed([[*_row(0), None]], layout=layout).candles.height == 1


@pytest.mark.parametrize(
    "values", [("1.5", "2", None, "x"), (1.5, 2, None, "x"), (1.5, "2", None, [1]), ("1.5", 2, None, {})]
)
def test_numbers_are_read_beside_what_is_none(values: tuple[object, ...]) -> None:
    assert np.array_equal(numbers_of(values), [1.5, 2.0, np.nan, np.nan], equal_nan=True)


def test_lists_of_one_length_are_no_numbers() -> None:
    assert np.isnan(numbers_of([[1], [2]])).all()
    assert numbers_of(()).shape == (0,)


def test_candles_that_begin_between_the_marks_are_of_another_length() -> None:
    with pytest.raises(GranularityMismatch, match="do not begin where 1m ones do"):
        _parsed([[START + 30, 1, 1, 1, 1, 1]])


@pytest.mark.parametrize(("seconds", "count"), [(86_400, 3), (3600, 5)])
def test_days_or_hours_are_not_taken_for_minutes(seconds: int, count: int) -> None:
    with pytest.raises(GranularityMismatch, match="1m candles of BTC-USD were asked"):
        _parsed([[START - START % 86_400 + seconds * number, 1, 1, 1, 1, 1] for number in range(count)])


def test_a_few_sparse_candles_on_full_hours_are_what_they_say() -> None:
    sparse = [[START - START % 3600 + 3600 * number, 1, 1, 1, 1, 1] for number in range(5)]
    assert _parsed(sparse, Timeframe.M30).candles.height == 5
    assert _parsed(sparse[:2], Timeframe.M1).candles.height == 2


def test_the_first_stamp_of_an_interval_is_on_the_mark() -> None:
    start = datetime(2026, 1, 1, 0, 0, 30, tzinfo=UTC)
    interval = Interval(start, start + timedelta(days=3))
    assert next_stamp(interval, Timeframe.M1) == 1767225660 * SECOND_US
    assert next_stamp(interval, Timeframe.D1) == 1767312000 * SECOND_US
    on_the_mark = Interval(start - timedelta(seconds=30), start)
    assert next_stamp(on_the_mark, Timeframe.M1) == 1767225600 * SECOND_US


def _walk(numbers: list[int], minutes: int) -> Walk:
    start = datetime.fromtimestamp(START, UTC)
    candles = _parsed([_row(number) for number in numbers]).candles
    answered = Interval(start, start + timedelta(minutes=minutes))
    return Walk(candles, answered, 1, pl.DataFrame(schema=QUARANTINE_SCHEMA), None, "1 page")


def test_absent_candles_are_counted_in_the_evidence() -> None:
    told = without_trades(_walk([0, 1, 1, 4], 10), get_calendar("24/7"), Timeframe.M1, NOW)
    assert told == "1 page; 7 of 10 candles are absent: it leaves out those without trades"


def test_candles_that_are_yet_to_begin_are_not_absent() -> None:
    now = datetime.fromtimestamp(START + 120, UTC)
    assert without_trades(_walk([0, 1], 10), get_calendar("24/7"), Timeframe.M1, now) == "1 page"
