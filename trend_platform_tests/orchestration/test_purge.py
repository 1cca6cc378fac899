"""Old runs of the lanes go, with all that hangs on them; nothing else does."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import psycopg
import pytest
from dagster._core.instance.ref import InstanceRef
from psycopg import sql

from trend_platform.orchestration.launching.lanes import Lane, lane_tags
from trend_platform.orchestration.purge import Purged, purge_runs
from trend_platform_tests import services
from trend_platform_tests.services import Services

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
TABLES = ("runs", "run_tags", "event_logs", "asset_event_tags", "asset_check_executions")
_INSTANCE = """
storage:
  custom:
    module: trend_platform.orchestration.launching.storage
    class: PooledPostgresStorage
    config:
      postgres_url: {url}
telemetry:
  enabled: false
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
"""


@dg.asset(check_specs=[dg.AssetCheckSpec("fresh", asset="price")])
def price() -> Iterator[dg.Output[None] | dg.AssetCheckResult]:
    yield dg.Output(None)
    yield dg.AssetCheckResult(passed=True)


@pytest.fixture(scope="module")
def url(test_services: Services, worker_number: int) -> str:
    return services.create_database(test_services, f"purge_{worker_number}")


@pytest.fixture
def instance(url: str, tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    (tmp_path / "dagster.yaml").write_text(_INSTANCE.format(url=url))
    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(tmp_path))) as found:
        found.wipe()
        yield found


def run(instance: dg.DagsterInstance, url: str, days_ago: float, tags: dict[str, str]) -> str:
    run_id = dg.materialize([price], instance=instance, tags=tags).run_id
    created = (NOW - timedelta(days=days_ago)).replace(tzinfo=None)
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE runs SET create_timestamp = %s WHERE run_id = %s", [created, run_id])
    return run_id


def left(url: str) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        counts = {}
        for table in TABLES:
            query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
            counts[table] = sum(row[0] for row in connection.execute(query))
        return counts


def purge(url: str, batch: int = 1000) -> Purged:
    return purge_runs(url, NOW - timedelta(days=2), [Lane.MINUTE], batch)


def test_old_runs_of_a_lane_go_with_everything_and_young_and_other_runs_stay_whole(
    instance: dg.DagsterInstance, url: str
) -> None:
    kept = [
        run(instance, url, 9, {}),
        run(instance, url, 9, {"trend/lane": "weekly"}),
        run(instance, url, 9, lane_tags(Lane.HOURLY)),
        run(instance, url, 1, lane_tags(Lane.MINUTE)),
    ]
    before = left(url)
    old = [run(instance, url, 3, lane_tags(Lane.MINUTE)) for _ in range(3)]
    run(instance, url, 0, {})
    with_old = left(url)
    purged = purge(url, batch=2)
    assert purged.runs == 3
    assert purged.checks == 3
    assert (purged.events > 20, purged.tags > 10) == (True, True)
    there = {record.dagster_run.run_id for record in instance.get_run_records()}
    assert there >= set(kept)
    assert not there & set(old)
    after = left(url)
    assert {table: with_old[table] - after[table] for table in ("runs", "event_logs", "asset_check_executions")} == {
        "runs": purged.runs,
        "event_logs": purged.events,
        "asset_check_executions": purged.checks,
    }
    assert with_old["event_logs"] - before["event_logs"] == purged.events // 3 * 4


def test_the_last_run_of_an_asset_and_runs_under_way_stay_however_old(instance: dg.DagsterInstance, url: str) -> None:
    stuck = run(instance, url, 9, lane_tags(Lane.MINUTE))
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE runs SET status = 'STARTED' WHERE run_id = %s", [stuck])
    last = run(instance, url, 9, lane_tags(Lane.MINUTE))
    assert purge(url) == Purged()
    assert {record.dagster_run.run_id for record in instance.get_run_records()} == {stuck, last}
    event = instance.get_latest_materialization_event(dg.AssetKey("price"))
    assert event is not None
    assert event.run_id == last


def test_nothing_to_purge_is_no_work(instance: dg.DagsterInstance, url: str) -> None:
    assert purge(url) == Purged()
