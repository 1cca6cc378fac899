"""The job of this folder: the one asset, with its checks."""

import dagster as dg

from trend_platform.orchestration.etl.intraday.keys import INTRADAY_CANDLES
from trend_platform.orchestration.etl.jobs import tags_of

intraday_history = dg.define_asset_job(
    "intraday_history",
    selection=dg.AssetSelection.assets(INTRADAY_CANDLES),
    executor_def=dg.in_process_executor,
    tags=tags_of(max_hours=12),
    description="Bring days of candles within a day up to date; by default of everything active.",
)
