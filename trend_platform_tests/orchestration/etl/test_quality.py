"""The asset `data_quality` and its checks, over a market in memory."""

from collections.abc import Iterator

import dagster as dg
import pytest

from trend_platform.settings import FaultSettings
from trend_platform_tests.orchestration.workshops import MemoryWorkshops, Ran, launch

LEAP = FaultSettings(kind="unit_100x", symbol="AAPL", start="2026-11-17", end="2026-11-19")
SCORED = ("data_quality",)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


def scored(workshops: MemoryWorkshops, instance: dg.DagsterInstance, **config: object) -> Ran:
    launch(workshops, instance)
    return launch(workshops, instance, assets=SCORED, config={"data_quality": config})


def test_sound_days_score_a_hundred_and_no_check_complains(instance: dg.DagsterInstance) -> None:
    ran = scored(MemoryWorkshops(), instance, days=7)
    metadata = ran.materializations("data_quality")[None]
    assert metadata["mean score"].value == 100.0
    assert metadata["days below 80"].value == 0
    assert ran.check("scores_are_high").passed
    assert ran.check("quarantine_is_decided").passed


def test_days_set_aside_score_low_and_the_checks_say_which(instance: dg.DagsterInstance) -> None:
    ran = scored(MemoryWorkshops(faults=(LEAP,)), instance, days=7)
    metadata = ran.materializations("data_quality")[None]
    assert metadata["days below 80"].value == 2
    assert "1 of 1 missing; 1 set aside and waiting" in str(metadata["worst series"].value)
    high, decided = ran.check("scores_are_high"), ran.check("quarantine_is_decided")
    assert not high.passed
    assert high.description is not None
    assert high.description.startswith("2 of ")
    assert "AAPL" in high.description
    assert not decided.passed
    assert decided.metadata["waiting"].value == 2
    assert {high.severity, decided.severity} == {dg.AssetCheckSeverity.WARN}


def test_only_the_named_symbols_are_scored(instance: dg.DagsterInstance) -> None:
    ran = scored(MemoryWorkshops(), instance, symbols=["SPY"], days=7)
    assert ran.materializations("data_quality")[None]["series"].value == 1


def test_a_series_nobody_has_asked_for_is_counted_and_has_no_score(instance: dg.DagsterInstance) -> None:
    ran = scored(MemoryWorkshops(), instance, timeframe="1h", days=7)
    metadata = ran.materializations("data_quality")[None]
    assert (metadata["series"].value, metadata["series nobody has asked for"].value) == (0, 3)
