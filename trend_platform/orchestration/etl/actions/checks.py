"""Asset checks of corporate actions: they read what is on record, so each can be run again on its own."""

import dagster as dg

from trend_platform.ingest.keeping import open_disputes
from trend_platform.ingest.split_check import wrong_splits
from trend_platform.orchestration.etl.actions.keys import CORPORATE_ACTIONS
from trend_platform.orchestration.failures import failing_clearly
from trend_platform.orchestration.resources import WorkshopSource
from trend_platform.orchestration.tables import SHOWN, cut, markdown, some


@dg.asset_check(
    asset=CORPORATE_ACTIONS,
    description="No provider says another thing of an action of the last weeks than what is kept.",
)
def actions_are_agreed(
    context: dg.AssetCheckExecutionContext, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.AssetCheckResult:
    """Warn of actions that a provider disputes."""
    with failing_clearly(context.retry_number), workshops.read() as workshop:
        names = {one.instrument_id: one.symbol for one in workshop.storage.universe.instruments()}
        disputes = open_disputes(workshop)
    columns = ("kind", "ex_date", "provider", "value", "other", "other_date", "other_value")
    rows = [(names.get(one.instrument_id or 0, ""), *(one.details[name] for name in columns)) for one in disputes]
    return dg.AssetCheckResult(
        passed=not rows,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{len(rows)} actions of the last weeks are disputed" if rows else "nobody disagrees",
        metadata={
            "disputed": len(rows),
            "who disagrees": dg.MetadataValue.md(cut(markdown(("symbol", *columns), rows[:SHOWN]), len(rows))),
        },
    )


@dg.asset_check(
    asset=CORPORATE_ACTIONS,
    description="Prices on both sides of each new split stand as it says, and as providers tell them.",
)
def splits_are_seen(
    context: dg.AssetCheckExecutionContext, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.AssetCheckResult:
    """Fail if prices contradict a new split; the sensor `new_split_sensor` has them looked at."""
    with failing_clearly(context.retry_number), workshops.read() as workshop:
        wrong = wrong_splits(workshop)
    names = some([name for name, _ in wrong])
    return dg.AssetCheckResult(
        passed=not wrong,
        severity=dg.AssetCheckSeverity.ERROR,
        description=f"prices contradict {names}" if wrong else "no price contradicts a split",
        metadata={"contradicted": dg.MetadataValue.md(cut(markdown(("split", "in words"), wrong[:SHOWN]), len(wrong)))},
    )
