"""The asset: touched windows in, use case, metadata of what was rolled up out."""

import dagster as dg

from trend_platform.ingest.rollup import RollupOutcome, refresh_rollups, touch_all
from trend_platform.orchestration.etl.intraday.keys import INTRADAY_CANDLES
from trend_platform.orchestration.etl.keys import HISTORICAL_CANDLES, OWNERS
from trend_platform.orchestration.etl.rollups.config import RollupConfig
from trend_platform.orchestration.etl.rollups.keys import DOCS, GROUP, ROLLED_CANDLES, ROLLUP_POOL
from trend_platform.orchestration.etl.schemas import ROLLED
from trend_platform.orchestration.failures import failing_clearly
from trend_platform.orchestration.metadata import link
from trend_platform.orchestration.resources import WorkshopSource
from trend_platform.orchestration.tables import cut, markdown, some


@dg.asset(
    key=ROLLED_CANDLES,
    deps=[HISTORICAL_CANDLES, INTRADAY_CANDLES],
    pool=ROLLUP_POOL,
    group_name=GROUP,
    owners=OWNERS,
    kinds={"timescaledb", "polars"},
    tags={"layer": "history"},
    metadata={"dagster/table_name": "market.rolled_intraday, market.rolled_daily", "dagster/column_schema": ROLLED},
    description=(
        "Candles of 5m to 1mo made of finer stored ones, session by session. Each change of a candle leaves a touched "
        "window behind, and exactly these windows are rolled up anew. A candle says how many parts it has and how many "
        "the calendar expects; one that lacks some is kept and marked."
    ),
)
def rolled_candles(
    context: dg.AssetExecutionContext, config: RollupConfig, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.MaterializeResult[None]:
    """Roll up whatever has changed."""
    with failing_clearly(context.retry_number), workshops.read() as workshop:
        chosen = workshop.select(config.symbols)
        if config.everything:
            touch_all(workshop, chosen)
        outcome = refresh_rollups(workshop, chosen)
    return dg.MaterializeResult(
        metadata={**rollup_metadata(outcome), "docs": link(workshops.settings().docs_url, DOCS)}
    )


def rollup_metadata(outcome: RollupOutcome) -> dict[str, dg.MetadataValue]:
    """Return what a roll-up did."""
    done = outcome.total
    rows = [(length.value, one.written, one.removed, one.unchanged) for length, one in outcome.restored.items()]
    refused = [(symbol, length.value, count) for (symbol, length), count in outcome.refused.items()]
    return {
        "verdict": dg.MetadataValue.text(_verdict(outcome)),
        "windows": dg.MetadataValue.int(outcome.windows),
        "written": dg.MetadataValue.int(done.written),
        "removed": dg.MetadataValue.int(done.removed),
        "unchanged": dg.MetadataValue.int(done.unchanged),
        "by timeframe": dg.MetadataValue.md(
            cut(markdown(("timeframe", "written", "removed", "unchanged"), rows), len(rows), max(1, len(rows)))
        ),
        "refused: parts on two bases": dg.MetadataValue.md(
            cut(markdown(("symbol", "timeframe", "candles"), refused[:50]), len(refused), 50)
        ),
        "seconds": dg.MetadataValue.float(round(outcome.seconds, 3)),
    }


def _verdict(outcome: RollupOutcome) -> str:
    if not outcome.symbols:
        return "nothing has changed since the last roll-up"
    symbols = some(outcome.symbols)
    refused = sum(outcome.refused.values())
    not_made = f"; {refused:,} candles not made, because raw and split-adjusted parts do not add up" if refused else ""
    return f"{outcome.windows:,} touched windows of {symbols}: {outcome.total.written:,} candles written{not_made}"
