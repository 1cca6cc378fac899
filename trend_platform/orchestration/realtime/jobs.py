"""The jobs of this location: one per loop, each in its lane, so that a long backfill never delays them.

The checks are not steps of these jobs: the run itself reports them, at the price of one event a minute.
"""

import dagster as dg

from trend_platform.orchestration.launching.lanes import lane_tags
from trend_platform.orchestration.realtime.keys import HOURLY, LATEST

refresh_latest_prices = dg.define_asset_job(
    LATEST.job,
    selection=dg.AssetSelection.assets(LATEST.asset).without_checks(),
    executor_def=dg.in_process_executor,
    tags=lane_tags(LATEST.lane),
    description="Ask for the latest prices of all active instruments, store them and make them hot.",
)
refresh_hourly_candles = dg.define_asset_job(
    HOURLY.job,
    selection=dg.AssetSelection.assets(HOURLY.asset).without_checks(),
    executor_def=dg.in_process_executor,
    tags=lane_tags(HOURLY.lane),
    description="Bring the 1D charts of all active instruments up to date: hours expected and not covered, and the forming one.",
)
