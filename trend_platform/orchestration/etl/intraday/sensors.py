"""When candles within a day are brought up to date: once a session of their own market has ended, for everything active.

A sensor and not a schedule: closes differ by venue, half day and season, and its cursor remembers up to which instant they
were served, so that a machine that slept over a close catches it up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from trend_platform.domain.timeframes import parse_timeframe
from trend_platform.errors import UnavailableError
from trend_platform.orchestration.etl.intraday.jobs import intraday_history
from trend_platform.orchestration.etl.intraday.keys import INTRADAY_CANDLES
from trend_platform.orchestration.etl.intraday.partitions import tags_for_block
from trend_platform.orchestration.resources import WorkshopSource

if TYPE_CHECKING:
    from trend_platform.ingest.closings import Closing

# Just below a multiple of the daemon's five seconds.
LOOKS_SECONDS = 299
MOST_MISSED = timedelta(days=7)
"""Closes that were missed longer ago are not caught up by themselves: a backfill in the UI asks for them."""


@dg.sensor(
    name="intraday_candles_sensor",
    job=intraday_history,
    minimum_interval_seconds=LOOKS_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Some time after each close (crypto: midnight UTC), one run for each timeframe of the settings and all active "
    "instruments of that market: the session that ended and, for what had not settled then, the one before.",
)
def intraday_candles_sensor(
    context: dg.SensorEvaluationContext, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.SensorResult:
    """Launch the runs for sessions that have ended since the last look, or say which one ends next."""
    from trend_platform.ingest.closings import closings, next_closing  # noqa: PLC0415  calendars load with the first look

    settings = workshops.settings().intraday
    until = workshops.clock.now() - timedelta(minutes=settings.minutes_after_close)
    try:
        with workshops.read() as workshop:
            active = workshop.storage.interests.active()
    except UnavailableError as error:
        return dg.SensorResult(skip_reason=f"{error} (tried again at the next look)")
    cursor = until.isoformat()
    if not active or not settings.timeframes:
        nothing = "nothing is on a list" if settings.timeframes else "the setting intraday.timeframes names none"
        return dg.SensorResult(skip_reason=f"{nothing}: there is nothing to bring up to date", cursor=cursor)
    since = max(datetime.fromisoformat(context.cursor), until - MOST_MISSED) if context.cursor else until
    ended = closings(active, since, until)
    if not ended:
        coming = next_closing(active, until)
        after = f"{coming[1]} closes at {coming[0]:%a %Y-%m-%d %H:%M} UTC" if coming else "no close is known"
        reason = f"no session has ended; next, {after}, served {settings.minutes_after_close} minutes later"
        return dg.SensorResult(skip_reason=reason, cursor=cursor)
    requests = [request for one in ended for request in _requests(one, settings.timeframes)]
    return dg.SensorResult(run_requests=requests, cursor=cursor)


def _requests(ended: Closing, timeframes: Sequence[str]) -> Iterator[dg.RunRequest]:
    # One for each timeframe: those of the settings need not be neighbours, and a block of partitions has no holes.
    symbols = [one.symbol for one in ended.instruments]
    config = {"ops": {INTRADAY_CANDLES.to_python_identifier(): {"config": {"symbols": symbols}}}}
    for timeframe in map(parse_timeframe, timeframes):
        yield dg.RunRequest(
            run_key=f"intraday:{ended.calendar}:{ended.closed_at:%Y-%m-%dT%H:%MZ}:{timeframe}",
            run_config=config,
            tags={
                **tags_for_block(ended.first_day, ended.last_day, timeframe),
                "trend/calendar": ended.calendar.replace("/", "-"),
                "trend/day": ended.last_day.isoformat(),
            },
        )
