"""Asset checks: whether data is as fresh as the calendar lets it be, read from the rows as they are.

The runs report them too (`refresh`), and the alert sensor when they turn (`watch`); executed from the asset's page they look anew.
"""

import dagster as dg

from trend_platform.orchestration.failures import failing_clearly
from trend_platform.orchestration.realtime.keys import (
    HOURLY_CANDLES,
    HOURLY_CANDLES_ARE_FRESH,
    LATEST_PRICES,
    LATEST_PRICES_ARE_FRESH,
)
from trend_platform.orchestration.resources import WorkshopSource


@dg.asset_check(
    name=LATEST_PRICES_ARE_FRESH,
    asset=LATEST_PRICES,
    description="Every active instrument has the latest price its calendar lets expect: a weekend is not stale, a missing 15:59 is.",
)
def latest_prices_are_fresh(
    context: dg.AssetCheckExecutionContext, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.AssetCheckResult:
    """Warn of latest prices that are older than they should be."""
    return _look(context, workshops, LATEST_PRICES_ARE_FRESH)


@dg.asset_check(
    name=HOURLY_CANDLES_ARE_FRESH,
    asset=HOURLY_CANDLES,
    description="Every active instrument has the hourly candles of its session that should be there by now.",
)
def hourly_candles_are_fresh(
    context: dg.AssetCheckExecutionContext, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.AssetCheckResult:
    """Warn of 1D charts that lack an hour."""
    return _look(context, workshops, HOURLY_CANDLES_ARE_FRESH)


def _look(context: dg.AssetCheckExecutionContext, workshops: WorkshopSource, check: str) -> dg.AssetCheckResult:
    from trend_platform.orchestration.realtime.verdicts import as_result, look  # noqa: PLC0415  keeps the start light

    with failing_clearly(context.retry_number), workshops.read() as workshop:
        return as_result(look(workshop, check))
