"""The job of this folder: score what is stored."""

import dagster as dg

from trend_platform.orchestration.etl.jobs import tags_of
from trend_platform.orchestration.etl.quality.keys import DATA_QUALITY

score_quality = dg.define_asset_job(
    "score_quality",
    selection=dg.AssetSelection.assets(DATA_QUALITY),
    executor_def=dg.in_process_executor,
    tags=tags_of(max_hours=2),
    description="Score each series and day of the last thirty, and check what is low or waits for a decision.",
)
