"""Checks of the ledger: whether what is missing is explained, and whether the rows are what the ledger says."""

import dagster as dg
import polars as pl

from trend_platform.ingest.gaps import GapSelection, detect
from trend_platform.orchestration.etl.gaps.keys import CANDLE_GAPS
from trend_platform.orchestration.etl.gaps.metadata import gaps_table, verdict
from trend_platform.orchestration.failures import failing_clearly
from trend_platform.orchestration.resources import WorkshopSource
from trend_platform.orchestration.tables import SHOWN, cut, markdown
from trend_platform.quality.gaps import NEVER_ASKED


@dg.asset_check(
    asset=CANDLE_GAPS,
    description="No candle of any series is missing without a reason that accounts for it; the metadata lists those that are.",
)
def gaps_are_explained(
    context: dg.AssetCheckExecutionContext, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.AssetCheckResult:
    """Warn of gaps that nothing explains."""
    with failing_clearly(context.retry_number), workshops.read() as workshop:
        found = detect(workshop, GapSelection(is_unexplained_only=True))
    never = int(found.gaps.filter(pl.col("reason") == NEVER_ASKED)["missing"].sum())
    return dg.AssetCheckResult(
        passed=found.unexplained == 0,
        severity=dg.AssetCheckSeverity.WARN,
        description=verdict(found),
        metadata={
            "unexplained missing": found.unexplained,
            "of these never asked": never,
            "gaps": dg.MetadataValue.md(gaps_table(found.gaps)),
        },
    )


@dg.asset_check(
    asset=CANDLE_GAPS,
    description="The ledger says what the rows say: every span of every timeframe holds the candles it accounts for, and no gap any.",
)
def ledger_equals_rows(
    context: dg.AssetCheckExecutionContext, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.AssetCheckResult:
    """Fail if the ledger and the rows disagree anywhere."""
    with failing_clearly(context.retry_number), workshops.read() as workshop:
        storage = workshop.storage
        found = storage.coverage.differences(storage.universe.instruments())
    rows = [(one.symbol, one.timeframe, one.interval, one.expected, one.stored) for one in found[:SHOWN]]
    table = cut(markdown(("symbol", "timeframe", "span", "accounted for", "stored"), rows), len(found))
    return dg.AssetCheckResult(
        passed=not found,
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"{len(found):,} spans differ: `trend backfill --refresh` over them makes both true again"
        if found
        else "the ledger accounts for exactly the rows that are stored",
        metadata={"differences": dg.MetadataValue.md(table), "difference count": len(found)},
    )
