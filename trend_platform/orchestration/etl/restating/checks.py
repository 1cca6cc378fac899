"""The asset check of this folder: whether a provider took back more than is usual when it was asked again."""

import dagster as dg

from trend_platform.ingest.restated_alarms import alarming_restatements
from trend_platform.orchestration.etl.keys import HISTORICAL_CANDLES
from trend_platform.orchestration.failures import failing_clearly
from trend_platform.orchestration.resources import WorkshopSource


@dg.asset_check(
    asset=HISTORICAL_CANDLES,
    description="Few final candles had other prices when their providers were asked again in the last two days.",
)
def restatements_are_few(
    context: dg.AssetCheckExecutionContext, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.AssetCheckResult:
    """Warn of providers whose last restatement is larger than the setting `restate.alert_share`."""
    with failing_clearly(context.retry_number), workshops.read() as workshop:
        found = dict(alarming_restatements(workshop))
    return dg.AssetCheckResult(
        passed=not found,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(found.values()) or "no provider took back more than is usual",
        metadata={"alarming": ", ".join(found) or "none"},
    )
