"""Gaps as columns, held against a plain reading of the same ledger."""

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.candles import INSTANT
from trend_platform.quality.coverage_map import coverage_map, period_of
from trend_platform.quality.gaps import NEVER_ASKED, WINDOW_SCHEMA, cut, expected, joined, never_asked

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 40
PLACES = st.lists(st.tuples(st.integers(0, DAYS), st.integers(1, 8)), max_size=6)


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def parts(places: list[tuple[int, int]]) -> pl.DataFrame:
    """Disjoint parts of one daily series, as a ledger has them."""
    rows, free = [], 0
    for start, length in sorted(places):
        first, last = max(start, free), start + length
        if first < last:
            rows.append((1, "1d", day(first), day(last), last - first))
            free = last
    schema = {
        "instrument_id": pl.Int32,
        "timeframe": pl.String,
        "start_at": INSTANT,
        "end_at": INSTANT,
        "missing": pl.Int64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def window(first: int, last: int) -> pl.DataFrame:
    return pl.DataFrame([(1, "1d", "24/7", day(first), day(last))], schema=WINDOW_SCHEMA, orient="row")


def days_of(frame: pl.DataFrame, first: int, last: int) -> set[int]:
    return {
        number
        for number in range(first, last)
        for start, end in frame.select("start_at", "end_at").iter_rows()
        if start <= day(number) < end
    }


@given(PLACES, st.integers(0, 20), st.integers(1, 30))
def test_gaps_are_cut_to_the_window_and_recounted(places: list[tuple[int, int]], first: int, length: int) -> None:
    gaps, last = parts(places), first + length
    found = cut(gaps, window(first, last))
    assert days_of(found, first - 5, last + 5) == days_of(gaps, first, last)
    assert found["missing"].sum() == len(days_of(gaps, first, last))


@given(PLACES, PLACES, st.integers(0, 20), st.integers(1, 30))
def test_what_neither_spans_nor_gaps_speak_of_was_never_asked(
    spans: list[tuple[int, int]], gaps: list[tuple[int, int]], first: int, length: int
) -> None:
    answered, missing, last = parts(spans), parts(gaps), first + length
    found = never_asked(window(first, last), answered, missing)
    plain = set(range(first, last)) - days_of(answered, 0, 99) - days_of(missing, 0, 99)
    assert days_of(found, 0, 99) == plain
    assert found["missing"].sum() == len(plain)


def test_expected_candles_are_counted_by_the_calendar() -> None:
    christmas = pl.DataFrame(
        [(1, "1d", "XNYS", datetime(2025, 12, 22, tzinfo=UTC), datetime(2025, 12, 29, tzinfo=UTC))],
        schema=WINDOW_SCHEMA,
        orient="row",
    )
    assert expected(christmas)["expected"].to_list() == [4]


def told(places: list[tuple[int, int, str, str]]) -> pl.DataFrame:
    rows = [
        (
            1,
            "1d",
            "24/7",
            day(first),
            day(last),
            last - first,
            reason,
            provider,
            "seen",
            1,
            day(50),
            day(51),
            day(52),
            False,
        )
        for first, last, reason, provider in places
    ]
    names = [
        "instrument_id",
        "timeframe",
        "calendar",
        "start_at",
        "end_at",
        "missing",
        "reason",
        "provider",
        "evidence",
    ]
    names += ["attempts", "first_seen_at", "last_checked_at", "next_check_at", "is_believed"]
    return pl.DataFrame(rows, schema=names, orient="row")


def test_a_hole_that_was_asked_in_parts_is_one_hole_and_other_stories_stay_apart() -> None:
    gaps = told(
        [
            (0, 3, "unknown", "a"),
            (3, 5, "unknown", "a"),
            (5, 6, "no_trades", "a"),
            (6, 7, "no_trades", "b"),
            (8, 9, "no_trades", "b"),
        ]
    )
    found = joined(gaps).select("start_at", "end_at", "missing", "reason").rows()
    assert found == [
        (day(0), day(5), 5, "unknown"),
        (day(5), day(6), 1, "no_trades"),
        (day(6), day(7), 1, "no_trades"),
        (day(8), day(9), 1, "no_trades"),
    ]


def test_a_map_adds_up_to_what_it_was_made_of() -> None:
    gaps = told([(3, 5, "unknown", "a"), (29, 35, "no_trades", "a"), (50, 200, NEVER_ASKED, "")])
    windows = window(0, 200)
    found = coverage_map(windows, gaps, "1mo")
    assert found.select("expected", "unexplained", "explained", "never_asked").sum().row(0) == (200, 2, 6, 150)
    assert (
        found["expected"] == found["stored"] + found["explained"] + found["unexplained"] + found["never_asked"]
    ).all()
    january, february = found.head(2).to_dicts()
    assert (january["expected"], january["explained"], february["explained"]) == (31, 2, 4)


def test_periods_are_such_that_people_can_see_them() -> None:
    assert [period_of(window(0, last)) for last in (30, 400, 9000)] == ["1d", "1mo", "1y"]
    assert period_of(window(0, 1).clear()) == "1mo"
