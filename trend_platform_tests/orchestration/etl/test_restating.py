"""Asking again and its check, in real Dagster runs over a store in memory."""

from collections.abc import Iterator, Mapping

import dagster as dg
import polars as pl
import pytest

from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.backfill import backfill, wanted_of
from trend_platform.ingest.universe import add_symbols
from trend_platform.ingest.workshop import drive
from trend_platform.orchestration.etl.definitions import build_defs
from trend_platform.orchestration.etl.restating.checks import restatements_are_few
from trend_platform.orchestration.etl.restating.schedules import restate_candles_schedule
from trend_platform_tests.orchestration.workshops import NOW, MemoryWorkshops
from trend_platform_tests.storage.candle_frames import ALL


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture
def workshops() -> MemoryWorkshops:
    made = MemoryWorkshops()
    add_symbols(made.storage.universe, ["AAPL", "SPY"])
    with made.open() as workshop:
        drive(workshop, backfill(workshop, wanted_of(workshop, [Range.M1], (), None)))
    return made


def ask_again(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance, **config: object
) -> Mapping[str, dg.MetadataValue]:
    job = build_defs({"workshops": workshops}).resolve_job_def("restate_candles")
    result = job.execute_in_process(instance=instance, run_config={"ops": {"ask_again": {"config": config}}})
    assert result.success
    (output,) = (event for event in result.all_events if event.is_successful_output)
    return output.step_output_data.metadata


def judge(workshops: MemoryWorkshops, instance: dg.DagsterInstance) -> dg.AssetCheckEvaluation:
    job = dg.define_asset_job("look", selection=dg.AssetSelection.checks(restatements_are_few))
    resources = {"workshops": dg.ResourceDefinition.hardcoded_resource(workshops)}
    asset = dg.AssetSpec("historical_candles")
    defs = dg.Definitions(assets=[asset], asset_checks=[restatements_are_few], jobs=[job], resources=resources)
    (found,) = defs.resolve_job_def("look").execute_in_process(instance=instance).get_asset_check_evaluations()
    return found


def make_stored_prices_wrong(workshops: MemoryWorkshops) -> None:
    """Store other closes than the provider tells; it will take them back when it is asked again."""
    market = workshops.storage.market
    stored = market.candles([1, 2], Timeframe.D1, ALL).filter("is_final").group_by("instrument_id").tail(3)
    with market.begin(run_id=1) as transaction:
        transaction.upsert(stored.select(workshops.storage.market.candles([], Timeframe.D1, ALL).columns).with_columns(
            pl.col("close") * 0.5 + pl.col("low") * 0.5
        ).sort("instrument_id", "opened_at"))  # fmt: skip


def test_a_night_without_changes_says_so(workshops: MemoryWorkshops, instance: dg.DagsterInstance) -> None:
    shown = ask_again(workshops, instance)
    assert (shown["candles compared"].value, shown["candles changed"].value) == (2 * 5, 0)
    assert "simulated" in str(shown["by provider"].value)
    assert judge(workshops, instance).passed


def test_what_a_provider_takes_back_is_measured_and_warned_of(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    make_stored_prices_wrong(workshops)
    shown = ask_again(workshops, instance, timeframes=["1d"])
    assert shown["prices changed"].value == 6
    found = judge(workshops, instance)
    assert not found.passed
    assert found.severity is dg.AssetCheckSeverity.WARN
    assert "changed the prices of 6 of 10 final 1d candles" in str(found.description)
    assert ask_again(workshops, instance)["prices changed"].value == 0
    assert judge(workshops, instance).passed


def test_symbols_can_be_named_and_timeframes_must_be_fetched_ones(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    assert ask_again(workshops, instance, symbols=["SPY"])["candles compared"].value == 5
    with pytest.raises(dg.Failure, match="1w candles are never fetched"):
        ask_again(workshops, instance, timeframes=["1w"])


def test_the_schedule_launches_one_run_a_day() -> None:
    context = dg.build_schedule_context(scheduled_execution_time=NOW.replace(hour=12))
    request = restate_candles_schedule(context)
    assert isinstance(request, dg.RunRequest)
    assert request.run_key == "restate_candles:2026-11-20"
