from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.scores import BUCKETS, SUMS, Score, latency_counts

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
DAY = timedelta(days=1)

counts = st.floats(0, 1e6)
scores = st.builds(
    Score,
    **dict.fromkeys(SUMS, counts),
    latencies=st.lists(st.floats(0.0005, 600), max_size=5).map(latency_counts),
)


def test_a_score_loses_half_of_its_weight_in_each_half_life():
    score = Score(asked=8.0, failed=4.0, latencies=latency_counts([0.1] * 8))
    later = score.faded(3 * DAY, DAY)
    assert (later.asked, later.failed, sum(later.latencies)) == (1.0, 0.5, 1.0)
    assert later.success_rate == score.success_rate


def test_a_clock_that_went_back_fades_nothing():
    assert Score(asked=8.0).faded(-DAY, DAY).asked == 8.0


@given(scores, st.floats(0, 10), st.floats(0, 10))
def test_fading_twice_is_fading_once(score, first, second):
    twice, once = score.faded(first * DAY, DAY).faded(second * DAY, DAY), score.faded((first + second) * DAY, DAY)
    assert [getattr(twice, name) for name in SUMS] == pytest.approx([getattr(once, name) for name in SUMS])


@given(scores, scores)
def test_sums_add_up_in_any_order(one, other):
    assert [getattr(one + other, name) for name in SUMS] == [getattr(other + one, name) for name in SUMS]


def test_the_newest_failure_and_the_newest_answer_are_kept():
    old = Score(last_error="old", failed_at=NOON, served_at=NOON)
    new = Score(last_error="new", failed_at=NOON + DAY)
    for total in (old + new, new + old):
        assert (total.last_error, total.failed_at, total.served_at) == ("new", NOON + DAY, NOON)


def test_nothing_seen_is_no_rate():
    score = Score()
    rates = (score.success_rate, score.limited_rate, score.missing_rate, score.stale_rate, score.disagreement)
    assert rates == (None,) * 5
    assert score.latency(0.5) is None


@given(st.lists(st.floats(0.002, 400), min_size=1, max_size=200))
def test_a_percentile_is_within_an_eighth_of_the_truth(seconds):
    found = Score(latencies=latency_counts(seconds)).latency(0.5)
    truth = sorted(seconds)[(len(seconds) + 1) // 2 - 1]
    assert found == pytest.approx(truth, rel=0.13)


def test_the_slowest_tail_is_seen():
    score = Score(latencies=latency_counts([0.1] * 94 + [9.0] * 6))
    assert score.latency(0.5) == pytest.approx(0.1, rel=0.13)
    assert score.latency(0.95) == pytest.approx(9.0, rel=0.13)


@given(st.floats(0, 1e9))
def test_every_latency_has_a_bucket(seconds):
    found = latency_counts([seconds])
    assert (len(found), sum(found)) == (BUCKETS, 1.0)


def test_whoever_is_unknown_is_taken_to_be_good_and_one_bad_answer_does_not_damn():
    assert Score().mark == 1.0
    assert Score(asked=1.0, failed=1.0).mark > 0.8
    assert Score(asked=100.0, failed=100.0).mark < 0.1


def test_a_mark_falls_with_each_fault_and_with_slowness():
    best = Score(asked=100.0, expected=100.0, quoted=100.0, compared=100.0)
    worse = [
        Score(asked=100.0, failed=20.0),
        Score(expected=100.0, missing=20.0),
        Score(quoted=100.0, stale=20.0),
        Score(compared=100.0, disagreed=20.0),
        Score(latencies=latency_counts([10.0])),
    ]
    assert all(one.mark < best.mark for one in worse)
