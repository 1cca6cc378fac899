"""The op of a repair: asks for the gaps that are due and leaves its number behind, by which it can be undone."""

from dataclasses import replace

import dagster as dg

from trend_platform.ingest.repair import REPAIRABLE, calls_left, plan_repair, repair
from trend_platform.ingest.workshop import drive
from trend_platform.orchestration.etl.gaps.config import RepairConfig
from trend_platform.orchestration.etl.gaps.metadata import repair_metadata
from trend_platform.orchestration.etl.keys import HISTORY_POOL
from trend_platform.orchestration.etl.progress import ProgressLog
from trend_platform.orchestration.failures import failing_clearly
from trend_platform.orchestration.resources import WorkshopSource


@dg.op(
    name="ask_for_gaps",
    pool=HISTORY_POOL,
    description="Ask again for the gaps that are due: unexplained ones, provisional ones, and believed ones whose belief has expired.",
)
def ask_for_gaps(
    context: dg.OpExecutionContext, config: RepairConfig, workshops: dg.ResourceParam[WorkshopSource]
) -> None:
    """Repair what is due within the calls that are left."""
    with failing_clearly(context.retry_number), workshops.open() as workshop:
        left = config.max_calls or calls_left(workshop, workshops.settings().repair.calls_per_day)
        plan = plan_repair(workshop, replace(REPAIRABLE, symbols=config.symbols), left)
        if not plan.calls:
            context.log.info("nothing to ask within %d calls; %d gaps are not due yet", left, plan.waiting)
            return
        progress = ProgressLog(context.log.info, workshop.clock)
        done = drive(workshop, repair(workshop, plan, progress))
    context.add_output_metadata(dict(repair_metadata(done, plan.waiting, plan.cut)))
