"""The asset of rolled candles, its check and its sensor, in real Dagster runs over a store in memory."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

import dagster as dg
import polars as pl
import pytest

from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.universe import add_symbols
from trend_platform.orchestration.etl.definitions import build_defs
from trend_platform.orchestration.etl.rollups.jobs import refresh_rollups
from trend_platform.orchestration.etl.rollups.schedules import check_rollups_schedule
from trend_platform.orchestration.etl.rollups.sensors import rolled_candles_sensor
from trend_platform_tests.domain.rolling import minutes
from trend_platform_tests.orchestration.workshops import NOW, MemoryWorkshops, Ran
from trend_platform_tests.storage.candle_frames import ALL


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


@pytest.fixture
def workshops() -> MemoryWorkshops:
    made = MemoryWorkshops()
    add_symbols(made.storage.universe, ["AAPL", "BTC-USD"])
    return made


def run(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance, job: str, config: Mapping[str, object] | None = None
) -> Ran:
    given = {"ops": {"rolled_candles": {"config": dict(config)}}} if config else {}
    resolved = build_defs({"workshops": workshops}).resolve_job_def(job)
    return Ran(instance, resolved.execute_in_process(instance=instance, run_config=given, raise_on_error=False))


def put(workshops: MemoryWorkshops, frame: pl.DataFrame) -> int:
    """Store candles of BTC-USD; return its number."""
    (one,) = (each.instrument_id for each in workshops.storage.universe.instruments() if each.symbol == "BTC-USD")
    with workshops.storage.market.begin(1) as transaction:
        transaction.upsert(frame.with_columns(instrument_id=pl.lit(one, pl.Int32), provider=pl.lit("simulated")))
    return one


def shown(ran: Ran) -> Mapping[str, dg.MetadataValue]:
    assert ran.result.success
    return ran.materializations("rolled_candles")[None]


def look(workshops: MemoryWorkshops, instance: dg.DagsterInstance) -> dg.RunRequest | dg.SkipReason:
    context = dg.build_sensor_context(instance=instance)
    answer = rolled_candles_sensor(context, workshops=workshops)
    assert isinstance(answer, dg.RunRequest | dg.SkipReason)
    return answer


def test_a_run_rolls_up_what_has_changed_and_says_what_it_did(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    one = put(workshops, minutes("2026-11-02", "2026-11-04"))
    told = shown(run(workshops, instance, "refresh_rollups"))
    assert told["windows"].value == 1
    assert told["written"].value > 500
    assert "1 touched windows of BTC-USD" in str(told["verdict"].value)
    assert "| 1h | 48 | 0 | 0 |" in str(told["by timeframe"].value)
    assert workshops.storage.rollups.candles([one], Timeframe.H1, ALL).height == 48
    assert shown(run(workshops, instance, "refresh_rollups"))["verdict"].value == (
        "nothing has changed since the last roll-up"
    )


def test_everything_can_be_rolled_up_anew(workshops: MemoryWorkshops, instance: dg.DagsterInstance) -> None:
    put(workshops, minutes("2026-11-02", "2026-11-04"))
    run(workshops, instance, "refresh_rollups")
    told = shown(run(workshops, instance, "refresh_rollups", {"symbols": ["BTC-USD"], "everything": True}))
    assert told["written"].value == 0


def test_candles_that_cannot_be_made_are_named(workshops: MemoryWorkshops, instance: dg.DagsterInstance) -> None:
    basis = pl.when(pl.int_range(pl.len()) < 90).then(pl.lit("split")).otherwise(pl.lit("raw"))
    put(workshops, minutes("2026-11-02", "2026-11-02T04:00").with_columns(basis=basis))
    told = shown(run(workshops, instance, "refresh_rollups"))
    assert "candles not made" in str(told["verdict"].value)
    assert "| BTC-USD | 4h | 1 |" in str(told["refused: parts on two bases"].value)


def test_the_sensor_launches_when_something_has_changed(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    assert isinstance(look(workshops, instance), dg.SkipReason)
    put(workshops, minutes("2026-11-19", f"{NOW:%Y-%m-%dT%H:%M}"))
    request = look(workshops, instance)
    assert isinstance(request, dg.RunRequest)
    assert request.tags["trend/due"] == "1 touched window"
    run(workshops, instance, "refresh_rollups")
    assert isinstance(look(workshops, instance), dg.SkipReason)


def test_the_sensor_settles_periods_that_have_ended(workshops: MemoryWorkshops, instance: dg.DagsterInstance) -> None:
    put(workshops, minutes("2026-11-19", f"{NOW - timedelta(minutes=10):%Y-%m-%dT%H:%M}"))
    run(workshops, instance, "refresh_rollups")
    workshops.clock.instant = NOW + timedelta(days=1)
    assert isinstance(look(workshops, instance), dg.RunRequest)


def test_the_sensor_waits_for_a_run_that_is_under_way_and_for_the_database(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    put(workshops, minutes("2026-11-19", "2026-11-20"))
    instance.create_run_for_job(
        build_defs({"workshops": workshops}).resolve_job_def(refresh_rollups.name), status=dg.DagsterRunStatus.STARTED
    )
    assert "under way" in str(look(workshops, instance))
    workshops.away = 1
    with dg.DagsterInstance.ephemeral() as quiet:
        assert "tried again" in str(look(workshops, quiet))


def test_the_check_warns_of_series_that_do_not_add_up(workshops: MemoryWorkshops, instance: dg.DagsterInstance) -> None:
    put(workshops, minutes("2026-11-02", "2026-11-18"))
    put(workshops, minutes("2026-11-02", "2026-11-18", timeframe=Timeframe.D1, seed=9))
    run(workshops, instance, "refresh_rollups")
    (evaluation,) = run(workshops, instance, "check_rollups").result.get_asset_check_evaluations()
    assert not evaluation.passed
    assert evaluation.severity is dg.AssetCheckSeverity.WARN
    assert "1 series compared, 1 not in agreement" in str(evaluation.description)
    assert "| BTC-USD | 1d | differs |" in str(evaluation.metadata["they are"].value)


def test_without_anything_to_compare_the_check_passes(workshops: MemoryWorkshops, instance: dg.DagsterInstance) -> None:
    (evaluation,) = run(workshops, instance, "check_rollups").result.get_asset_check_evaluations()
    assert evaluation.passed


def test_the_comparison_comes_once_a_night() -> None:
    context = dg.build_schedule_context(scheduled_execution_time=NOW)
    request = check_rollups_schedule(context)
    assert isinstance(request, dg.RunRequest)
    assert request.run_key == "check_rollups:2026-11-20"
