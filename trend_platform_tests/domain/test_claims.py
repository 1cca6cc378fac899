"""What providers tell, held against what is kept: new, moved, withdrawn, disputed."""

from datetime import UTC, date, datetime, timedelta

import polars as pl

from trend_platform.domain.actions import ACTION_SCHEMA, ActionKind, as_actions
from trend_platform.domain.claims import BY_HAND, Asked, Settled, settle

TOLD = datetime(2024, 6, 3, 12, tzinfo=UTC)
TODAY = date(2024, 6, 20)
JUNE_7, JUNE_10 = date(2024, 6, 7), date(2024, 6, 10)
Row = tuple[int, date, float, str]


def actions(*rows: Row, kind: ActionKind = ActionKind.SPLIT) -> pl.DataFrame:
    is_split = kind is ActionKind.SPLIT
    told = [
        (one, kind.value, ex, value if is_split else None, None if is_split else value, None, "", who, TOLD)
        for one, ex, value, who in rows
    ]
    return pl.DataFrame(told, schema=ACTION_SCHEMA, orient="row")


def hold(known: list[Row], told: list[Row], kind: ActionKind = ActionKind.SPLIT, first: date | None = None) -> Settled:
    asked = Asked(
        kind, told[0][3] if told else "tiingo", frozenset({1, 2}), first or date(2000, 1, 1), date(2024, 9, 1)
    )
    return settle(actions(*known, kind=kind), actions(*told, kind=kind), asked, TODAY)


def brief(frame: pl.DataFrame) -> list[tuple[object, ...]]:
    return frame.select("instrument_id", "ex_date", pl.coalesce("ratio", "amount"), "provider").rows()


def test_what_nobody_has_told_is_new() -> None:
    settled = hold([], [(1, JUNE_10, 10.0, "polygon")])
    assert brief(settled.added) == [(1, JUNE_10, 10.0, "polygon")]
    assert settled.removed.is_empty()
    assert settled.disputes.is_empty()


def test_the_same_from_another_one_is_nothing_new() -> None:
    settled = hold([(1, JUNE_10, 1 / 7, "polygon")], [(1, JUNE_10, 0.142857, "tiingo")])
    assert settled.added.is_empty()
    assert settled.disputes.is_empty()


def test_a_provider_corrects_itself_and_is_disputed_by_others() -> None:
    assert brief(hold([(1, JUNE_10, 2.0, "polygon")], [(1, JUNE_10, 3.0, "polygon")]).added) == [
        (1, JUNE_10, 3.0, "polygon")
    ]
    settled = hold([(1, JUNE_10, 2.0, "polygon")], [(1, JUNE_10, 3.0, "tiingo")])
    assert settled.added.is_empty()
    assert settled.disputes.rows() == [(1, "split", JUNE_10, "polygon", 2.0, "tiingo", JUNE_10, 3.0)]


def test_what_a_person_has_said_is_disputed_and_stays() -> None:
    settled = hold([(1, JUNE_10, 2.0, BY_HAND)], [(1, JUNE_10, 3.0, "polygon")])
    assert settled.added.is_empty()
    assert settled.disputes["value"].to_list() == [2.0]


def test_two_days_for_one_split_are_one_split() -> None:
    settled = hold([(1, JUNE_10, 10.0, "polygon")], [(1, JUNE_7, 10.0, "yahoo")])
    assert settled.added.is_empty()
    assert settled.disputes.rows() == [(1, "split", JUNE_10, "polygon", 10.0, "yahoo", JUNE_7, 10.0)]


def test_a_day_that_its_own_provider_moves_is_moved() -> None:
    settled = hold([(1, JUNE_7, 10.0, "polygon")], [(1, JUNE_10, 10.0, "polygon")])
    assert brief(settled.added) == [(1, JUNE_10, 10.0, "polygon")]
    assert brief(settled.removed) == [(1, JUNE_7, 10.0, "polygon")]
    assert settled.disputes.is_empty()


def test_two_splits_of_one_answer_are_two() -> None:
    known = [(1, JUNE_7, 2.0, "polygon")]
    settled = hold(known, [(1, JUNE_7, 2.0, "polygon"), (1, JUNE_10, 2.0, "polygon")])
    assert brief(settled.added) == [(1, JUNE_10, 2.0, "polygon")]
    assert settled.removed.is_empty()


def test_another_ratio_nearby_is_another_split() -> None:
    settled = hold([(1, JUNE_10, 10.0, "polygon")], [(1, JUNE_7, 2.0, "yahoo")])
    assert brief(settled.added) == [(1, JUNE_7, 2.0, "yahoo")]


def test_weekly_dividends_of_one_amount_are_not_taken_for_one() -> None:
    kind = ActionKind.DIVIDEND
    settled = hold([(1, date(2024, 6, 3), 0.1, "polygon")], [(1, JUNE_10, 0.1, "tiingo")], kind)
    assert brief(settled.added) == [(1, JUNE_10, 0.1, "tiingo")]


def test_an_announced_split_that_is_told_no_more_is_withdrawn_by_its_provider_alone() -> None:
    ahead = date(2024, 7, 10)
    other = (2, JUNE_10, 2.0, "polygon")
    assert brief(hold([(1, ahead, 2.0, "polygon"), other], [other]).removed) == [(1, ahead, 2.0, "polygon")]
    settled = hold([(1, ahead, 2.0, "polygon")], [(2, JUNE_10, 2.0, "tiingo")])
    assert settled.removed.is_empty()
    assert settled.disputes.rows() == [(1, "split", ahead, "polygon", 2.0, "tiingo", None, None)]


def test_a_past_split_is_never_dropped_because_it_is_told_no_more() -> None:
    past = (1, date(2020, 8, 31), 4.0, "polygon")
    assert hold([past], [(1, JUNE_10, 2.0, "polygon")]).removed.is_empty()


def test_who_begins_to_tell_late_says_nothing_of_what_was_before() -> None:
    past = (1, date(2014, 6, 9), 7.0, "polygon")
    assert hold([past], [(1, date(2020, 8, 31), 4.0, "alpaca")]).disputes.is_empty()
    assert hold([past], [(1, date(2005, 2, 28), 2.0, "alpaca")]).disputes.height == 1


def test_an_end_comes_once_whenever_it_is_dated() -> None:
    ends = pl.DataFrame({"instrument_id": [1], "ex_date": [TODAY - timedelta(days=400)], "provider": ["two"]})
    known = as_actions(ends, ActionKind.DELISTING, None)
    told = as_actions(
        ends.with_columns(pl.lit(TODAY - timedelta(days=9)).alias("ex_date"), pl.lit("one").alias("provider")),
        ActionKind.DELISTING,
        None,
    )
    asked = Asked(ActionKind.DELISTING, "one", frozenset({1}), date(1962, 1, 2), TODAY)
    settled = settle(known, told, asked, TODAY)
    assert (settled.added.height, settled.removed.height, settled.disputes.height) == (0, 0, 1)
    same = settle(known, known.with_columns(pl.lit("one").alias("provider")), asked, TODAY)
    assert (same.added.height, same.removed.height, same.disputes.height) == (0, 0, 0)


def test_what_was_not_asked_is_not_missed() -> None:
    assert hold([(1, JUNE_7, 2.0, "polygon")], [(2, JUNE_10, 2.0, "tiingo")], first=JUNE_10).disputes.is_empty()
    assert hold([(3, JUNE_10, 2.0, "polygon")], [(2, JUNE_10, 2.0, "tiingo")]).disputes.is_empty()
