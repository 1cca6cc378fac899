"""The algebra of vintages: joined, shown by a source without any, known on a day, changed."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from trend_platform.domain.economy import (
    FOREVER,
    as_known_on,
    change_between,
    empty_observations,
    joined_vintages,
    overlapping,
    seen_on,
)
from trend_platform_tests.storage.reading_frames import believed, vintages

JULY, OCTOBER = date(2026, 7, 1), date(2026, 10, 1)
FIRST, SECOND, THIRD = date(2026, 10, 29), date(2026, 11, 25), date(2026, 12, 23)
DAY = timedelta(days=1)


def test_what_was_clipped_in_two_is_one_again_and_a_revision_is_not() -> None:
    early = vintages((JULY, FIRST, SECOND - DAY, 1.0), (OCTOBER, FIRST, SECOND - DAY, 5.0))
    late = vintages((JULY, SECOND, FOREVER, 1.0), (OCTOBER, SECOND, FOREVER, 6.0))
    joined = joined_vintages([late, early])
    assert_frame_equal(
        joined,
        vintages((JULY, FIRST, FOREVER, 1.0), (OCTOBER, FIRST, SECOND - DAY, 5.0), (OCTOBER, SECOND, FOREVER, 6.0)),
    )


def test_a_value_that_came_back_after_a_pause_is_two_beliefs() -> None:
    rows = vintages((JULY, FIRST, SECOND, 1.0), (JULY, SECOND + 5 * DAY, FOREVER, 1.0), (OCTOBER, FIRST, FOREVER, None))
    assert_frame_equal(joined_vintages([rows]), rows)
    assert joined_vintages([]).is_empty()


def test_values_without_one_are_joined_as_well() -> None:
    rows = vintages((JULY, FIRST, SECOND, None), (JULY, SECOND + DAY, FOREVER, None))
    assert joined_vintages([rows])["realtime_end"].to_list() == [FOREVER]


def test_what_a_source_without_vintages_shows_first_is_believed_from_that_day_on() -> None:
    shown = vintages(believed(JULY, FIRST, 1.0), believed(OCTOBER, FIRST, None))
    assert_frame_equal(seen_on(empty_observations(), shown, FIRST), shown)


def test_a_change_ends_what_was_believed_the_day_before_and_the_rest_stays() -> None:
    stored = vintages(believed(JULY, FIRST, 1.0), believed(OCTOBER, FIRST, 2.0))
    shown = vintages(believed(JULY, SECOND, 1.0), believed(OCTOBER, SECOND, 2.5))
    assert_frame_equal(
        seen_on(stored, shown, SECOND), vintages((OCTOBER, FIRST, SECOND - DAY, 2.0), believed(OCTOBER, SECOND, 2.5))
    )


def test_a_second_change_in_a_day_replaces_the_first() -> None:
    stored = vintages((JULY, FIRST, SECOND - DAY, 1.0), believed(JULY, SECOND, 2.0))
    change = change_between(stored, seen_on(stored, vintages(believed(JULY, SECOND, 3.0)), SECOND))
    assert (change.inserted, change.changed, change.gone.height) == (0, 1, 0)
    assert change.rows["value"].to_list() == [3.0]


def test_of_a_day_one_value_of_each_period_was_known_and_none_that_was_not_published() -> None:
    rows = vintages(
        (JULY, FIRST, SECOND - DAY, 1.0),
        believed(JULY, SECOND, 2.0),
        believed(OCTOBER, THIRD, 9.0),
        believed(date(2026, 4, 1), FIRST, None),
    )
    assert as_known_on(rows, FIRST - DAY).is_empty()
    assert [as_known_on(rows, day)["value"].to_list() for day in (FIRST, SECOND - DAY, SECOND, THIRD)] == [
        [1.0],
        [1.0],
        [2.0],
        [2.0, 9.0],
    ]


def test_a_belief_that_leaves_no_room_for_the_told_one_is_gone_and_others_stay() -> None:
    stored = vintages((JULY, FIRST, SECOND - DAY, 1.0), believed(JULY, SECOND, 2.0), believed(OCTOBER, SECOND, 4.0))
    change = change_between(stored, vintages(believed(JULY, SECOND - 5 * DAY, 2.0)))
    assert change.gone.select("observed_on", "realtime_start").rows() == [(JULY, FIRST), (JULY, SECOND)]
    assert (change.inserted, change.changed, change.unchanged) == (1, 0, 0)
    ended = change_between(
        stored, vintages((JULY, FIRST - 9 * DAY, FIRST - DAY, 0.5), (JULY, SECOND - DAY, SECOND - DAY, 1.0))
    )
    assert ended.gone["realtime_start"].to_list() == [FIRST]


def test_vintages_that_overlap_are_found() -> None:
    sound = vintages((JULY, FIRST, SECOND - DAY, 1.0), believed(JULY, SECOND, 2.0), believed(OCTOBER, FIRST, 2.0))
    assert overlapping(sound).is_empty()
    unsound = vintages(believed(JULY, FIRST, 1.0), (JULY, SECOND, THIRD, 2.0), believed(OCTOBER, FIRST, 2.0))
    assert overlapping(unsound).select("observed_on", "realtime_start").rows() == [(JULY, SECOND)]


SHOWN = st.dictionaries(st.sampled_from([JULY, OCTOBER, FIRST]), st.sampled_from([1.0, 2.0, None]))


@given(st.lists(st.tuples(st.integers(0, 9), SHOWN), max_size=8))
def test_whatever_is_shown_day_by_day_vintages_never_overlap_and_tell_what_was_shown(
    looks: list[tuple[int, dict[date, float | None]]],
) -> None:
    stored, believed_then = empty_observations(), {}
    for ahead, shown in sorted(looks, key=lambda look: look[0]):
        day = FIRST + ahead * DAY
        told = seen_on(stored, vintages(*(believed(on, day, value) for on, value in shown.items())), day)
        change = change_between(stored, told)
        assert change.gone.is_empty()
        key = ["observed_on", "realtime_start"]
        stored = change.rows.vstack(stored.join(change.rows, on=key, how="anti")).sort(key)
        believed_then |= shown
        known = {on: value for on, value in believed_then.items() if value is not None}
        assert dict(as_known_on(stored, day).select("observed_on", "value").iter_rows()) == known
    assert overlapping(stored).is_empty()
