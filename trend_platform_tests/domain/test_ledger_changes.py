"""What a change did to a ledger is taken back exactly."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.coverage import Gap, GapReason, Ledger, Span
from trend_platform.domain.intervals import Interval, Spans
from trend_platform.domain.ledger import record
from trend_platform.domain.ledger_changes import change_of, taken_back
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.ledger_json import ledger_from_json, ledger_to_json

START = datetime(2026, 1, 1, tzinfo=UTC)


def between(first: int, last: int) -> Interval:
    return Interval(START + timedelta(days=first), START + timedelta(days=last))


def count(interval: Interval) -> int:
    return interval.length.days


def asked(ledger: Ledger, first: int, last: int, hole: tuple[int, int], provider: str, at: int) -> Ledger:
    when = START + timedelta(days=1000 + at, microseconds=at)
    gaps = []
    if hole[0] < hole[1]:
        place = between(*hole)
        gap = Gap(1, Timeframe.D1, place, count(place), GapReason.UNKNOWN, provider, 'é "', 1, when, when, when)
        gaps.append(gap)
    return record(ledger, [Span(1, Timeframe.D1, between(first, last), provider, when)], gaps, count)


@st.composite
def looks(draw: st.DrawFn) -> tuple[int, int, tuple[int, int], str]:
    first = draw(st.integers(0, 20))
    last = draw(st.integers(first + 1, 24))
    start = draw(st.integers(first, last))
    end = draw(st.integers(start, last))
    return first, last, (start, end), draw(st.sampled_from(["a", "b"]))


@given(st.lists(looks(), max_size=5), st.lists(looks(), min_size=1, max_size=3))
def test_changes_are_taken_back_exactly_one_after_the_other(history, repairs):
    ledger = Ledger()
    for at, look in enumerate(history):
        ledger = asked(ledger, *look, at)
    before, changes = ledger, []
    for at, look in enumerate(repairs):
        after = asked(ledger, *look, 100 + at)
        changes.append(change_of(ledger, after))
        ledger = after
    for change in reversed(changes):
        ledger = taken_back(ledger, change, count)
    assert ledger == before


@given(st.lists(looks(), max_size=4), looks(), looks())
def test_after_a_later_look_the_places_of_the_change_say_what_they_said(history, repair, later):
    before = Ledger()
    for at, look in enumerate(history):
        before = asked(before, *look, at)
    after = asked(before, *repair, 100)
    now = taken_back(asked(after, *later, 200), change_of(before, after), count)
    looked_again = Spans((between(later[0], later[1]),))
    assert now.covered - looked_again == before.covered - looked_again
    assert sum(gap.missing for gap in now.gaps) == sum(count(gap.interval) for gap in now.gaps)
    places = sorted(gap.interval for gap in now.gaps)
    assert all(one.end <= two.start for one, two in pairwise(places))


@given(st.lists(looks(), max_size=5))
def test_a_ledger_survives_its_json(history):
    ledger = Ledger()
    for at, look in enumerate(history):
        ledger = asked(ledger, *look, at)
    assert ledger_from_json(ledger_to_json(ledger)) == ledger
