"""The checks of `intraday_candles`: whether the run's sums hold, and whether every candle is there or its absence explained.

The second one reads the ledger as it is, so it can be run again on its own: within a run it looks at the run's days and
symbols, alone at the last week of everything active.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import cast

import dagster as dg

from trend_platform.domain.intervals import Spans, days
from trend_platform.domain.timeframes import parse_timeframe
from trend_platform.ingest.by_day import DayAccount, accounts_by_day
from trend_platform.ingest.candle_fetch import wanted_between
from trend_platform.ingest.outcome import Outcome
from trend_platform.ingest.workshop import Workshop
from trend_platform.orchestration.etl.intraday.config import chosen
from trend_platform.orchestration.etl.intraday.keys import INTRADAY_CANDLES
from trend_platform.orchestration.etl.intraday.metadata import day_verdict, days_table, summed
from trend_platform.orchestration.etl.intraday.partitions import Blocks, blocks_of_tags, key_of
from trend_platform.orchestration.failures import failing_clearly
from trend_platform.orchestration.resources import WorkshopSource
from trend_platform.orchestration.tables import outcome_table

LOOK_BACK = timedelta(days=7)
"""How many days the check looks at when it is started alone."""

OUTCOMES_ADD_UP = dg.AssetCheckSpec(
    "outcome_adds_up",
    asset=INTRADAY_CANDLES,
    description="Every row received was stored, unchanged or set aside; every expected candle is stored or missing.",
)


def outcomes_add_up(outcomes: Sequence[Outcome]) -> dg.AssetCheckResult:
    """Judge the outcomes of a run, one for each timeframe, by their two sums."""
    wrong = [outcome for outcome in outcomes if not outcome.adds_up]
    tables = {
        f"outcome, run {outcome.run_id}, {outcome.timeframe}": dg.MetadataValue.md(outcome_table(outcome))
        for outcome in wrong or outcomes
    }
    return dg.AssetCheckResult(
        check_name=OUTCOMES_ADD_UP.name,
        passed=not wrong,
        severity=dg.AssetCheckSeverity.ERROR,
        description="a sum does not hold: please report it with this table" if wrong else "all sums hold",
        metadata=tables,
    )


@dg.asset_check(
    asset=INTRADAY_CANDLES,
    description="No candle within a day is missing without an explanation; the metadata lists the days that lack some.",
)
def intraday_is_explained(
    context: dg.AssetCheckExecutionContext, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.AssetCheckResult:
    """Warn of candles the calendar expects that are missing without a reason."""
    with failing_clearly(context.retry_number), workshops.open() as workshop:
        if not (symbols := _symbols(context.run.run_config)) and not workshop.storage.interests.active():
            return dg.AssetCheckResult(passed=True, description="nothing is active: there is nothing to look at")
        blocks = blocks_of_tags(context.run.tags) or _last_days(workshop, workshops.settings().intraday.timeframes)
        by_day = _by_day(workshop, blocks, symbols)
    whole = summed(list(by_day.values()))
    return dg.AssetCheckResult(
        passed=whole.unexplained == 0,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{len(by_day)} partitions: {day_verdict(whole)}",
        metadata={
            "days that lack candles": dg.MetadataValue.md(days_table(by_day)),
            "expected": whole.expected,
            "stored": whole.stored,
            "explained missing": whole.explained,
            "unexplained missing": whole.unexplained,
        },
    )


def _by_day(workshop: Workshop, blocks: Blocks, symbols: Sequence[str]) -> dict[str, DayAccount]:
    instruments = chosen(workshop, symbols)
    return {
        str(key_of(day, timeframe)): account
        for timeframe, spans in blocks.items()
        for block in spans
        for day, account in accounts_by_day(workshop, wanted_between(instruments, timeframe, block)).items()
    }


def _last_days(workshop: Workshop, timeframes: Sequence[str]) -> Blocks:
    today = workshop.clock.now().date()
    return {parse_timeframe(one): Spans((days(today - LOOK_BACK, today),)) for one in timeframes}


def _symbols(run_config: Mapping[str, object]) -> tuple[str, ...]:
    # What the asset of the same run was asked for; a check that runs alone has no such config.
    found: object = run_config
    for name in ("ops", INTRADAY_CANDLES.to_python_identifier(), "config", "symbols"):
        found = found.get(name) if isinstance(found, Mapping) else None
    return tuple(cast("Sequence[str]", found)) if isinstance(found, Sequence) else ()
