"""The jobs of this folder: the daily look with its checks, and a repair."""

import dagster as dg

from trend_platform.orchestration.etl.gaps.keys import CANDLE_GAPS
from trend_platform.orchestration.etl.gaps.ops import ask_for_gaps
from trend_platform.orchestration.etl.jobs import tags_of

detect_gaps = dg.define_asset_job(
    "detect_gaps",
    selection=dg.AssetSelection.assets(CANDLE_GAPS),
    executor_def=dg.in_process_executor,
    tags=tags_of(max_hours=1),
    description="Look for what is missing in all series, and prove the ledger against the rows.",
)


@dg.job(
    name="repair_gaps",
    executor_def=dg.in_process_executor,
    tags=tags_of(max_hours=4),
    description="Ask again for gaps that are due, within the calls of the day; `trend gaps undo` takes a repair back.",
)
def repair_gaps() -> None:
    """Run the one op there is."""
    ask_for_gaps()
