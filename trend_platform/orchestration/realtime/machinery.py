"""Whether Dagster itself is at work: daemons that beat, and schedules and sensors whose last tick did not fail."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import dagster as dg

from trend_platform.ingest.alerts import Trouble

# Longer than the rarest schedule's week; what failed before belongs to a sensor that is no longer there.
_LOOK_BACK = timedelta(days=8)
_LONGEST_MESSAGE = 300


def machinery_troubles(instance: dg.DagsterInstance, now: datetime) -> Iterator[Trouble]:
    """Return silent daemons, and schedules and sensors whose last finished tick failed; three queries in all."""
    for kind, status in instance.get_daemon_statuses().items():
        if status.required and not status.healthy:
            since = _instant(status.last_heartbeat.timestamp) if status.last_heartbeat else "it was set up"
            yield Trouble(f"daemon_silent:{kind.lower()}", f"Dagster's daemon {kind.lower()} is silent since {since}")
    running = {state.selector_id: state.name for state in instance.all_instigator_state() if state.is_running}
    ticks = instance.get_batch_ticks(list(running), limit=2) if running else {}
    for selector, name in running.items():
        ended = next((tick for tick in ticks.get(selector, ()) if tick.status.value != "STARTED"), None)
        if ended and ended.is_failure and ended.timestamp >= (now - _LOOK_BACK).timestamp():
            said = " ".join(ended.error.message.split()) if ended.error else "no reason is recorded"
            when = _instant(ended.timestamp)
            yield Trouble(f"tick_failed:{name}", f"the tick of {name} at {when} failed: {said[:_LONGEST_MESSAGE]}")


def _instant(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
