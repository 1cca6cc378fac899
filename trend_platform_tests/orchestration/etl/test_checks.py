"""The checks in real Dagster runs: what they find, what they block, and what they look at when they run alone."""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
import polars as pl
import pytest

from trend_platform.domain.intervals import days
from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.orchestration.etl.checks import outcome_adds_up
from trend_platform.orchestration.etl.definitions import build_defs
from trend_platform.settings import FaultSettings
from trend_platform_tests.orchestration.builders import account, outcome
from trend_platform_tests.orchestration.workshops import MemoryWorkshops, launch


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture
def workshops() -> MemoryWorkshops:
    return MemoryWorkshops()


def poison(workshops: MemoryWorkshops, symbol: str) -> None:
    """Put a candle whose high lies below its low into the store, past the rules."""
    (instrument,) = (one for one in workshops.storage.universe.instruments() if one.symbol == symbol)
    today = workshops.clock.now().date()
    stored = workshops.storage.market.candles([instrument.instrument_id], Timeframe.D1, days(today, today))
    with workshops.storage.market.begin(1) as transaction:
        transaction.upsert(stored.with_columns(high=pl.col("low") / 2))


def run_alone(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance, asset: str, name: str
) -> dg.AssetCheckEvaluation:
    defs = build_defs({"workshops": workshops})
    job = dg.define_asset_job("alone", selection=dg.AssetSelection.checks(dg.AssetCheckKey(dg.AssetKey(asset), name)))
    resolved = dg.Definitions.merge(defs, dg.Definitions(jobs=[job])).resolve_job_def("alone")
    (found,) = resolved.execute_in_process(instance=instance).get_asset_check_evaluations()
    return found


def test_a_sound_run_passes_every_check(workshops: MemoryWorkshops, instance: dg.DagsterInstance) -> None:
    ran = launch(workshops, instance, Range.D7, Range.Y1)
    found = {one.check_name: one.passed for one in ran.result.get_asset_check_evaluations()}
    assert found == {
        "outcome_adds_up": True,
        "coverage_is_explained": True,
        "candles_are_sound": True,
        "restatements_are_few": True,
        "series_match_database": True,
    }


def test_an_unsound_stored_candle_blocks_the_hot_series(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    launch(workshops, instance)
    poison(workshops, "AAPL")
    workshops.cache.forget(["AAPL"])
    ran = launch(workshops, instance)
    check = ran.check("candles_are_sound")
    assert not check.passed
    assert check.severity is dg.AssetCheckSeverity.ERROR
    assert "AAPL" in str(check.metadata["unsound candles"].value)
    assert not ran.result.success
    assert ran.materializations("historical_candles")
    assert not ran.materializations("range_series")
    assert not workshops.cache.get("AAPL", Range.D7)


def test_a_mass_of_rejected_rows_blocks_as_well(instance: dg.DagsterInstance) -> None:
    workshops = MemoryWorkshops(faults=(FaultSettings(kind="close_above_high"),))
    ran = launch(workshops, instance)
    assert not ran.check("candles_are_sound").passed
    assert not ran.materializations("range_series")


def test_coverage_tells_which_series_were_never_asked(workshops: MemoryWorkshops, instance: dg.DagsterInstance) -> None:
    ran = launch(workshops, instance, config={"historical_candles": {"symbols": ["SPY"]}})
    assert ran.check("coverage_is_explained").description == (
        "11 candles of 2 of 3 series over 7D are missing unexplained, 11 of them never asked for: AAPL, BTC-USD (unknown 11)"
    )


def test_alone_a_check_looks_at_every_range_that_was_materialized(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    launch(workshops, instance, Range.D7, Range.M1)
    found = run_alone(workshops, instance, "historical_candles", "coverage_is_explained")
    assert found.passed
    table = str(found.metadata["by range"].value)
    assert "| 7D |" in table
    assert "| 1M |" in table
    assert "| 3M |" not in table


def test_within_a_run_a_check_looks_at_the_ranges_of_that_run(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    launch(workshops, instance, Range.D7, Range.M1)
    table = str(launch(workshops, instance).check("coverage_is_explained").metadata["by range"].value)
    assert "| 7D |" in table
    assert "| 1M |" not in table


def test_alone_before_any_run_there_is_nothing_to_look_at(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    for asset, name in [("historical_candles", "candles_are_sound"), ("range_series", "series_match_database")]:
        found = run_alone(workshops, instance, asset, name)
        assert found.passed
        assert "no range has been materialized yet" in str(found.description)


def test_a_hot_series_that_differs_from_the_database_is_found(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    launch(workshops, instance)
    payload = workshops.cache.get("SPY", Range.D7)
    assert payload is not None
    workshops.cache.put({("SPY", Range.D7): payload.replace(b'"close":', b'"close":1')})
    found = run_alone(workshops, instance, "range_series", "series_match_database")
    assert not found.passed
    assert found.metadata["differing"].value == "SPY 7D"


def test_an_expired_series_is_no_fault(workshops: MemoryWorkshops, instance: dg.DagsterInstance) -> None:
    launch(workshops, instance)
    workshops.clock.advance(timedelta(minutes=6))
    found = run_alone(workshops, instance, "range_series", "series_match_database")
    assert found.passed
    assert found.metadata["absent"].value == 3


def test_a_cache_that_is_down_fails_nothing(workshops: MemoryWorkshops, instance: dg.DagsterInstance) -> None:
    workshops.cache.is_down = True
    ran = launch(workshops, instance)
    assert ran.result.success
    assert ran.materializations("range_series")["7D"]["series skipped"].value == 3


def test_sums_that_do_not_hold_are_an_error() -> None:
    assert outcome_adds_up(outcome(account("AAPL", 5))).passed
    broken = outcome_adds_up(outcome(account("AAPL", 5), received=11))
    assert not broken.passed
    assert broken.severity is dg.AssetCheckSeverity.ERROR
