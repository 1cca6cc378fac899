"""The asset: everything that is missing, with its reason, once a day. The work is done in `ingest`."""

import dagster as dg

from trend_platform.ingest.gaps import GapSelection, detect, measured
from trend_platform.orchestration.etl.gaps.keys import CANDLE_GAPS, DOCS
from trend_platform.orchestration.etl.gaps.metadata import gaps_metadata
from trend_platform.orchestration.etl.keys import GROUP, HISTORICAL_CANDLES, OWNERS
from trend_platform.orchestration.failures import failing_clearly
from trend_platform.orchestration.metadata import link
from trend_platform.orchestration.resources import WorkshopSource


@dg.asset(
    key=CANDLE_GAPS,
    deps=[HISTORICAL_CANDLES],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"timescaledb"},
    tags={"layer": "history"},
    metadata={"dagster/table_name": "market.coverage_gaps"},
    description="What the calendars expect and the ledger does not account for as stored, of every series that was ever asked for, "
    "with reason and evidence. Answered from the ledger; no candle is counted and no provider asked.",
)
def candle_gaps(
    context: dg.AssetExecutionContext, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.MaterializeResult[None]:
    """Look for what is missing, and keep how complete everything is."""
    with failing_clearly(context.retry_number), workshops.read() as workshop:
        found = detect(workshop, GapSelection())
        workshop.storage.metrics.add(measured(found))
    return dg.MaterializeResult(metadata={**gaps_metadata(found), "docs": link(workshops.settings().docs_url, DOCS)})
