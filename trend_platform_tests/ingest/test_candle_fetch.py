"""Fetching candles of any timeframe: asked in parts, tried elsewhere, and accounted for as one series."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.coverage import GapReason
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval, Spans, days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import UsageError
from trend_platform.ingest.accounts import series_accounts
from trend_platform.ingest.by_day import accounts_by_day
from trend_platform.ingest.candle_fetch import FETCHED, Fetch, fetch_candles, wanted_between
from trend_platform.ingest.needs import Need
from trend_platform.ingest.plan import PlanLimits
from trend_platform.ingest.prepare import prepare, surveyed
from trend_platform.ingest.workshop import IngestPolicy, Workshop, drive
from trend_platform.providers.base import Provider
from trend_platform.storage.base import PriceKind
from trend_platform.storage.memory import open_memory
from trend_platform_tests.ingest.builders import coin, stock
from trend_platform_tests.ingest.desk import Desk
from trend_platform_tests.ingest.within_day import Failing, Forgetful, Renamed, Shallow, Young

FEBRUARY = days(date(2026, 2, 1), date(2026, 2, 28))
BORN = datetime(2026, 2, 26, 12, 0, tzinfo=UTC)
SMALL = IngestPolicy(limits=PlanLimits(candles_per_request=5_000), batch_candles=10_000)


@pytest.fixture
def desk() -> Desk:
    found = Desk(policy=SMALL, storage=open_memory(PriceKind.REAL))
    found.add("BTC-USD", "AAPL")
    return found


def fetch(
    desk: Desk,
    *providers: Provider,
    symbols: Sequence[str] = ("BTC-USD",),
    timeframes: Sequence[Timeframe] = (Timeframe.M1,),
    interval: Interval = FEBRUARY,
    refresh: bool = False,
) -> Fetch:
    workshop = desk.workshop(*(providers or (any_one(desk),)))
    instruments = workshop.select(symbols)
    wanted = [wanted_between(instruments, one, interval, refresh=refresh) for one in timeframes]
    done = drive(workshop, fetch_candles(workshop, wanted))
    assert all(outcome.adds_up for outcome in done.outcomes)
    return done


def any_one(desk: Desk, name: str = "anyone") -> Provider:
    return Renamed(desk.simulated(), name)


def gaps(desk: Desk, symbol: str = "BTC-USD", timeframe: Timeframe = Timeframe.M1) -> dict[GapReason, int]:
    (instrument,) = desk.workshop().select([symbol])
    counts: dict[GapReason, int] = {}
    for gap in desk.storage.market.ledgers([instrument.instrument_id], timeframe)[instrument.instrument_id].gaps:
        counts[gap.reason] = counts.get(gap.reason, 0) + gap.missing
    return counts


@given(
    st.sampled_from([one for one in FETCHED if one.is_intraday]),
    st.integers(1, 400),
    st.integers(1, 900),
    st.sampled_from([stock(1), coin(2)]),
)
def test_parts_of_a_span_are_the_span_and_none_is_too_long(
    timeframe: Timeframe, hours: int, most: int, instrument: Instrument
):
    span = Interval(FEBRUARY.start, FEBRUARY.start + timedelta(hours=hours))
    need = Need(instrument, timeframe, (span,))
    parts = need.cut(span, most)
    assert Spans.of(parts) == Spans((span,))
    assert sum(map(need.count, parts)) == need.count(span)
    assert all(need.count(part) <= most for part in parts)
    assert all(need.count(part) == most for part in parts[:-1])


def test_days_are_never_cut():
    assert Need(stock(1), Timeframe.D1, (FEBRUARY,)).cut(FEBRUARY, 1) == [FEBRUARY]


def test_a_month_of_minutes_is_asked_in_parts_of_whole_pages(desk: Desk):
    desk.policy = replace(SMALL, limits=PlanLimits(candles_per_request=12_000))
    workshop = desk.workshop()
    plan = prepare(workshop, wanted_between(workshop.select(["BTC-USD"]), Timeframe.M1, FEBRUARY)).plan
    # 40,320 minutes; the simulated provider's pages hold 5,000 of them.
    assert [(call.candles, call.calls) for call in plan.calls] == [(10_000, 2)] * 4 + [(320, 1)]


@pytest.mark.parametrize("timeframe", FETCHED)
def test_every_timeframe_is_fetched_whole_and_only_once(desk: Desk, timeframe: Timeframe):
    (outcome,) = fetch(desk, symbols=("BTC-USD", "AAPL"), timeframes=(timeframe,)).outcomes
    assert (outcome.timeframe, outcome.stored) == (timeframe, outcome.expected)
    (again,) = fetch(desk, symbols=("BTC-USD", "AAPL"), timeframes=(timeframe,)).outcomes
    assert (again.calls, again.received) == ({}, 0)


def test_weeks_and_months_are_not_fetched():
    for timeframe in (Timeframe.W1, Timeframe.MO1):
        with pytest.raises(UsageError, match="rolled up from shorter ones"):
            wanted_between([stock(1)], timeframe, FEBRUARY)


def test_parts_before_the_first_candle_are_a_listing_whatever_order_they_come_in(desk: Desk):
    (outcome,) = fetch(desk, young := Young(desk.simulated(), BORN), any_one(desk)).outcomes
    before = (BORN - FEBRUARY.start) // timedelta(minutes=1)
    assert gaps(desk) == {GapReason.BEFORE_LISTING: before}
    assert (outcome.unexplained_missing, outcome.calls["young"]) == (0, 9)
    assert set(outcome.calls) == {"young"}, "nobody else is asked for what was explained"
    assert len(young.asked) > 1


def test_parts_after_the_last_candle_are_a_delisting(desk: Desk):
    gone = datetime(2026, 2, 4, tzinfo=UTC)
    fetch(desk, Young(desk.simulated(), FEBRUARY.start, gone))
    assert gaps(desk) == {GapReason.AFTER_DELISTING: (FEBRUARY.end - gone) // timedelta(minutes=1)}


def test_a_listing_is_one_still_when_it_is_looked_at_again_and_then_it_is_believed(desk: Desk):
    fetch(desk, Young(desk.simulated(), BORN))
    before = gaps(desk)
    desk.clock.advance(timedelta(hours=13))
    (outcome,) = fetch(desk, Young(desk.simulated(), BORN)).outcomes
    assert (gaps(desk), outcome.received) == (before, 0)
    assert all(gap.is_believed for gap in outcome.accounts[0].gaps)


def test_a_silence_of_a_week_within_the_day_is_no_listing(desk: Desk):
    fetch(desk, Young(desk.simulated(), FEBRUARY.start + timedelta(days=7)))
    assert gaps(desk) == {GapReason.UNKNOWN: 7 * 1440}


def test_a_hole_in_each_of_two_parts_of_one_batch_is_asked_of_the_next_provider(desk: Desk):
    holes = [FEBRUARY.start + timedelta(days=1), FEBRUARY.start + timedelta(days=5)]
    (outcome,) = fetch(
        desk, Forgetful(desk.simulated(), holes), second := Shallow(desk.simulated(), FEBRUARY.start)
    ).outcomes
    assert [one.interval.start for one in second.asked] == holes
    assert (outcome.stored, outcome.missing) == (40_320, {})


def test_what_one_provider_does_not_reach_is_asked_of_the_next_one(desk: Desk):
    shallow, deep = Shallow(desk.simulated(), BORN), Shallow(desk.simulated(), FEBRUARY.start, "deep")
    (outcome,) = fetch(desk, shallow, deep).outcomes
    assert outcome.missing == {}
    assert (min(one.interval.start for one in shallow.asked), deep.asked[0].interval.start) == (BORN, FEBRUARY.start)
    assert max(one.interval.end for one in deep.asked) == BORN


def test_what_nobody_reaches_is_beyond_their_depth(desk: Desk):
    (outcome,) = fetch(desk, Shallow(desk.simulated(), BORN)).outcomes
    minutes = (BORN - FEBRUARY.start) // timedelta(minutes=1)
    assert outcome.missing == {GapReason.BEYOND_PROVIDER_DEPTH: minutes}
    assert outcome.accounts[0].gaps[0].evidence == "shallow reaches back to 2026-02-26"


def test_failing_fast_ends_at_the_first_failure_and_keeps_what_came_before(desk: Desk):
    desk.policy = replace(SMALL, fails_fast=True)
    middle = FEBRUARY.start + timedelta(days=10)
    failing = Failing(replaced_concurrency(desk.simulated()), middle)
    done = fetch(desk, failing, any_one(desk), timeframes=(Timeframe.M1, Timeframe.H1))
    (outcome,) = done.outcomes
    assert done.has_failures
    assert set(outcome.calls) == {"failing"}
    assert sum(one.interval.start >= middle for one in failing.asked) == 1
    assert 0 < outcome.stored < outcome.expected
    desk.policy = SMALL
    (healed,) = fetch(desk).outcomes
    assert (healed.stored, healed.received) == (40_320, 40_320 - outcome.stored)


def replaced_concurrency(provider: Provider) -> Provider:
    # One request at a time, so that what comes before a failure is told apart from what was under way beside it.
    class Patient:
        capabilities = replace(provider.capabilities, concurrency=1)

        def __getattr__(self, name: str) -> object:
            return getattr(provider, name)

    return Patient()


def test_a_fetch_of_days_makes_the_range_series_hot_and_one_of_hours_the_charts(desk: Desk):
    assert fetch(desk, timeframes=(Timeframe.M1,)).series_written == 0
    assert fetch(desk, timeframes=(Timeframe.D1,)).series_written == 9
    assert fetch(desk, timeframes=(Timeframe.H1,)).series_written == 1
    assert fetch(desk, timeframes=(Timeframe.D1, Timeframe.H1)).series_written == 0


def test_days_by_the_ledger_are_the_series_by_its_rows(desk: Desk):
    holes = [FEBRUARY.start + timedelta(days=3, minutes=at) for at in range(50)]
    fetch(desk, Forgetful(Young(desk.simulated(), BORN - timedelta(days=24)), holes), symbols=("BTC-USD", "AAPL"))
    workshop: Workshop = desk.workshop()
    wanted = wanted_between(
        workshop.select([]), Timeframe.M1, Interval(FEBRUARY.start, FEBRUARY.end + timedelta(days=2))
    )
    by_day = accounts_by_day(workshop, wanted)
    accounts = series_accounts(workshop, *surveyed(workshop, wanted))
    assert [day.isoformat() for day in by_day][::29] == ["2026-02-01", "2026-03-02"]
    assert sum(one.expected for one in by_day.values()) == sum(one.expected for one in accounts)
    assert sum(one.stored for one in by_day.values()) == sum(one.stored for one in accounts)
    assert sum(one.unexplained for one in by_day.values()) == sum(one.unexplained for one in accounts)
    assert by_day[date(2026, 2, 4)].open == {"BTC-USD": 50}
    assert by_day[date(2026, 3, 2)].open == {"AAPL": 390, "BTC-USD": 1440}
    assert by_day[date(2026, 2, 28)].expected == 1440
