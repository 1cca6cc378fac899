"""The job of this folder: recent candles are asked again."""

import dagster as dg

from trend_platform.orchestration.etl.jobs import tags_of
from trend_platform.orchestration.etl.restating.ops import ask_again


@dg.job(
    name="restate_candles",
    executor_def=dg.in_process_executor,
    tags=tags_of(max_hours=4),
    description="Ask again for the candles of the last days, since providers correct them; what changed is measured.",
)
def restate_candles() -> None:
    """Run the op."""
    ask_again()
