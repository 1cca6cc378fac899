"""The contracts of `ProviderScores` and `QualityMetrics`, passed by every store."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from trend_platform.domain.capability import Capability
from trend_platform.domain.instruments import AssetClass
from trend_platform.domain.scores import SUMS, Score, ScoreKey, latency_counts
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.universe import add_symbols
from trend_platform.storage.base import Storage
from trend_platform.storage.measures import Metric

NOON = datetime(2026, 3, 4, 12, 0, 0, 123456, tzinfo=UTC)
HALF_LIFE = timedelta(hours=72)
STOCKS = ScoreKey("polygon", Capability.DAILY, AssetClass.STOCK)
COINS = ScoreKey("coinbase", Capability.LATEST, AssetClass.CRYPTO)


def test_at_first_nothing_is_known(storage: Storage) -> None:
    storage.scores.add({}, NOON, HALF_LIFE)
    storage.metrics.add([])
    assert (storage.scores.all(NOON, HALF_LIFE), storage.metrics.latest("reconciliation", 5)) == ({}, ())


def test_a_score_comes_back_as_it_was(storage: Storage) -> None:
    given = Score(
        **{name: index + 0.5 for index, name in enumerate(SUMS)},
        latencies=latency_counts([0.01, 0.2, 30.0]),
        last_error="Transient: é \n 'x' %",
        failed_at=NOON,
        served_at=NOON - timedelta(minutes=1),
    )
    storage.scores.add({STOCKS: given, COINS: Score(asked=1.0)}, NOON, HALF_LIFE)
    assert storage.scores.all(NOON, HALF_LIFE) == {COINS: Score(asked=1.0), STOCKS: given}


def test_what_was_seen_before_fades_and_what_is_new_is_added(storage: Storage) -> None:
    storage.scores.add({STOCKS: Score(asked=8.0, failed=4.0), COINS: Score(asked=8.0)}, NOON, HALF_LIFE)
    later = NOON + HALF_LIFE
    storage.scores.add({STOCKS: Score(asked=1.0)}, later, HALF_LIFE)
    found = storage.scores.all(later, HALF_LIFE)
    assert {key: (one.asked, one.failed) for key, one in found.items()} == {STOCKS: (5.0, 2.0), COINS: (4.0, 0.0)}
    assert storage.scores.all(later + HALF_LIFE, HALF_LIFE)[STOCKS].asked == 2.5


def test_reading_fades_nothing_for_good(storage: Storage) -> None:
    storage.scores.add({STOCKS: Score(asked=8.0)}, NOON, HALF_LIFE)
    storage.scores.all(NOON + 10 * HALF_LIFE, HALF_LIFE)
    assert storage.scores.all(NOON, HALF_LIFE)[STOCKS].asked == 8.0


def test_a_clock_that_is_behind_changes_no_weights(storage: Storage) -> None:
    storage.scores.add({STOCKS: Score(asked=8.0)}, NOON, HALF_LIFE)
    storage.scores.add({STOCKS: Score(asked=1.0)}, NOON - HALF_LIFE, HALF_LIFE)
    assert storage.scores.all(NOON, HALF_LIFE)[STOCKS].asked == 9.0


def test_those_who_add_at_once_lose_nothing(storage: Storage) -> None:
    seen = {STOCKS: Score(asked=1.0), COINS: Score(asked=1.0)}
    turned = dict(reversed(seen.items()))
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            list(pool.map(lambda one: storage.scores.add(one, NOON, HALF_LIFE), [seen, turned] * 4))
    assert {one.asked for one in storage.scores.all(NOON, HALF_LIFE).values()} == {40.0}


def test_measurements_come_back_newest_first_by_kind(storage: Storage) -> None:
    (instrument,) = add_symbols(storage.universe, ["AAPL"])
    old = Metric(NOON, "reconciliation", 0.5, instrument.instrument_id, Timeframe.D1, {"verdict": "differs", "n": 3})
    new = Metric(NOON + timedelta(hours=1), "reconciliation", 1.0)
    storage.metrics.add([new, old, replace(new, metric="other")])
    assert storage.metrics.latest("reconciliation", 5) == (new, old)
    assert storage.metrics.latest("reconciliation", 1) == (new,)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_measurements_of_one_instant_come_back_last_first(storage: Storage, count: int) -> None:
    given = [Metric(NOON, "reconciliation", float(value)) for value in range(3)]
    storage.metrics.add(given)
    assert [one.value for one in storage.metrics.latest("reconciliation", count)] == [2.0, 1.0, 0.0][:count]


def test_of_a_day_the_last_measurement_is_kept(storage: Storage) -> None:
    one, two = (each.instrument_id for each in add_symbols(storage.universe, ["AAPL", "MSFT"]))
    monday, tuesday = date(2026, 3, 2), date(2026, 3, 3)
    first = Metric(NOON, "data_quality", 80.0, one, Timeframe.D1, {"n": 1}, monday)
    storage.metrics.add([first, replace(first, day=tuesday), replace(first, instrument_id=two)])
    better = replace(first, measured_at=NOON + timedelta(hours=1), value=100.0, details={})
    storage.metrics.add([better, replace(better, timeframe=Timeframe.H1), replace(better, metric="other")])
    found = storage.metrics.of_days("data_quality", [one, two], Timeframe.D1, monday, tuesday)
    assert found == (better, replace(first, day=tuesday), replace(first, instrument_id=two))
    assert storage.metrics.of_days("data_quality", [one], Timeframe.D1, tuesday, tuesday) == found[1:2]
