"""The jobs of this location: the same three assets, for the ranges that change daily and for the long ones."""

import dagster as dg

from trend_platform.orchestration.etl.keys import HISTORICAL_CANDLES, INSTRUMENTS, RANGE_SERIES

_HISTORY = dg.AssetSelection.assets(INSTRUMENTS, HISTORICAL_CANDLES, RANGE_SERIES)


def _tags(max_hours: int) -> dict[str, str]:
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
    tags=_tags(max_hours=4),
    description="Bring the ranges 7D to 1Y up to date, then make their series hot.",
)
weekly_history = dg.define_asset_job(
    "weekly_history",
    selection=_HISTORY,
    executor_def=dg.in_process_executor,
    tags=_tags(max_hours=12),
    description="Bring 3Y, 5Y and MAX up to date, then make their series hot.",
)
