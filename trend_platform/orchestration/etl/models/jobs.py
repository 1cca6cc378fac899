"""The job of this folder: all models and their tests, after history has come."""

import dagster as dg

from trend_platform.orchestration.etl.jobs import tags_of
from trend_platform.orchestration.etl.models.keys import GROUP

refresh_models = dg.define_asset_job(
    "refresh_models",
    selection=dg.AssetSelection.groups(GROUP),
    executor_def=dg.in_process_executor,
    tags=tags_of(max_hours=2),
    description="Build and test what is made of stored candles: returns, weeks, months, performance, trends, overview, coverage.",
)
