"""The alert sensor: what it takes for trouble, whom it tells and how often, and the checks it reports when they turn."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from dagster._core.remote_origin import (
    GrpcServerCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    InstigatorType,
    SensorInstigatorData,
    TickData,
    TickStatus,
)
from dagster._daemon.types import DaemonHeartbeat
from dagster_shared.error import SerializableErrorInfo

from trend_platform.domain.clock import ManualClock
from trend_platform.orchestration.realtime.failed_runs import FailedRuns, JobState, look_on
from trend_platform.orchestration.realtime.sensors import alert_sensor
from trend_platform.orchestration.realtime.watch import Watched
from trend_platform_tests.orchestration.realtime.clockwork import run_job, utc
from trend_platform_tests.orchestration.workshops import MemoryWorkshops

NIGHT = utc(11, 21, 7, 0)


@dg.op
def break_down() -> None:
    """Fail with a sentence of our own."""
    raise dg.Failure("the disk is full: make room")


@dg.job(name="daily_history")
def broken() -> None:
    """Fail."""
    break_down()


@dg.job(name="daily_history")
def mended() -> None:
    """Succeed."""


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """An instance that keeps ticks as well, which one in memory does not; its daemons have just beaten."""
    with dg.instance_for_test() as made:
        for kind in made.get_required_daemon_types():
            beat(made, kind, datetime.now(UTC))
        yield made


def beat(instance: dg.DagsterInstance, kind: str, at: datetime) -> None:
    instance.add_daemon_heartbeat(DaemonHeartbeat(at.timestamp(), kind, "one", None))


class MachineClock(ManualClock):
    """The machine's time until it is set: runs carry that, and nothing is active, so no market matters."""

    def now(self) -> datetime:
        return datetime.now(UTC) if self.instant == NIGHT else self.instant


@pytest.fixture
def workshops() -> MemoryWorkshops:
    return MemoryWorkshops(clock=MachineClock(NIGHT))


class Watchman:
    """Looks again and again, as the daemon would."""

    def __init__(self, workshops: MemoryWorkshops, instance: dg.DagsterInstance) -> None:
        self.workshops, self.instance, self.cursor = workshops, instance, ""

    def look(self) -> dg.SensorResult:
        resources = {"workshops": self.workshops}
        with dg.build_sensor_context(self.instance, cursor=self.cursor or None, resources=resources) as context:
            result = alert_sensor(context)
        assert isinstance(result, dg.SensorResult)
        self.cursor = result.cursor or self.cursor
        return result

    def reason(self) -> str:
        said = self.look().skip_reason
        assert said is not None
        return str(said.skip_message)


@pytest.fixture
def watchman(workshops: MemoryWorkshops, instance: dg.DagsterInstance) -> Watchman:
    return Watchman(workshops, instance)


def test_nothing_wrong_is_said_and_nobody_is_told(watchman: Watchman) -> None:
    assert watchman.reason() == "nothing is wrong"
    assert not watchman.workshops.told


def test_a_failed_run_is_told_once_and_its_next_success_once(watchman: Watchman) -> None:
    broken.execute_in_process(instance=watchman.instance, raise_on_error=False)
    assert watchman.reason() == "new: run_failed:daily_history"
    assert watchman.reason() == "going on: run_failed:daily_history"
    broken.execute_in_process(instance=watchman.instance, raise_on_error=False)
    watchman.look()
    mended.execute_in_process(instance=watchman.instance)
    assert watchman.reason() == "over: run_failed:daily_history"
    assert watchman.workshops.told == ["Wrong: run_failed:daily_history", "Over: run_failed:daily_history"]
    assert "the disk is full: make room" in watchman.workshops.bodies[0]


def test_an_incident_names_the_cause_and_the_run(watchman: Watchman) -> None:
    failed = broken.execute_in_process(instance=watchman.instance, raise_on_error=False)
    watchman.look()
    (incident,) = watchman.workshops.storage.incidents.unfinished()
    assert incident.summary.startswith("the last run of daily_history failed at 20")
    assert incident.summary.endswith(f"the disk is full: make room (run {failed.run_id[:8]})")


def test_a_run_that_dagster_starts_again_by_itself_is_no_failure_yet(watchman: Watchman) -> None:
    failed = broken.execute_in_process(instance=watchman.instance, raise_on_error=False)
    watchman.instance.add_run_tags(failed.run_id, {"dagster/will_retry": "true"})
    assert watchman.reason() == "nothing is wrong"


def test_a_channel_that_is_down_is_tried_again(watchman: Watchman) -> None:
    watchman.workshops.channel_is_down = True
    broken.execute_in_process(instance=watchman.instance, raise_on_error=False)
    assert "told to nobody yet: run_failed:daily_history; channels that failed: memory (1)" in watchman.reason()
    watchman.workshops.channel_is_down = False
    watchman.look()
    assert watchman.workshops.told == ["Wrong: run_failed:daily_history"]


