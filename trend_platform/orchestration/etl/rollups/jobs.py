"""The jobs of this folder: rolling up, which asks no provider, and comparing, which changes no candle."""

import dagster as dg

from trend_platform.orchestration.etl.jobs import tags_of
from trend_platform.orchestration.etl.rollups.checks import rollup_identity
from trend_platform.orchestration.etl.rollups.keys import ROLLED_CANDLES

refresh_rollups = dg.define_asset_job(
    "refresh_rollups",
    selection=dg.AssetSelection.assets(ROLLED_CANDLES).without_checks(),
    executor_def=dg.in_process_executor,
    tags=tags_of(max_hours=4),
    description="Roll up what has changed since the last time; it asks no provider.",
)
check_rollups = dg.define_asset_job(
    "check_rollups",
    selection=dg.AssetSelection.checks(rollup_identity),
    executor_def=dg.in_process_executor,
    tags=tags_of(max_hours=1),
    description="Compare roll-ups with the providers' own candles.",
)
