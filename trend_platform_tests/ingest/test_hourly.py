from datetime import UTC, datetime, timedelta

import pytest

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.clock import ManualClock
from trend_platform.domain.coverage import GapReason
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import UsageError
from trend_platform.ingest.day_chart import chart_window
from trend_platform.ingest.hourly import refresh_hourly
from trend_platform.ingest.workshop import Workshop, drive
from trend_platform.settings import FaultSettings
from trend_platform_tests.ingest.floor import Floor, Listening

TEN_MINUTES = timedelta(minutes=10)


def test_a_first_call_asks_the_session_and_one_in_the_same_minute_only_what_forms():
    floor = Floor()
    instruments = floor.add("AAPL", "BTC-USD")
    first, second = Listening(floor.simulated()), Listening(floor.simulated())
    floor.hourly(instruments, first)
    outcome = floor.hourly(instruments, second)
    assert sorted(first.asked) == [("AAPL", "04 14:30"), ("BTC-USD", "03 18:00")]
    assert sorted(second.asked) == [("AAPL", "04 16:30"), ("BTC-USD", "04 17:00")]
    assert (outcome.received, outcome.upserted.unchanged) == (2, 2)


def test_ten_minutes_later_the_forming_candle_has_moved_and_the_others_are_untouched():
    floor = Floor()
    instruments = floor.add("AAPL")
    floor.hourly(instruments)
    before = floor.candles("AAPL")
    floor.clock.advance(TEN_MINUTES)
    outcome = floor.hourly(instruments)
    after = floor.candles("AAPL")
    assert after[:-1] == before[:-1]
    assert (after[-1]["is_final"], after[-1]["volume"] > before[-1]["volume"]) == (False, True)
    assert (outcome.upserted.completed, outcome.received) == (1, 1)


def test_missed_ticks_are_healed_by_the_next_one():
    floor = Floor()
    instruments = floor.add("AAPL")
    floor.hourly(instruments)
    floor.clock.advance(timedelta(hours=2))
    again = Listening(floor.simulated())
    floor.hourly(instruments, again)
    assert again.asked == [("AAPL", "04 16:30")]
    assert floor.hours("AAPL") == ["04T14:30", "04T15:30", "04T16:30", "04T17:30", "04T18:30*"]


def test_at_the_close_the_short_last_hour_is_final_and_then_nothing_is_asked():
    floor = Floor(ManualClock(datetime(2026, 3, 4, 20, 55, tzinfo=UTC)))
    instruments = floor.add("AAPL")
    floor.hourly(instruments)
    assert floor.hours("AAPL")[-1] == "04T20:30*"
    floor.clock.advance(timedelta(minutes=5))
    floor.hourly(instruments)
    assert floor.hours("AAPL")[-1] == "04T20:30"
    silent = Listening(floor.simulated())
    outcome = floor.hourly(instruments, silent)
    assert (silent.asked, outcome.calls, outcome.expected, outcome.is_complete) == ([], {}, 7, True)


def test_a_half_day_ends_with_its_short_hour():
    floor = Floor(ManualClock(datetime(2026, 11, 27, 18, 0, tzinfo=UTC)))
    floor.hourly(floor.add("AAPL"))
    assert floor.hours("AAPL") == ["27T14:30", "27T15:30", "27T16:30", "27T17:30"]


def test_days_of_ticks_leave_every_hour_of_every_calendar_over_a_clock_change():
    floor = Floor(ManualClock(datetime(2026, 3, 6, 14, 30, tzinfo=UTC)))
    instruments = floor.add("AAPL", "BTC-USD") + floor.add("SONY", calendar="XTKS")
    start = floor.clock.now()
    while floor.clock.now() < datetime(2026, 3, 10, 23, tzinfo=UTC):  # over the Sunday of New York's clock change
        floor.clock.advance(timedelta(minutes=50))
        floor.hourly(instruments)
    for one in instruments:
        venue = get_calendar(one.calendar)
        span = Interval(start, chart_window(venue, floor.clock.now()).start)
        stored = floor.storage.market.candles([one.instrument_id], Timeframe.H1, span)
        assert stored["opened_at"].cast(int).to_list() == venue.candle_opens(Timeframe.H1, span).tolist()


def test_an_hour_the_provider_does_not_have_is_a_gap_and_the_others_are_there():
    floor = Floor(ManualClock(datetime(2026, 3, 4, 21, 30, tzinfo=UTC)))
    instruments = floor.add("AAPL", "MSFT")
    outcome = floor.hourly(instruments, floor.simulated(FaultSettings(kind="http_500", symbol="MSFT")))
    accounts = {one.symbol: (one.stored, dict(one.missing)) for one in outcome.accounts}
    assert accounts == {"AAPL": (7, {}), "MSFT": (0, {GapReason.FETCH_FAILED: 7})}
    healed = floor.hourly(instruments)
    assert (healed.received, healed.is_complete) == (7, True)


def test_the_run_is_recorded_as_hourly():
    floor = Floor()
    outcome = floor.hourly(floor.add("AAPL"))
    (record,) = floor.storage.runs.latest(1)
    assert (record.kind, record.status, outcome.ranges) == ("hourly", "done", ("1D",))


def test_a_cache_that_is_down_costs_nothing_but_the_charts():
    floor = Floor()
    floor.cache.is_down = True
    assert floor.hourly(floor.add("AAPL")).upserted.inserted == 3


def test_nobody_to_ask_for_is_a_run_without_calls():
    outcome = Floor().hourly(())
    assert (outcome.asked, outcome.calls, outcome.accounts) == (0, {}, ())


def test_without_a_provider_the_caller_is_told_what_to_set():
    floor = Floor()
    instruments = floor.add("AAPL")
    workshop = Workshop(floor.storage, floor.cache, floor.prices, (), floor.clock)
    with pytest.raises(UsageError, match="no provider is at hand"):
        drive(workshop, refresh_hourly(workshop, instruments))
