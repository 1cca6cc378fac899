"""The freshness checks when a person starts them alone: they look at rows and need no run."""

from collections.abc import Iterator

import dagster as dg
import pytest

from trend_platform.orchestration.realtime.definitions import build_defs
from trend_platform_tests.orchestration.realtime.clockwork import run_job, utc
from trend_platform_tests.orchestration.workshops import MemoryWorkshops

CHECKS = [("latest_prices", "latest_prices_are_fresh"), ("hourly_candles", "hourly_candles_are_fresh")]


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture
def workshops(instance: dg.DagsterInstance) -> MemoryWorkshops:
    """AAPL and SPY, refreshed on Friday at 15:59:30 New York and, as the slot at the close does, once more after it."""
    made = MemoryWorkshops()
    made.activate("AAPL", "SPY")
    for at in (utc(11, 20, 20, 59, 30), utc(11, 20, 21, 0, 5)):
        made.clock.instant = at
        run_job(made, instance, "refresh_latest_prices")
        run_job(made, instance, "refresh_hourly_candles")
    return made


def run_alone(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance, asset: str, name: str
) -> dg.AssetCheckEvaluation:
    job = dg.define_asset_job("alone", selection=dg.AssetSelection.checks(dg.AssetCheckKey(dg.AssetKey(asset), name)))
    defs = dg.Definitions.merge(build_defs({"workshops": workshops}), dg.Definitions(jobs=[job]))
    (found,) = defs.resolve_job_def("alone").execute_in_process(instance=instance).get_asset_check_evaluations()
    return found


@pytest.mark.parametrize(("asset", "name"), CHECKS)
def test_a_weekend_is_not_stale(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance, asset: str, name: str
) -> None:
    workshops.clock.instant = utc(11, 22, 12, 0)
    assert run_alone(workshops, instance, asset, name).passed


@pytest.mark.parametrize(("asset", "name"), CHECKS)
def test_a_session_without_a_refresh_is_stale_and_the_table_says_what_was_expected(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance, asset: str, name: str
) -> None:
    workshops.clock.instant = utc(11, 23, 18, 0)
    found = run_alone(workshops, instance, asset, name)
    assert not found.passed
    assert found.severity is dg.AssetCheckSeverity.ERROR
    assert found.metadata["stale"].value == 2
    assert "| AAPL | 2026-11-23 1" in str(found.metadata["what is stale"].value)


def test_one_of_several_is_a_warning(workshops: MemoryWorkshops, instance: dg.DagsterInstance) -> None:
    workshops.clock.instant = utc(11, 23, 18, 0)
    run_job(workshops, instance, "refresh_latest_prices", {"symbols": ["AAPL"]})
    found = run_alone(workshops, instance, *CHECKS[0])
    assert not found.passed
    assert found.severity is dg.AssetCheckSeverity.WARN
    assert "SPY" in str(found.description)


@pytest.mark.parametrize(("asset", "name"), CHECKS)
def test_nothing_active_is_nothing_stale(instance: dg.DagsterInstance, asset: str, name: str) -> None:
    assert run_alone(MemoryWorkshops(), instance, asset, name).passed
