"""Ticks of a sensor by an injected clock, as the daemon would make them, and runs of this location over a store in memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import dagster as dg

from trend_platform.orchestration.realtime.definitions import build_defs
from trend_platform_tests.orchestration.workshops import MemoryWorkshops, Ran

BEAT = timedelta(seconds=10)


@dataclass(slots=True)
class Clockwork:
    """One sensor, its cursor, and what its ticks came to.

    Attributes:
        sensor: The sensor.
        workshops: What it works with; its clock is the time.
        instance: Where it looks for runs.
        cursor: What it remembers.
    """

    sensor: dg.SensorDefinition
    workshops: MemoryWorkshops
    instance: dg.DagsterInstance
    cursor: str | None = None

    def tick(self) -> dg.RunRequest | str:
        """Evaluate the sensor once; return its one run request, or why there is none."""
        resources = {"workshops": self.workshops}
        with dg.build_sensor_context(instance=self.instance, cursor=self.cursor, resources=resources) as context:
            data = self.sensor.evaluate_tick(context)
        self.cursor = data.cursor or self.cursor
        assert len(data.run_requests or []) <= 1
        return data.run_requests[0] if data.run_requests else str(data.skip_message)

    def run_keys_until(self, end: datetime) -> list[str]:
        """Tick every ten seconds until `end`; return the keys of the runs that were asked for."""
        keys = []
        while self.workshops.clock.now() < end:
            request = self.tick()
            if isinstance(request, dg.RunRequest):
                keys.append(str(request.run_key))
            self.workshops.clock.advance(BEAT)
        return keys


def utc(month: int, day: int, hour: int, minute: int, second: int = 0) -> datetime:
    """Return an instant of 2026."""
    return datetime(2026, month, day, hour, minute, second, tzinfo=UTC)


def stamps(loop: str, first: datetime, last: datetime, every: timedelta) -> list[str]:
    """Return the run keys of all slots from `first` to `last`, both included."""
    count = (last - first) // every + 1
    return [f"{loop}:{first + nth * every:%Y-%m-%dT%H:%MZ}" for nth in range(count)]


def run_job(
    workshops: MemoryWorkshops, instance: dg.DagsterInstance, job: str, config: Mapping[str, object] | None = None
) -> Ran:
    """Run a job of this location in this process."""
    asset = {"refresh_latest_prices": "latest_prices", "refresh_hourly_candles": "hourly_candles"}[job]
    result = (
        build_defs({"workshops": workshops})
        .resolve_job_def(job)
        .execute_in_process(
            instance=instance,
            run_config={"ops": {asset: {"config": dict(config or {})}}},
            raise_on_error=False,
        )
    )
    return Ran(instance, result)
