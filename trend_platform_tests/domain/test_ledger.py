from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.coverage import Gap, GapReason, Ledger, Span
from trend_platform.domain.intervals import Interval, Spans
from trend_platform.domain.ledger import gaps_within, record
from trend_platform.domain.timeframes import Timeframe

START = datetime(2026, 1, 1, tzinfo=UTC)


def between(first: int, last: int) -> Interval:
    return Interval(START + timedelta(days=first), START + timedelta(days=last))


def count(interval: Interval) -> int:
    return interval.length.days


def span(first: int, last: int, provider: str = "a", asked: int = 100) -> Span:
    return Span(1, Timeframe.D1, between(first, last), provider, START + timedelta(days=asked))


def gap(first: int, last: int, reason: GapReason = GapReason.UNKNOWN) -> Gap:
    at = START + timedelta(days=100)
    return Gap(1, Timeframe.D1, between(first, last), last - first, reason, "a", "seen", 1, at, at, at)


def test_spans_of_one_provider_that_touch_become_one():
    ledger = record(record(Ledger(), [span(0, 10)], [], count), [span(10, 20)], [], count)
    assert [one.interval for one in ledger.spans] == [between(0, 20)]


def test_spans_of_two_providers_stay_apart_and_the_newer_one_wins_where_they_meet():
    ledger = record(record(Ledger(), [span(0, 10)], [], count), [span(5, 8, "b")], [], count)
    assert [(one.provider, one.interval) for one in ledger.spans] == [
        ("a", between(0, 5)),
        ("b", between(5, 8)),
        ("a", between(8, 10)),
    ]


def test_a_newer_span_takes_older_gaps_away_and_recounts_what_is_left():
    ledger = record(Ledger((span(0, 20),), (gap(5, 15),)), [span(0, 8)], [], count)
    assert [(one.interval, one.missing) for one in ledger.gaps] == [(between(8, 15), 7)]


def test_a_gap_of_a_failed_call_lies_outside_of_any_span():
    ledger = record(Ledger((span(0, 10),)), [], [gap(10, 20, GapReason.FETCH_FAILED)], count)
    assert ledger.covered == Spans((between(0, 10),))
    assert sum(one.missing for one in ledger.gaps) == 10


def test_gaps_are_cut_to_the_wanted_days_and_recounted():
    found = gaps_within(Ledger((), (gap(0, 10),)), Spans((between(3, 5), between(8, 30))), count)
    assert [(one.interval, one.missing) for one in found] == [(between(3, 5), 2), (between(8, 10), 2)]


places = st.tuples(st.integers(0, 30), st.integers(1, 12)).map(lambda at: (at[0], at[0] + at[1]))


@given(st.lists(st.tuples(st.sampled_from("ab"), places, st.lists(places, max_size=2)), max_size=6))
def test_whatever_is_recorded_spans_and_gaps_never_overlap_and_the_newest_knowledge_stands(events):
    ledger, covered, missing = Ledger(), set(), set()
    for provider, (first, last), holes in events:
        inside = Spans.of(between(*hole) & between(first, last) for hole in holes)
        gaps = [gap((h.start - START).days, (h.end - START).days) for h in inside]
        ledger = record(ledger, [span(first, last, provider)], gaps, count)
        days = set(range(first, last))
        covered |= days
        missing = (missing - days) | {day for day in days for h in inside if START + timedelta(days=day) in h}
    assert {
        day for one in ledger.spans for day in range((one.interval.start - START).days, (one.interval.end - START).days)
    } == covered
    assert sum(count(one.interval) for one in ledger.spans) == len(covered)
    assert sum(one.missing for one in ledger.gaps) == len(missing)
