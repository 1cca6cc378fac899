"""The asset: config in, use case, metadata out."""

from collections.abc import Sequence
from datetime import timedelta

import dagster as dg

from trend_platform.domain.timeframes import parse_timeframe
from trend_platform.ingest.quality import LOW, Measured, measure_quality, words_of
from trend_platform.orchestration.etl.keys import HISTORICAL_CANDLES, OWNERS
from trend_platform.orchestration.etl.quality.config import QualityConfig
from trend_platform.orchestration.etl.quality.keys import DATA_QUALITY, DOCS, GROUP
from trend_platform.orchestration.failures import failing_clearly
from trend_platform.orchestration.metadata import PRICES, link
from trend_platform.orchestration.resources import WorkshopSource
from trend_platform.orchestration.tables import markdown

_SHOWN = 50


@dg.asset(
    key=DATA_QUALITY,
    deps=[HISTORICAL_CANDLES],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"timescaledb"},
    tags={"layer": "quality"},
    metadata={"dagster/table_name": "market.data_quality_metrics"},
    description="A score of each series and day from 0 to 100: what is missing, set aside, surprising or in doubt takes points off.",
)
def data_quality(
    context: dg.AssetExecutionContext, config: QualityConfig, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.MaterializeResult[None]:
    """Score each series and day, and keep the scores."""
    timeframe, docs_url = parse_timeframe(config.timeframe), workshops.settings().docs_url
    with failing_clearly(context.retry_number), workshops.read() as workshop:
        last = workshop.clock.now().date()
        instruments = workshop.select(config.symbols)
        found = measure_quality(workshop, instruments, timeframe, last - timedelta(days=config.days - 1), last)
        kind = workshop.storage.market.kind
    return dg.MaterializeResult(
        metadata={
            "prices": dg.MetadataValue.text(PRICES[kind]),
            **scores_metadata(found),
            "timeframe": dg.MetadataValue.text(timeframe.value),
            "docs": link(docs_url, DOCS),
        }
    )


def scores_metadata(found: Sequence[Measured]) -> dict[str, dg.MetadataValue]:
    """Return what the scores say together, and the worst day of each of the worst series."""
    scored = sorted((one for one in found if one.mean is not None), key=lambda one: (one.worst["score"], one.mean))
    days = sum(one.scores.height for one in scored)
    total = sum(float(one.scores["score"].sum()) for one in scored)
    rows = [
        (one.instrument.symbol, f"{one.mean:.1f}", one.low, one.worst["day"], one.worst["score"], words_of(one.worst))
        for one in scored[:_SHOWN]
    ]
    columns = ("symbol", "mean score", f"days below {LOW:g}", "worst day", "its score", "why")
    return {
        "series": dg.MetadataValue.int(len(scored)),
        "series nobody has asked for": dg.MetadataValue.int(len(found) - len(scored)),
        "days": dg.MetadataValue.int(days),
        "mean score": dg.MetadataValue.float(round(total / days, 2) if days else 100.0),
        f"days below {LOW:g}": dg.MetadataValue.int(sum(one.low for one in scored)),
        "worst series": dg.MetadataValue.md(markdown(columns, rows)),
    }
