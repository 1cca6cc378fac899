"""The assets in real Dagster runs over a store in memory and the simulated provider."""

from collections.abc import Iterator

import dagster as dg
import pytest

from trend_platform.domain.ranges import HISTORICAL_RANGES, Range
from trend_platform.settings import FaultSettings
from trend_platform_tests.orchestration.workshops import SYMBOLS, MemoryWorkshops, launch

KEYS = {range_.value for range_ in HISTORICAL_RANGES}


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture
def workshops() -> MemoryWorkshops:
    return MemoryWorkshops()


def test_one_run_serves_all_nine_ranges_and_asks_for_their_union_once(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    ran = launch(workshops, instance, Range.D7, Range.MAX)
    assert ran.result.success
    assert set(ran.materializations("historical_candles")) == KEYS
    assert instance.get_materialized_partitions(dg.AssetKey("historical_candles")) == KEYS
    assert instance.get_materialized_partitions(dg.AssetKey("range_series")) == KEYS
    asked = [(one.symbol, request.interval) for request in workshops.asked for one in request.instruments]
    assert sorted(symbol for symbol, _ in asked) == sorted(SYMBOLS)


def test_each_range_carries_its_own_counts_and_the_run_its_verdict(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    shown = launch(workshops, instance, Range.D7, Range.Y1).materializations("historical_candles")
    # The window of 7D on Friday 2026-11-20 holds five sessions, and seven days of Bitcoin less the one still forming.
    assert shown["7D"]["expected"].value == 5 + 5 + 6
    assert shown["7D"]["dagster/partition_row_count"].value == shown["7D"]["stored"].value == 16
    stored = [int(str(shown[key]["stored"].value)) for key in ("7D", "6M", "1Y")]
    assert stored == sorted(set(stored))
    assert "nothing is unexplained" in str(shown["7D"]["verdict"].value)
    assert "SIMULATED" in str(shown["7D"]["prices"].value)


def test_a_second_run_asks_only_for_what_is_still_forming(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    launch(workshops, instance, Range.D7, Range.Y1)
    workshops.asked.clear()
    ran = launch(workshops, instance, Range.D7, Range.Y1)
    assert {one.symbol for request in workshops.asked for one in request.instruments} <= {"BTC-USD"}
    assert ran.materializations("historical_candles")["7D"]["stored"].value == 16


def test_config_chooses_symbols(workshops: MemoryWorkshops, instance: dg.DagsterInstance) -> None:
    ran = launch(
        workshops, instance, config={"historical_candles": {"symbols": ["spy"]}, "range_series": {"symbols": ["spy"]}}
    )
    assert ran.materializations("historical_candles")["7D"]["stored"].value == 5
    assert {one.symbol for request in workshops.asked for one in request.instruments} == {"SPY"}
    assert workshops.cache.get("SPY", Range.D7)
    assert not workshops.cache.get("AAPL", Range.D7)


def test_refresh_asks_again_and_changes_nothing(workshops: MemoryWorkshops, instance: dg.DagsterInstance) -> None:
    launch(workshops, instance)
    workshops.asked.clear()
    ran = launch(workshops, instance, config={"historical_candles": {"refresh": True}})
    assert {one.symbol for request in workshops.asked for one in request.instruments} == set(SYMBOLS)
    assert "| inserted | 0 |" in str(ran.materializations("historical_candles")["7D"]["outcome of the run"].value)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"symbols": ["APPL"]}, "APPL is not in the universe; did you mean AAPL?"),
        ({"as_of": "yesterday"}, "as_of 'yesterday' is no date"),
        ({"as_of": "2027-01-01"}, "lies in the future"),
        ({"provider": "bloomberg"}, "provider 'bloomberg' is not at hand here; at hand: simulated"),
    ],
)
def test_bad_config_fails_at_once_with_a_sentence_that_helps(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance, config: dict[str, object], words: str
) -> None:
    ran = launch(workshops, instance, config={"historical_candles": config})
    assert not ran.result.success
    assert words in ran.failure("historical_candles")
    assert not workshops.asked
    assert not ran.materializations("range_series")


def test_a_config_key_that_does_not_exist_is_named(workshops: MemoryWorkshops, instance: dg.DagsterInstance) -> None:
    with pytest.raises(dg.DagsterInvalidConfigError, match="simbols"):
        launch(workshops, instance, config={"historical_candles": {"simbols": ["SPY"]}})


def test_an_empty_universe_is_filled_with_the_default_one(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    ran = launch(workshops, instance)
    (shown,) = ran.materializations("instruments").values()
    assert shown["dagster/row_count"].value == len(SYMBOLS)
    assert "| BTC-USD | crypto | 24/7 |" in str(shown["universe"].value)


def test_candles_without_a_universe_say_how_to_get_one(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    ran = launch(workshops, instance, assets=["historical_candles"])
    assert "the universe is empty: add symbols with `trend instruments add" in ran.failure("historical_candles")


def test_a_provider_that_fails_is_an_outcome_and_not_an_exception(instance: dg.DagsterInstance) -> None:
    workshops = MemoryWorkshops(faults=(FaultSettings(kind="http_500", symbol="AAPL"),))
    ran = launch(workshops, instance)
    assert ran.result.success
    shown = ran.materializations("historical_candles")["7D"]
    assert "AAPL" in str(shown["failed symbols"].value)
    assert shown["unexplained missing"].value == 5
    check = ran.check("coverage_is_explained")
    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.WARN
    assert check.description == "5 candles of 1 of 3 series over 7D are missing unexplained: AAPL (fetch_failed 5)"
    assert "fetch_failed" in str(check.metadata["holes"].value)


def test_a_database_that_is_away_is_waited_for(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trend_platform.orchestration.failures.FIRST_WAIT_SECONDS", 0.01)
    workshops.away = 2
    ran = launch(workshops, instance)
    assert ran.result.success
    assert sum(event.is_step_up_for_retry for event in ran.result.all_events) == 2
