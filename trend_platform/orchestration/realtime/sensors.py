"""The clockwork: two sensors that launch at most one run per slot each, and one that tells people what is wrong.

The daemon looks at sensors every five seconds, so an interval of a minute would drift across slots and lose some. These look
more often and remember the slot they served; a look within a served slot costs no query. What a look needs beyond Dagster
is imported when it is needed: calendars and drivers are not part of this location's start.
"""

import dagster as dg

from trend_platform.errors import UnavailableError
from trend_platform.orchestration.launching.lanes import LANE_TAG, Lane
from trend_platform.orchestration.realtime.jobs import refresh_hourly_candles, refresh_latest_prices
from trend_platform.orchestration.realtime.keys import HOURLY, LATEST, Loop
from trend_platform.orchestration.realtime.slots import Memory, stamp
from trend_platform.orchestration.resources import WorkshopSource

# Just below a multiple of the daemon's five seconds: a tick that began a little late does not cost a whole beat.
LATEST_LOOKS_SECONDS = 9
HOURLY_LOOKS_SECONDS = 29
ALERT_LOOKS_SECONDS = 59

_AT_WORK = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@dg.sensor(
    name="latest_price_sensor",
    job=refresh_latest_prices,
    minimum_interval_seconds=LATEST_LOOKS_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Each minute, one run for all active instruments whose market trades. A stopped market is a skip that says "
    "when it opens; minutes that were missed are caught up by one run.",
)
def latest_price_sensor(
    context: dg.SensorEvaluationContext, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.SensorResult:
    """Launch the refresh of latest prices, once a minute, or say why not."""
    return tick(context, workshops, LATEST)


@dg.sensor(
    name="hourly_candles_sensor",
    job=refresh_hourly_candles,
    minimum_interval_seconds=HOURLY_LOOKS_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Every ten minutes, one run for all active instruments whose market trades, and at once for those that have "
    "just become active. What a missed run left out is asked by the next one.",
)
def hourly_candles_sensor(
    context: dg.SensorEvaluationContext, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.SensorResult:
    """Launch the refresh of the 1D charts, once in ten minutes, or say why not."""
    return tick(context, workshops, HOURLY)


@dg.sensor(
    name="alert_sensor",
    minimum_interval_seconds=ALERT_LOOKS_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Each minute, looks for failed runs and ticks, silent daemons, stale data and used-up quotas, tells people once "
    "per incident and once more when it is over, and reports the freshness checks when they turn.",
)
def alert_sensor(context: dg.SensorEvaluationContext, workshops: dg.ResourceParam[WorkshopSource]) -> dg.SensorResult:
    """Tell people what is wrong, and what is right again."""
    from trend_platform.orchestration.realtime.watch import watch  # noqa: PLC0415  see the charter

    try:
        return watch(context.instance, workshops, context.cursor)
    except UnavailableError as error:
        return dg.SensorResult(skip_reason=f"nobody can be told, since incidents cannot be kept: {error}")


def tick(context: dg.SensorEvaluationContext, workshops: WorkshopSource, loop: Loop) -> dg.SensorResult:
    """Return the one run a slot needs, or a skip with its reason; a slot that could not be served is tried again."""
    now = workshops.clock.now()
    memory = Memory.of(context.cursor)
    if memory.looked and stamp(memory.looked) == stamp(now):
        return dg.SensorResult(skip_reason=f"slot {stamp(memory.served)} is served")
    if since := at_work_since(context.instance, loop.lane):
        return dg.SensorResult(
            skip_reason=f"the previous run is at work since {since}; this slot is served when it ends"
        )
    from trend_platform.orchestration.realtime.ticks import decide  # noqa: PLC0415  see the charter

    try:
        with workshops.read() as workshop:
            active = workshop.storage.interests.active()
    except UnavailableError as error:
        return dg.SensorResult(skip_reason=f"{error} (this slot is tried again at the next look)")
    decision = decide(loop, memory, now, active)
    if decision.request is None:
        return dg.SensorResult(skip_reason=decision.reason, cursor=str(decision.memory))
    request = decision.request
    config: dict[str, object] = {"symbols": list(request.newcomers)} if request.newcomers else {}
    if request.traded_since:
        config["traded_since"] = request.traded_since.isoformat()
    ops = {loop.asset.to_python_identifier(): {"config": config}}
    run = dg.RunRequest(run_key=request.run_key, run_config={"ops": ops})
    return dg.SensorResult(run_requests=[run], cursor=str(decision.memory))


def at_work_since(instance: dg.DagsterInstance, lane: Lane) -> str:
    """Return since when a run of the lane is waiting or running, and which; empty if none is."""
    filters = dg.RunsFilter(statuses=_AT_WORK, tags={LANE_TAG: lane.value})
    for record in instance.get_run_records(filters, limit=1, ascending=True):
        return f"{record.create_timestamp:%Y-%m-%d %H:%M:%S} UTC (run {record.dagster_run.run_id[:8]})"
    return ""
