"""The jobs of corporate actions: bring them up to date, and hold new splits against prices."""

import dagster as dg

from trend_platform.ingest.split_check import check_splits, new_splits
from trend_platform.ingest.workshop import drive
from trend_platform.orchestration.etl.actions.keys import CORPORATE_ACTIONS
from trend_platform.orchestration.etl.actions.metadata import checked_metadata
from trend_platform.orchestration.etl.jobs import tags_of
from trend_platform.orchestration.failures import failing_clearly
from trend_platform.orchestration.resources import WorkshopSource

refresh_corporate_actions = dg.define_asset_job(
    "refresh_corporate_actions",
    selection=dg.AssetSelection.assets(CORPORATE_ACTIONS),
    executor_def=dg.in_process_executor,
    tags=tags_of(max_hours=4),
    description="Ask for splits and dividends.",
)


@dg.op(
    name="look_at_both_sides",
    description="Hold the candles before and after each new split against what providers tell of those days now; keep the verdict.",
)
def look_at_both_sides(context: dg.OpExecutionContext, workshops: dg.ResourceParam[WorkshopSource]) -> None:
    """Check every split of the last weeks that is not confirmed yet."""
    with failing_clearly(context.retry_number), workshops.open() as workshop:
        pending = new_splits(workshop, workshop.select(()))
        found = drive(workshop, check_splits(workshop, pending))
    for one in found:
        (context.log.warning if one.sides.verdict.is_wrong else context.log.info)(one.words)
    context.add_output_metadata(checked_metadata(found))


@dg.job(
    name="check_new_splits",
    executor_def=dg.in_process_executor,
    tags=tags_of(max_hours=1),
    description="Look at both sides of new splits.",
)
def check_new_splits() -> None:
    """Run the one op."""
    look_at_both_sides()
