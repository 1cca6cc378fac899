"""What an absence means: provisional at first, believed after a second look at a distance, never for good."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.coverage import BeliefPolicy, Gap, GapReason, Ledger, Span, observe
from trend_platform.domain.intervals import Interval, Spans
from trend_platform.domain.timeframes import Timeframe

NOW = datetime(2024, 3, 5, 12, tzinfo=UTC)
POLICY = BeliefPolicy()
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def days(first: int, last: int) -> Interval:
    return Interval(NOW - 100 * DAY + first * DAY, NOW - 100 * DAY + last * DAY)


FOUR_DAYS = days(0, 4)


def look(
    at: datetime,
    reason: GapReason = GapReason.UNKNOWN,
    provider: str = "polygon",
    interval: Interval = FOUR_DAYS,
) -> Gap:
    return Gap(
        instrument_id=1,
        timeframe=Timeframe.D1,
        interval=interval,
        missing=4,
        reason=reason,
        provider=provider,
        evidence="1 page, 0 rows",
        attempts=1,
        first_seen_at=at,
        last_checked_at=at,
        next_check_at=at,
    )


def observed(*looks: Gap) -> Gap:
    known: tuple[Gap, ...] = ()
    for seen in looks:
        known = (observe(seen, known, POLICY),)
    return known[0]


def test_a_first_no_data_here_is_provisional() -> None:
    gap = observed(look(NOW))
    assert (gap.is_believed, gap.reason, gap.attempts) == (False, GapReason.UNKNOWN, 1)
    assert gap.next_check_at == NOW + POLICY.provisional_retry_after
    assert not gap.is_due(NOW)
    assert gap.is_due(gap.next_check_at)


def test_a_second_look_at_a_distance_is_believed() -> None:
    gap = observed(look(NOW), look(NOW + 6 * HOUR))
    assert (gap.is_believed, gap.reason, gap.attempts) == (True, GapReason.NO_TRADES, 2)
    assert gap.first_seen_at == NOW


def test_looks_in_a_row_confirm_nothing() -> None:
    gap = observed(*(look(NOW + minute * timedelta(minutes=1)) for minute in range(60)))
    assert (gap.is_believed, gap.attempts) == (False, 60)
    assert gap.first_seen_at == NOW


def test_belief_expires_and_is_renewed_by_another_look() -> None:
    gap = observed(look(NOW), look(NOW + DAY))
    assert not gap.is_due(NOW + DAY + POLICY.belief_lasts - HOUR)
    assert gap.is_due(NOW + DAY + POLICY.belief_lasts)
    again = observed(gap, look(NOW + 40 * DAY))
    assert again.is_believed
    assert again.next_check_at == NOW + 40 * DAY + POLICY.belief_lasts


def test_a_second_look_keeps_the_reason_that_was_seen() -> None:
    gap = observed(look(NOW, GapReason.BEFORE_LISTING), look(NOW + DAY, GapReason.BEFORE_LISTING))
    assert (gap.is_believed, gap.reason) == (True, GapReason.BEFORE_LISTING)


@pytest.mark.parametrize("reason", [reason for reason in GapReason if not reason.is_observation])
def test_what_nobody_observed_is_never_believed(reason: GapReason) -> None:
    gap = observed(look(NOW, reason), look(NOW + DAY, reason), look(NOW + 2 * DAY, reason))
    assert (gap.is_believed, gap.reason, gap.attempts) == (False, reason, 3)


def test_a_failed_fetch_is_due_at_once_and_confirms_no_observation() -> None:
    failed = observed(look(NOW, GapReason.FETCH_FAILED))
    assert failed.is_due(NOW)
    gap = observed(look(NOW, GapReason.FETCH_FAILED), look(NOW + DAY))
    assert (gap.is_believed, gap.attempts, gap.first_seen_at) == (False, 2, NOW + DAY)


def test_a_refusal_by_the_plan_is_taken_for_granted_for_a_day() -> None:
    gap = observed(look(NOW, GapReason.NOT_ENTITLED))
    assert gap.next_check_at == NOW + POLICY.not_entitled_lasts


def test_two_providers_do_not_confirm_each_other() -> None:
    gap = observed(look(NOW), look(NOW + DAY, provider="coingecko"))
    assert (gap.is_believed, gap.attempts, gap.first_seen_at) == (False, 1, NOW + DAY)


def test_a_look_at_a_part_confirms_only_that_part() -> None:
    before = [look(NOW, interval=days(0, 3))]
    assert observe(look(NOW + DAY, interval=days(1, 3)), before, POLICY).is_believed
    assert not observe(look(NOW + DAY, interval=days(1, 4)), before, POLICY).is_believed
    assert not observe(look(NOW + DAY, interval=days(3, 4)), before, POLICY).is_believed


def test_looks_at_all_parts_confirm_the_whole_from_the_last_of_them_on() -> None:
    before = [look(NOW, interval=days(0, 2)), look(NOW + 5 * HOUR, interval=days(2, 4))]
    assert not observe(look(NOW + 10 * HOUR), before, POLICY).is_believed
    assert observe(look(NOW + 11 * HOUR), before, POLICY).is_believed


def test_a_part_that_failed_leaves_the_whole_unconfirmed() -> None:
    before = [look(NOW, interval=days(0, 2)), look(NOW, GapReason.FETCH_FAILED, interval=days(2, 4))]
    assert not observe(look(NOW + DAY), before, POLICY).is_believed


@given(
    st.lists(st.tuples(st.sampled_from(GapReason), st.sampled_from("ab"), st.integers(0, 20)), min_size=1, max_size=6)
)
def test_belief_always_rests_on_two_distant_looks_of_one_provider(steps: list[tuple[GapReason, str, int]]) -> None:
    now, looks = NOW, []
    for reason, provider, waited in steps:
        now += waited * HOUR
        looks.append(look(now, reason, provider))
    gap = observed(*looks)
    seen = [each.last_checked_at for each in looks if each.provider == gap.provider and each.reason.is_observation]
    assert not gap.is_believed or seen[-1] - seen[0] >= POLICY.second_look_after
    assert not gap.is_believed or looks[-1].reason.is_observation


def test_reasons_that_leave_a_hole_open_explain_nothing() -> None:
    open_ = {reason.value for reason in GapReason if not reason.explains}
    assert open_ == {"fetch_failed", "feed_down", "rejected", "unknown"}


def test_a_ledger_without_entries_settles_nothing() -> None:
    assert not Ledger().covered
    assert not Ledger().settled(NOW)


def test_settled_is_what_is_covered_without_the_gaps_that_are_due() -> None:
    span = Span(1, Timeframe.D1, days(0, 10), "polygon", NOW)
    waiting, outside = (
        observed(look(NOW, interval=days(2, 4))),
        look(NOW, GapReason.FETCH_FAILED, interval=days(10, 12)),
    )
    ledger = Ledger((span,), (waiting, outside))
    assert ledger.covered == Spans.of([days(0, 10)])
    assert ledger.settled(NOW) == Spans.of([days(0, 10)])
    assert ledger.settled(waiting.next_check_at) == Spans.of([days(0, 2), days(4, 10)])


def test_a_gap_that_waits_outside_of_the_covered_part_is_not_asked_either() -> None:
    refused = observed(look(NOW, GapReason.NOT_ENTITLED, interval=days(10, 12)))
    assert Ledger((), (refused,)).settled(NOW) == Spans.of([days(10, 12)])
    assert not Ledger((), (refused,)).settled(NOW + DAY)
