"""The asset check of this folder: the providers' own coarser candles against what finer ones add up to."""

from collections import Counter
from collections.abc import Sequence

import dagster as dg

from trend_platform.ingest.rollup_check import Checked, check_rollups
from trend_platform.orchestration.etl.rollups.keys import ROLLED_CANDLES
from trend_platform.orchestration.failures import failing_clearly
from trend_platform.orchestration.resources import WorkshopSource
from trend_platform.orchestration.tables import cut, markdown

_SHOWN = 50


@dg.asset_check(
    asset=ROLLED_CANDLES,
    description="The last candles of each series that is both stored and rolled up say the same, within declared tolerances.",
)
def rollup_identity(
    context: dg.AssetCheckExecutionContext, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.AssetCheckResult:
    """Warn of series whose roll-up is not what their provider tells, with the reason where one fits."""
    with failing_clearly(context.retry_number), workshops.read() as workshop:
        found = check_rollups(workshop, workshop.storage.universe.instruments())
    wrong = [one for one in found if one.found.is_wrong]
    rows = [
        (one.instrument.symbol, one.timeframe.value, one.found.verdict.value, one.provider, one.source, one.found.words)
        for one in wrong[:_SHOWN]
    ]
    header = ("symbol", "timeframe", "verdict", "own", "rolled up from", "what it is")
    return dg.AssetCheckResult(
        passed=not wrong,
        severity=dg.AssetCheckSeverity.WARN,
        description=_in_words(found, len(wrong)),
        metadata={
            "series": len(found),
            "not in agreement": len(wrong),
            "they are": dg.MetadataValue.md(cut(markdown(header, rows), len(wrong), _SHOWN)),
        },
    )


def _in_words(found: Sequence[Checked], wrong: int) -> str:
    if not found:
        return "no series is both stored and rolled up: there is nothing to compare"
    verdicts = Counter(one.found.verdict.value.replace("_", " ") for one in found)
    counts = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common())
    return f"{len(found)} series compared, {wrong} not in agreement ({counts})"
