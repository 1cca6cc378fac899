from datetime import UTC, date, datetime, timedelta

import orjson
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.actions import SPLIT_SCHEMA
from trend_platform.domain.calendars import from_us, get_calendar, to_us
from trend_platform.domain.clock import ManualClock
from trend_platform.domain.intervals import Interval
from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.day_chart import chart_day, chart_window, day_charts, put_day_charts
from trend_platform_tests.ingest.floor import Floor


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def hours(calendar: str, now: str) -> list[str]:
    venue = get_calendar(calendar)
    return [f"{from_us(stamp):%d %H:%M}" for stamp in venue.candle_opens(Timeframe.H1, chart_window(venue, at(now)))]


WHOLE_WINTER_DAY = ["04 14:30", "04 15:30", "04 16:30", "04 17:30", "04 18:30", "04 19:30", "04 20:30"]


@pytest.mark.parametrize(
    ("calendar", "now", "expected"),
    [
        ("XNYS", "2026-03-04T14:30", WHOLE_WINTER_DAY),
        ("XNYS", "2026-03-04T23:00", WHOLE_WINTER_DAY),
        ("XNYS", "2026-03-05T14:29", WHOLE_WINTER_DAY),
        ("XNYS", "2026-11-27T17:00", ["27 14:30", "27 15:30", "27 16:30", "27 17:30"]),
        ("XTKS", "2026-03-04T03:00", ["04 00:00", "04 01:00", "04 02:00", "04 03:30", "04 04:30", "04 05:30"]),
    ],
    ids=["at the open", "after the close", "before the next open", "half day", "lunch break"],
)
def test_the_chart_is_of_the_session_under_way_or_the_last_one(calendar: str, now: str, expected: list[str]):
    assert hours(calendar, now) == expected


def test_hours_follow_daylight_saving_time():
    assert hours("XNYS", "2026-03-06T18:00")[0] == "06 14:30"
    assert hours("XNYS", "2026-03-08T18:00")[0] == "06 14:30"
    assert hours("XNYS", "2026-03-09T18:00")[0] == "09 13:30"


def test_a_market_that_never_closes_has_its_last_24_hours():
    assert hours("24/7", "2026-03-04T17:10") == [f"03 {hour}:00" for hour in range(18, 24)] + [
        f"04 {hour:02}:00" for hour in range(18)
    ]


@given(
    calendar=st.sampled_from(["XNYS", "XTKS", "XASX", "24/5", "24/7"]),
    now=st.integers(to_us(at("2000-01-03")), to_us(at("2025-12-31"))).map(from_us),
)
def test_a_chart_has_begun_and_no_later_one_has(calendar: str, now: datetime):
    venue = get_calendar(calendar)
    window = chart_window(venue, now)
    assert window.start <= now
    if not venue.always_open:
        following = venue.opens[venue.opens.searchsorted(to_us(window.start), side="right")]
        assert now < from_us(following)
        assert venue.is_session(chart_day(venue, now))
        assert venue.session_close(chart_day(venue, now)) == window.end


def test_the_json_is_that_of_a_series_with_hours_and_marks_what_forms():
    floor = Floor()
    floor.hourly(floor.add("AAPL"))
    chart = orjson.loads(floor.chart("AAPL"))
    assert {key: value for key, value in chart.items() if key != "candles"} == {
        "symbol": "AAPL",
        "range": "1D",
        "timeframe": "1h",
        "basis": "split",
        "as_of": "2026-03-04",
    }
    assert [(one["opened_at"], one["is_final"]) for one in chart["candles"]] == [
        ("2026-03-04T14:30:00Z", True),
        ("2026-03-04T15:30:00Z", True),
        ("2026-03-04T16:30:00Z", False),
    ]
    assert set(chart["candles"][0]) == {"opened_at", "open", "high", "low", "close", "volume", "is_final"}


def test_an_instrument_without_candles_has_an_empty_chart():
    floor = Floor()
    (payload,) = day_charts(floor.workshop(), floor.add("AAPL")).values()
    assert orjson.loads(payload)["candles"] == []


def test_a_cache_that_is_down_is_counted():
    floor = Floor()
    instruments = floor.add("AAPL", "BTC-USD")
    assert put_day_charts(floor.workshop(), instruments) == (2, 0)
    floor.cache.is_down = True
    assert put_day_charts(floor.workshop(), instruments) == (0, 2)


def test_hours_of_a_session_that_begins_on_the_evening_before_are_on_their_sessions_share_count():
    floor = Floor(ManualClock(at("2026-01-15T00:30")))  # 11:30 in Sydney, where the session began at 23:00 UTC
    instruments = floor.add("BHP", calendar="XASX")
    floor.hourly(instruments)
    raw = floor.storage.market.candles([1], Timeframe.H1, Interval(at("2026-01-14T12:00"), at("2026-01-15T12:00")))
    assert raw["opened_at"].dt.date().to_list()[0] == date(2026, 1, 14)
    split(floor, date(2026, 1, 15))
    floor.cache.forget(["BHP"])
    candles = orjson.loads(day_charts(floor.workshop(), instruments)["BHP"])["candles"]
    assert [one["close"] for one in candles] == raw["close"].to_list()


def test_the_last_session_is_shown_on_the_share_count_of_the_morning_of_a_split():
    floor = Floor(ManualClock(at("2026-03-04T22:00")))
    instruments = floor.add("AAPL")
    floor.hourly(instruments)
    before = [one["close"] for one in orjson.loads(floor.chart("AAPL"))["candles"]]
    split(floor, date(2026, 3, 5))
    floor.clock.advance(timedelta(hours=10))
    candles = orjson.loads(day_charts(floor.workshop(), instruments)["AAPL"])["candles"]
    assert [one["close"] for one in candles] == pytest.approx([close / 2 for close in before])


def test_the_chart_is_found_under_the_range_1d():
    floor = Floor()
    floor.hourly(floor.add("AAPL"))
    assert floor.cache.get("AAPL", Range.D1) == day_charts(floor.workshop(), floor.workshop().select(["AAPL"]))["AAPL"]


def split(floor: Floor, day: date) -> None:
    rows = {"instrument_id": [1], "ex_date": [day], "ratio": [2.0], "provider": ["simulated"]}
    with floor.storage.market.begin(1) as transaction:
        transaction.add_splits(pl.DataFrame(rows, schema=SPLIT_SCHEMA))
