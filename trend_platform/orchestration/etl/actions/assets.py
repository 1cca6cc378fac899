"""The asset of corporate actions: config in, use case, metadata out."""

import dagster as dg

from trend_platform.ingest.actions import WantedActions, refresh_actions
from trend_platform.ingest.workshop import drive
from trend_platform.orchestration.etl.actions.config import ActionsConfig
from trend_platform.orchestration.etl.actions.keys import CORPORATE_ACTIONS, DOCS
from trend_platform.orchestration.etl.actions.metadata import actions_metadata
from trend_platform.orchestration.etl.actions.schemas import ACTIONS
from trend_platform.orchestration.etl.keys import GROUP, HISTORY_POOL, INSTRUMENTS, OWNERS
from trend_platform.orchestration.etl.progress import failure_lines
from trend_platform.orchestration.failures import failing_clearly
from trend_platform.orchestration.metadata import link
from trend_platform.orchestration.resources import WorkshopSource


@dg.asset(
    key=CORPORATE_ACTIONS,
    deps=[INSTRUMENTS],
    pool=HISTORY_POOL,
    group_name=GROUP,
    owners=OWNERS,
    kinds={"timescaledb"},
    tags={"layer": "reference"},
    metadata={"dagster/table_name": "market.corporate_actions", "dagster/column_schema": ACTIONS},
    description="Splits and dividends, told by providers and kept apart from prices, which stay as they came: readers adjust. A second "
    "provider is asked about new ones; the hot series they touch are written anew. Of shares that look gone it is asked whether they were "
    "delisted: then nothing is expected of them any more.",
)
def corporate_actions(
    context: dg.AssetExecutionContext, config: ActionsConfig, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.MaterializeResult[None]:
    """Ask for splits, dividends and delistings, and keep what is new."""
    with failing_clearly(context.retry_number), workshops.open(config.provider or None) as workshop:
        chosen = workshop.select(config.symbols)
        since = config.first_day(workshop.clock.now().date())
        outcome = drive(workshop, refresh_actions(workshop, WantedActions(chosen, since, config.history)))
    for line in failure_lines(outcome.failures):
        context.log.warning(line)
    about = {
        "run": dg.MetadataValue.dagster_run(context.run.run_id),
        "docs": link(workshops.settings().docs_url, DOCS),
    }
    return dg.MaterializeResult(metadata={**actions_metadata(outcome, chosen), **about})
