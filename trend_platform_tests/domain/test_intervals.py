"""Intervals against a brute-force model: a set of whole hours."""

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.intervals import Interval, Spans, days, midnight
from trend_platform.errors import UsageError

START = datetime(2024, 3, 9, tzinfo=UTC)
HOURS = range(24)


def hours(first: int, last: int) -> Interval:
    return Interval(START + timedelta(hours=first), START + timedelta(hours=last))


def model(spans: Spans) -> set[int]:
    return {hour for hour in HOURS if START + timedelta(hours=hour) in spans}


def is_canonical(spans: Spans) -> bool:
    return all(spans.intervals) and all(one.end < two.start for one, two in pairwise(spans))


pieces = st.lists(
    st.tuples(st.integers(0, 24), st.integers(0, 24)).map(lambda pair: hours(min(pair), max(pair))), max_size=8
)
span_sets = pieces.map(Spans.of)


@given(pieces)
def test_a_span_set_holds_what_any_of_its_pieces_holds(parts: list[Interval]) -> None:
    spans = Spans.of(parts)
    assert is_canonical(spans)
    assert model(spans) == {hour for hour in HOURS if any(START + timedelta(hours=hour) in part for part in parts)}


@given(span_sets, span_sets)
def test_the_algebra_is_that_of_sets(one: Spans, two: Spans) -> None:
    for found, expected in [
        (one | two, model(one) | model(two)),
        (one & two, model(one) & model(two)),
        (one - two, model(one) - model(two)),
    ]:
        assert is_canonical(found)
        assert model(found) == expected


@given(span_sets)
def test_nothing_changes_by_what_is_empty_or_itself(spans: Spans) -> None:
    assert spans | Spans() == spans - Spans() == spans & spans == spans
    assert not spans - spans
    assert not spans & Spans()


@given(span_sets)
def test_the_hull_reaches_from_the_first_to_the_last(spans: Spans) -> None:
    if spans:
        assert spans.hull == Interval(spans.intervals[0].start, spans.intervals[-1].end)
    else:
        assert spans.hull is None


def test_the_algebra_of_long_span_sets_is_linear() -> None:
    long = Spans(tuple(hours(3 * n, 3 * n + 2) for n in range(20_000)))
    shifted = Spans(tuple(hours(3 * n + 1, 3 * n + 3) for n in range(20_000)))
    assert len(long & shifted) == len(long - shifted) == 20_000


def test_the_end_is_outside_and_the_start_inside() -> None:
    assert START in hours(0, 1)
    assert START + timedelta(hours=1) not in hours(0, 1)
    assert START + timedelta(hours=1) not in Spans.of([hours(0, 1), hours(2, 3)])


def test_touching_intervals_become_one() -> None:
    assert Spans.of([hours(1, 2), hours(0, 1)]).intervals == (hours(0, 2),)


def test_disjoint_intervals_share_an_empty_one() -> None:
    assert not hours(0, 1) & hours(3, 4)
    assert not hours(3, 4) & hours(0, 1)


def test_an_interval_says_how_long_it_is() -> None:
    assert hours(1, 4).length == timedelta(hours=3)


def test_an_interval_needs_a_zone_and_an_order() -> None:
    with pytest.raises(UsageError, match="aware"):
        Interval(datetime(2024, 1, 1), datetime(2024, 1, 2, tzinfo=UTC))  # noqa: DTZ001  the fault under test
    with pytest.raises(UsageError, match="must not end"):
        hours(2, 1)


def test_an_interval_is_shown_in_utc_whatever_its_zone() -> None:
    new_york = timezone(-timedelta(hours=5))
    shown = Interval(datetime(2024, 1, 1, 19, tzinfo=new_york), datetime(2024, 1, 2, 9, 30, tzinfo=new_york))
    assert str(shown) == "[2024-01-02, 2024-01-02T14:30:00Z)"


def test_days_include_the_last_one() -> None:
    assert days(date(2024, 2, 28), date(2024, 2, 29)) == Interval(
        midnight(date(2024, 2, 28)), midnight(date(2024, 3, 1))
    )