def test_a_database_that_is_away_forgets_nothing(watchman: Watchman) -> None:
    watchman.look()
    broken.execute_in_process(instance=watchman.instance, raise_on_error=False)
    watchman.workshops.away = 1
    assert watchman.reason().startswith("nobody can be told, since incidents cannot be kept: the database")
    assert watchman.reason() == "new: run_failed:daily_history"


def test_a_lost_cursor_reads_the_last_hour_again_and_tells_nothing_twice(watchman: Watchman) -> None:
    broken.execute_in_process(instance=watchman.instance, raise_on_error=False)
    watchman.look()
    watchman.cursor = "{broken"
    assert watchman.reason() == "going on: run_failed:daily_history"
    assert len(watchman.workshops.told) == 1


def test_the_cursor_survives_a_round() -> None:
    runs = FailedRuns(NIGHT, {"daily_history": JobState(1.5, "it's full (run 1a2b3c4d)")})
    watched = Watched(runs, frozenset({"daemon_silent:sensor"}), frozenset({"latest_prices_are_fresh"}))
    assert Watched.of(watched.as_cursor()) == watched


def test_a_run_that_is_written_late_is_not_missed(instance: dg.DagsterInstance) -> None:
    broken.execute_in_process(instance=instance, raise_on_error=False)
    now = datetime.now(UTC)
    assert set(look_on(instance, FailedRuns(now + timedelta(seconds=5)), now + timedelta(minutes=1)).failing) == {
        "daily_history"
    }


def test_more_runs_than_are_read_at_once_are_read_by_the_next_look(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trend_platform.orchestration.realtime.failed_runs._AT_ONCE", 2)
    monkeypatch.setattr("trend_platform.orchestration.realtime.failed_runs._OVERLAP", timedelta(0))
    for _ in range(3):
        mended.execute_in_process(instance=instance)
    broken.execute_in_process(instance=instance, raise_on_error=False)
    known = FailedRuns()
    for _ in range(3):
        known = look_on(instance, known, datetime.now(UTC))
    assert set(known.failing) == {"daily_history"}


def test_a_loop_that_stands_still_turns_its_check_once(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance
) -> None:
    workshops.clock.instant = utc(11, 20, 16, 5)
    workshops.activate("AAPL")
    run_job(workshops, instance, "refresh_latest_prices")
    run_job(workshops, instance, "refresh_hourly_candles")
    watchman = Watchman(workshops, instance)
    assert not watchman.look().asset_events
    workshops.clock.instant = utc(11, 20, 16, 25)
    (turned,) = watchman.look().asset_events
    assert isinstance(turned, dg.AssetCheckEvaluation)
    assert (turned.check_name, turned.passed) == ("latest_prices_are_fresh", False)
    assert not watchman.look().asset_events
    assert any(title.startswith("Wrong: stale:latest_prices") for title in workshops.told)
    run_job(workshops, instance, "refresh_latest_prices")
    (back,) = watchman.look().asset_events
    assert isinstance(back, dg.AssetCheckEvaluation)
    assert back.passed
    assert "Over: stale:latest_prices" in workshops.told


def test_a_daemon_that_fell_silent_is_told_at_the_second_look_since_daemons_take_a_moment_to_start(
    watchman: Watchman,
) -> None:
    beat(watchman.instance, "SCHEDULER", datetime.now(UTC) - timedelta(hours=3))
    assert watchman.reason() == "nothing is wrong"
    assert watchman.reason() == "new: daemon_silent:scheduler"
    beat(watchman.instance, "SCHEDULER", datetime.now(UTC))
    assert watchman.reason() == "over: daemon_silent:scheduler"


def test_a_tick_that_fails_twice_is_told_and_the_next_good_one_ends_it(watchman: Watchman) -> None:
    origin = RemoteInstigatorOrigin(
        RemoteRepositoryOrigin(
            GrpcServerCodeLocationOrigin("127.0.0.1", 1, location_name="realtime"), "__repository__"
        ),
        "latest_price_sensor",
    )
    state = InstigatorState(origin, InstigatorType.SENSOR, InstigatorStatus.RUNNING, SensorInstigatorData())
    watchman.instance.add_instigator_state(state)

    def tick(status: TickStatus, said: str | None = None) -> None:
        watchman.instance.create_tick(
            TickData(
                origin.get_id(),
                origin.instigator_name,
                InstigatorType.SENSOR,
                status,
                datetime.now(UTC).timestamp(),
                error=SerializableErrorInfo(said, [], None) if said else None,
                selector_id=state.selector_id,
            )
        )

    tick(TickStatus.FAILURE, "ConfigurationError: TREND_MODE is wrong")
    assert watchman.reason() == "nothing is wrong"
    tick(TickStatus.STARTED)
    assert watchman.reason() == "new: tick_failed:latest_price_sensor"
    (incident,) = watchman.workshops.storage.incidents.unfinished()
    assert "TREND_MODE is wrong" in incident.summary
    tick(TickStatus.SKIPPED)
    assert watchman.reason() == "over: tick_failed:latest_price_sensor"
