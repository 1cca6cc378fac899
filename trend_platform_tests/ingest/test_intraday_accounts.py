"""What the account says within the day, and of timeframes that only some providers have."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.clock import ManualClock
from trend_platform.domain.coverage import BeliefPolicy, GapReason, Ledger
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.account import account
from trend_platform.ingest.holes import Observation
from trend_platform_tests.ingest.builders import coin, stock
from trend_platform_tests.ingest.floor import Floor, Habitual

SHARE = stock(1)
NOW = datetime(2026, 3, 4, 22, 30, tzinfo=UTC)
SESSION = Interval(datetime(2026, 3, 4, 14, 30, tzinfo=UTC), datetime(2026, 3, 4, 21, 0, tzinfo=UTC))


def reasons(hours: Interval, missing: slice, instrument: Instrument = SHARE) -> set[GapReason]:
    opens = get_calendar(instrument.calendar).candle_opens(Timeframe.H1, hours)
    stored = np.delete(opens, missing)
    seen = Observation(instrument, Timeframe.H1, "a", hours, hours, NOW, NOW, "1 page", sent=len(stored))
    return {gap.reason for gap in account(seen, Ledger(), stored, opens[:0], BeliefPolicy()).gaps}


def test_a_first_hour_without_a_trade_is_no_listing():
    assert reasons(SESSION, slice(0, 1)) == {GapReason.UNKNOWN}


def test_twenty_hours_of_silence_are_no_delisting():
    day = Interval(NOW - timedelta(hours=24), NOW)
    assert reasons(day, slice(3, None), coin(1)) == {GapReason.UNKNOWN}


@pytest.mark.parametrize(
    ("missing", "reason"), [(slice(0, 200), GapReason.BEFORE_LISTING), (slice(200, None), GapReason.AFTER_DELISTING)]
)
def test_weeks_without_an_hour_are_a_listing_or_a_delisting(missing: slice, reason: GapReason):
    assert reasons(Interval(NOW - timedelta(days=90), NOW), missing) == {reason}


def test_hours_that_no_provider_serves_are_open_and_not_explained():
    floor = Floor()
    days_only = Habitual(floor.simulated(), timeframes=frozenset({Timeframe.D1}))
    outcome = floor.hourly(floor.add("AAPL"), days_only)
    (account_,) = outcome.accounts
    assert dict(account_.missing) == {GapReason.FETCH_FAILED: 2}
    assert account_.gaps[0].evidence == "no provider at hand serves 1h candles of AAPL: simulated"


def test_hours_are_counted_by_the_habits_of_the_provider_that_serves_them():
    floor = Floor()
    days_only = Habitual(floor.simulated(), timeframes=frozenset({Timeframe.D1}))
    slow = Habitual(floor.simulated(), settles_after=timedelta(hours=2))
    slow.name = "slow"
    assert floor.hourly(floor.add("AAPL"), days_only, slow).accounts[0].expected == 0


def test_hours_that_a_provider_gives_late_are_awaited_and_not_missing():
    floor = Floor(ManualClock(datetime(2026, 3, 4, 20, 0, tzinfo=UTC)))
    late = Habitual(floor.simulated(), serves_forming=False, settles_after=timedelta(hours=8))
    instruments = floor.add("AAPL")
    outcome = floor.hourly(instruments, late)
    assert (outcome.calls, outcome.expected, dict(outcome.missing)) == ({}, 0, {})
    assert floor.storage.market.ledgers([1], Timeframe.H1)[1] == Ledger()
    floor.clock.advance(timedelta(hours=9))
    assert (floor.hourly(instruments, late).stored, floor.clock.now().hour) == (7, 5)
