"""Asset checks of this folder: they read the database as it is, so each can be run again on its own from the asset's page."""

from datetime import timedelta
from typing import Final

import dagster as dg

from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.quality import LOW, METRIC
from trend_platform.orchestration.etl.quality.keys import DATA_QUALITY
from trend_platform.orchestration.failures import failing_clearly
from trend_platform.orchestration.resources import WorkshopSource
from trend_platform.orchestration.tables import markdown, some
from trend_platform.storage.quarantine import Chosen

DAYS: Final = 30
"""So many days back low scores are told."""

_SHOWN = 50


@dg.asset_check(
    asset=DATA_QUALITY, description="No day of the last thirty scores low; the metadata lists those that do."
)
def scores_are_high(
    context: dg.AssetCheckExecutionContext, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.AssetCheckResult:
    """Warn of days with a low score."""
    with failing_clearly(context.retry_number), workshops.read() as workshop:
        names = {one.instrument_id: one.symbol for one in workshop.storage.universe.instruments()}
        last = workshop.clock.now().date()
        scores = workshop.storage.metrics.of_days(
            METRIC, list(names), Timeframe.D1, last - timedelta(days=DAYS - 1), last
        )
    low = sorted((one for one in scores if one.value < LOW), key=lambda one: one.value)
    rows = [(names.get(one.instrument_id or 0), one.day, one.value, one.details.get("taken_off")) for one in low]
    symbols = sorted({str(row[0]) for row in rows})
    return dg.AssetCheckResult(
        passed=not low,
        severity=dg.AssetCheckSeverity.WARN,
        description=(
            f"{len(low)} of {len(scores)} days score below {LOW:g}: {some(symbols)}; see `trend quality`"
            if low
            else f"{len(scores)} days, none scores below {LOW:g}"
        ),
        metadata={
            "low days": len(low),
            "lowest": dg.MetadataValue.md(markdown(("symbol", "day", "score", "taken off"), rows[:_SHOWN])),
        },
    )


@dg.asset_check(
    asset=DATA_QUALITY, description="Nobody has to decide about a row set aside; the metadata counts them by rule."
)
def quarantine_is_decided(
    context: dg.AssetCheckExecutionContext, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.AssetCheckResult:
    """Warn of rows set aside that nobody has decided about."""
    with failing_clearly(context.retry_number), workshops.read() as workshop:
        waiting = workshop.storage.quarantine.rows(Chosen(undecided=True))
    by_rule = waiting["rule"].value_counts(sort=True)
    return dg.AssetCheckResult(
        passed=waiting.is_empty(),
        severity=dg.AssetCheckSeverity.WARN,
        description=(
            f"{waiting.height:,} rows set aside wait for a decision: `trend quarantine list` shows them"
            if waiting.height
            else "no row set aside waits for a decision"
        ),
        metadata={
            "waiting": waiting.height,
            "by rule": dg.MetadataValue.md(markdown(("rule", "rows"), by_rule.iter_rows())),
        },
    )
