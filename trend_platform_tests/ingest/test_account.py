from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from trend_platform.domain.calendars import from_us, get_calendar
from trend_platform.domain.coverage import BeliefPolicy, GapReason, Ledger
from trend_platform.domain.intervals import Interval, Spans, days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import BeyondDepth, NotEntitled, ProviderError, Transient
from trend_platform.ingest.account import DELISTED_AFTER, account, unserved
from trend_platform.ingest.holes import Observation
from trend_platform_tests.ingest.builders import stock

YEAR = days(date(2025, 1, 1), date(2025, 12, 31))
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
NYSE = get_calendar("XNYS")
ALL = NYSE.candle_opens(Timeframe.D1, YEAR)
NONE = ALL[:0]
POLICY = BeliefPolicy()


def seen(**changes: object) -> Observation:
    whole = Observation(stock(1), Timeframe.D1, "a", YEAR, YEAR, NOW, NOW, "1 page", sent=len(ALL))
    return replace(whole, **changes)


def reasons(ledger: Ledger) -> list[tuple[GapReason, int]]:
    return [(gap.reason, gap.missing) for gap in ledger.gaps]


def test_a_whole_answer_leaves_a_span_and_no_gap():
    ledger = account(seen(), Ledger(), ALL, NONE, POLICY)
    assert (ledger.covered, ledger.gaps) == (Spans((YEAR,)), ())


def test_what_comes_before_the_first_candle_is_before_listing_and_provisional():
    ledger = account(seen(sent=150), Ledger(), ALL[-150:], NONE, POLICY)
    assert reasons(ledger) == [(GapReason.BEFORE_LISTING, 100)]
    assert not ledger.gaps[0].is_believed


def test_a_hole_in_the_middle_is_unknown():
    ledger = account(seen(), Ledger(), np.delete(ALL, slice(50, 53)), NONE, POLICY)
    assert reasons(ledger) == [(GapReason.UNKNOWN, 3)]


def test_a_candle_that_was_set_aside_is_a_gap_of_its_own_next_to_others():
    ledger = account(seen(), Ledger(), np.delete(ALL, slice(50, 53)), ALL[51:52], POLICY)
    assert reasons(ledger) == [(GapReason.UNKNOWN, 1), (GapReason.REJECTED, 1), (GapReason.UNKNOWN, 1)]


def test_a_long_silence_up_to_the_end_is_after_delisting_and_a_short_one_is_unknown():
    long = account(seen(), Ledger(), ALL[:-DELISTED_AFTER], NONE, POLICY)
    short = account(seen(), Ledger(), ALL[: 1 - DELISTED_AFTER], NONE, POLICY)
    assert [reasons(long)[0][0], reasons(short)[0][0]] == [GapReason.AFTER_DELISTING, GapReason.UNKNOWN]


def test_an_empty_answer_about_an_unstored_series_is_unknown_and_not_a_listing():
    assert reasons(account(seen(sent=0), Ledger(), NONE, NONE, POLICY)) == [(GapReason.UNKNOWN, len(ALL))]


def test_an_empty_answer_before_a_stored_year_is_before_listing():
    later = days(date(2026, 1, 1), date(2026, 1, 4))
    ledger = account(seen(asked=later, answered=later), Ledger(), NYSE.candle_opens(Timeframe.D1, later), NONE, POLICY)
    assert reasons(account(seen(sent=0), ledger, NONE, NONE, POLICY)) == [(GapReason.BEFORE_LISTING, len(ALL))]


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (Transient("a", "HTTP 500"), GapReason.FETCH_FAILED),
        (NotEntitled("a", "plan"), GapReason.NOT_ENTITLED),
        (BeyondDepth("a", "too old"), GapReason.BEYOND_PROVIDER_DEPTH),
    ],
)
def test_what_was_not_answered_is_named_by_the_failure(failure: ProviderError, reason: GapReason):
    half = Interval(YEAR.start, datetime(2025, 7, 1, tzinfo=UTC))
    stored = ALL[NYSE.candle_opens(Timeframe.D1, half).size * 0 : NYSE.candle_opens(Timeframe.D1, half).size]
    ledger = account(seen(answered=half, failure=failure), Ledger(), stored, NONE, POLICY)
    assert ledger.covered == Spans((half,))
    assert reasons(ledger) == [(reason, len(ALL) - len(stored))]


def test_a_failed_fetch_is_due_at_once_and_a_refusal_by_the_plan_is_not():
    nothing = Interval(YEAR.start, YEAR.start)
    failed = account(seen(answered=nothing, failure=Transient("a", "x")), Ledger(), NONE, NONE, POLICY)
    refused = account(seen(answered=nothing, failure=NotEntitled("a", "x")), Ledger(), NONE, NONE, POLICY)
    assert (failed.gaps[0].is_due(NOW), refused.gaps[0].is_due(NOW)) == (True, False)


