"""The code location `etl`, put together: every asset, check, job, schedule and resource it has, by name."""

from collections.abc import Mapping

import dagster as dg

from trend_platform.orchestration.etl.assets import historical_candles, instruments, range_series
from trend_platform.orchestration.etl.checks import candles_are_sound, coverage_is_explained, series_match_database
from trend_platform.orchestration.etl.jobs import daily_history, maintenance, weekly_history
from trend_platform.orchestration.etl.schedules import (
    daily_history_schedule,
    maintenance_schedule,
    weekly_history_schedule,
)
from trend_platform.orchestration.pieces import Pieces, definitions_of
from trend_platform.orchestration.resources import workshops

PIECES = Pieces(
    assets={"instruments": instruments, "historical_candles": historical_candles, "range_series": range_series},
    checks={
        "coverage_is_explained": coverage_is_explained,
        "candles_are_sound": candles_are_sound,
        "series_match_database": series_match_database,
    },
    jobs={"daily_history": daily_history, "weekly_history": weekly_history, "maintenance": maintenance},
    schedules={
        "daily_history_schedule": daily_history_schedule,
        "weekly_history_schedule": weekly_history_schedule,
        "maintenance_schedule": maintenance_schedule,
    },
    resources={"workshops": workshops},
)


def build_defs(overrides: Mapping[str, object] | None = None) -> dg.Definitions:
    """Return the definitions of the location, with pieces replaced by name.

    Args:
        overrides: Assets by key, checks, jobs and schedules by name, resources by the parameter that asks for them;
            `{"workshops": ...}` gives every asset and check other databases and providers.

    Raises:
        UsageError: An override names no piece of this location.
    """
    return definitions_of(PIECES, overrides)


defs = build_defs()
