"""The jobs of this location: three assets for the ranges that change daily and for the long ones, and the nightly upkeep."""

import dagster as dg

from trend_platform.orchestration.etl.keys import HISTORICAL_CANDLES, INSTRUMENTS, RANGE_SERIES
from trend_platform.orchestration.etl.ops import drop_old_rows, purge_minute_runs

_HISTORY = dg.AssetSelection.assets(INSTRUMENTS, HISTORICAL_CANDLES, RANGE_SERIES)


def tags_of(max_hours: int) -> dict[str, str]:
    """Return the tags of a job whose runs must end in time."""
    # A killed worker is started again; everything runs again then, since what is stored is not asked twice.
    return {
        "dagster/max_runtime": str(max_hours * 3600),
        "dagster/max_retries": "2",
        "dagster/retry_strategy": "ALL_STEPS",
    }


daily_history = dg.define_asset_job(
    "daily_history",
    selection=_HISTORY,
    executor_def=dg.in_process_executor,
    tags=tags_of(max_hours=4),
    description="Bring the ranges 7D to 1Y up to date, then make their series hot.",
)
weekly_history = dg.define_asset_job(
    "weekly_history",
    selection=_HISTORY,
    executor_def=dg.in_process_executor,
    tags=tags_of(max_hours=12),
    description="Bring 3Y, 5Y and MAX up to date, then make their series hot.",
)


@dg.job(
    name="maintenance",
    executor_def=dg.in_process_executor,
    tags=tags_of(max_hours=2),
    description="Drop what the minute loop wrote and nobody needs any more, and settle candles that were left forming.",
)
def maintenance() -> None:
    """Run both ops; one that fails does not keep the other from its work."""
    purge_minute_runs()
    drop_old_rows()