def test_a_failed_fetch_takes_no_observed_absence_away():
    known = account(seen(sent=150), Ledger(), ALL[-150:], NONE, POLICY)
    nothing = Interval(YEAR.start, YEAR.start)
    after = account(seen(answered=nothing, failure=Transient("a", "x")), known, ALL[-150:], NONE, POLICY)
    assert after == known


def test_candles_that_somebody_else_stored_are_no_gap():
    ledger = account(seen(sent=0), Ledger(), ALL, NONE, POLICY)
    assert ledger.gaps == ()


def test_a_forming_candle_is_never_accounted_for():
    settled = datetime(2025, 12, 31, tzinfo=UTC)
    ledger = account(seen(settled_until=settled), Ledger(), ALL, NONE, POLICY)
    assert ledger.covered == Spans((Interval(YEAR.start, settled),))


def test_a_second_look_at_a_distance_makes_an_unknown_hole_believed_no_trades():
    first = account(seen(), Ledger(), np.delete(ALL, 50), NONE, POLICY)
    soon = account(seen(observed_at=NOW + timedelta(hours=1)), first, np.delete(ALL, 50), NONE, POLICY)
    later = account(seen(observed_at=NOW + timedelta(hours=7)), soon, np.delete(ALL, 50), NONE, POLICY)
    assert [(one.gaps[0].reason, one.gaps[0].attempts, one.gaps[0].is_believed) for one in (first, soon, later)] == [
        (GapReason.UNKNOWN, 1, False),
        (GapReason.UNKNOWN, 2, False),
        (GapReason.NO_TRADES, 3, True),
    ]
    assert later.gaps[0].next_check_at == NOW + timedelta(hours=7) + POLICY.belief_lasts


def test_a_rejected_candle_is_never_believed_away():
    ledger = Ledger()
    for hours in (0, 10, 1000):
        ledger = account(seen(observed_at=NOW + timedelta(hours=hours)), ledger, np.delete(ALL, 50), ALL[50:51], POLICY)
    assert reasons(ledger) == [(GapReason.REJECTED, 1)]


def test_what_lies_beyond_every_reach_is_a_fact_and_what_nobody_serves_is_an_open_hole():
    too_old = unserved(seen(evidence="a reaches back to 2024"), Ledger(), NONE, POLICY, is_too_old=True)
    nobody = unserved(seen(evidence="nobody serves S1"), Ledger(), NONE, POLICY, is_too_old=False)
    assert [reasons(too_old)[0][0], reasons(nobody)[0][0]] == [GapReason.BEYOND_PROVIDER_DEPTH, GapReason.FETCH_FAILED]


def test_a_hole_that_grows_each_night_is_believed_part_by_part():
    ledger = Ledger()
    for night in range(3):
        until = datetime(2025, 12, 17 + night, tzinfo=UTC)
        at = NOW + timedelta(days=night)
        ledger = account(seen(settled_until=until, observed_at=at, sent=200), ledger, ALL[:-15], NONE, POLICY)
    assert [(gap.is_believed, gap.attempts) for gap in ledger.gaps] == [(True, 3), (True, 2), (False, 1)]


def test_a_long_silence_is_after_delisting_as_a_whole_even_where_its_parts_were_looked_at_at_different_times():
    before = account(seen(settled_until=datetime(2025, 12, 20, tzinfo=UTC)), Ledger(), ALL[:-40], NONE, POLICY)
    ledger = account(seen(observed_at=NOW + timedelta(days=10)), before, ALL[:-40], NONE, POLICY)
    assert {gap.reason for gap in ledger.gaps} == {GapReason.AFTER_DELISTING}
    assert sum(gap.missing for gap in ledger.gaps) == 40


def test_a_provider_that_fails_takes_nothing_away_from_what_another_one_observed_next_to_a_failure():
    cut = Interval(YEAR.start, from_us(ALL[60]))
    failed = seen(answered=cut, failure=Transient("a", "page 2 failed"))
    first = account(failed, Ledger(), ALL[:57], NONE, POLICY)
    nothing = seen(provider="b", answered=Interval(YEAR.start, YEAR.start), failure=Transient("b", "down"))
    again = account(nothing, first, ALL[:57], NONE, POLICY)
    assert [(gap.reason, gap.missing, gap.provider) for gap in again.gaps] == [
        (GapReason.UNKNOWN, 3, "a"),
        (GapReason.FETCH_FAILED, len(ALL) - 60, "b"),
    ]


def test_a_hole_filled_with_a_candle_that_is_not_settled_yet_is_no_gap_and_is_asked_again():
    last = Interval(from_us(ALL[-1]), YEAR.end)
    holed = account(seen(), Ledger(), ALL[:-1], NONE, POLICY)
    later = seen(provider="b", asked=last, answered=last, sent=1, settled_until=last.start)
    ledger = account(later, holed, ALL[-1:], NONE, POLICY)
    assert (ledger.gaps, ledger.covered) == ((), Spans((Interval(YEAR.start, last.start),)))
