"""Asset checks: they read the database as it is, so each can be run again on its own from the asset's page.

A range is green once a run has ended honestly; whether the data is there is what these checks say. They look at the
ranges of their run, or at all materialized ones when they are started alone, and always at the whole universe.
"""

from collections.abc import Sequence

import dagster as dg

from trend_platform.domain.ranges import Range, range_window
from trend_platform.ingest.audit import audit, compare_series
from trend_platform.ingest.backfill import wanted_of
from trend_platform.ingest.by_range import accounts_by_range
from trend_platform.ingest.outcome import Outcome, SeriesAccount
from trend_platform.orchestration.etl.keys import HISTORICAL_CANDLES, RANGE_SERIES
from trend_platform.orchestration.failures import failing_clearly
from trend_platform.orchestration.partitions import ranges_of_keys, ranges_of_tags
from trend_platform.orchestration.resources import WorkshopSource
from trend_platform.orchestration.tables import (
    holes_of,
    holes_table,
    markdown,
    outcome_table,
    ranges_table,
    reasons,
    some,
    unexplained,
)

MOST_REJECTED = 0.2
"""The share of set-aside candles above which the rest of what came is not trusted either."""

_SAMPLE = 5

OUTCOME_ADDS_UP = dg.AssetCheckSpec(
    "outcome_adds_up",
    asset=HISTORICAL_CANDLES,
    description="Every row received was stored, unchanged or set aside; every expected candle is stored or missing.",
)


def outcome_adds_up(outcome: Outcome) -> dg.AssetCheckResult:
    """Judge an outcome by its two sums; one that does not hold is a bug of the platform, not of the data."""
    return dg.AssetCheckResult(
        check_name=OUTCOME_ADDS_UP.name,
        passed=outcome.adds_up,
        severity=dg.AssetCheckSeverity.ERROR,
        description="both sums hold" if outcome.adds_up else "a sum does not hold: please report it with this table",
        metadata={"outcome": dg.MetadataValue.md(outcome_table(outcome)), "ingest run": outcome.run_id},
    )


@dg.asset_check(
    asset=HISTORICAL_CANDLES,
    description="No candle is missing without an explanation; the metadata lists every hole with its reason.",
)
def coverage_is_explained(
    context: dg.AssetCheckExecutionContext, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.AssetCheckResult:
    """Warn of candles the calendar expects that are missing without a reason."""
    ranges = _ranges(context, HISTORICAL_CANDLES)
    if not ranges:
        return _nothing_yet()
    with failing_clearly(context.retry_number), workshops.open() as workshop:
        today = workshop.clock.now().date()
        by_range = accounts_by_range(workshop, wanted_of(workshop, ranges, (), today))
    widest = max(by_range, key=lambda range_: range_window(range_, today).length)
    holes = holes_of(by_range[widest], ranges, today)
    missing = unexplained(by_range[widest])
    return dg.AssetCheckResult(
        passed=missing == 0,
        severity=dg.AssetCheckSeverity.WARN,
        description=_coverage_in_words(by_range[widest], widest, missing),
        metadata={
            "by range": dg.MetadataValue.md(ranges_table(by_range)),
            "holes": dg.MetadataValue.md(holes_table(holes)),
            "hole count": len(holes),
            "unexplained missing": missing,
        },
    )


@dg.asset_check(
    asset=HISTORICAL_CANDLES,
    blocking=True,
    description="No stored candle contradicts itself, and few were set aside. Blocks range_series: Redis is not poisoned.",
)
def candles_are_sound(
    context: dg.AssetCheckExecutionContext, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.AssetCheckResult:
    """Fail if a stored candle breaks a rule on single candles, or too large a share of what came was set aside."""
    ranges = _ranges(context, HISTORICAL_CANDLES)
    if not ranges:
        return _nothing_yet()
    with failing_clearly(context.retry_number), workshops.open() as workshop:
        found = audit(workshop, wanted_of(workshop, ranges, (), workshop.clock.now().date()))
    passed = found.unsound.is_empty() and found.rejected_share <= MOST_REJECTED
    unsound = found.unsound.head(50)
    return dg.AssetCheckResult(
        passed=passed,
        severity=dg.AssetCheckSeverity.ERROR,
        description=(
            f"{found.looked_at:,} stored candles judged again, {found.unsound.height:,} unsound; {found.set_aside:,} set "
            f"aside for good ({found.rejected_share:.1%}, at most {MOST_REJECTED:.0%} is trusted)"
        ),
        metadata={
            "ranges": " ".join(ranges),
            "looked at": found.looked_at,
            "unsound": found.unsound.height,
            "set aside": found.set_aside,
            "unsound candles": dg.MetadataValue.md(markdown(unsound.columns, unsound.iter_rows())),
        },
    )


@dg.asset_check(
    asset=RANGE_SERIES,
    description="A sample of the series in Redis says, byte for byte, what the database says.",
)
def series_match_database(
    context: dg.AssetCheckExecutionContext, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.AssetCheckResult:
    """Fail if a sampled series differs from the database; one that has expired is no fault."""
    ranges = _ranges(context, RANGE_SERIES)
    if not ranges:
        return _nothing_yet()
    with failing_clearly(context.retry_number), workshops.open() as workshop:
        universe = workshop.select(())
        sample = universe[:: max(1, -(-len(universe) // _SAMPLE))]
        compared = compare_series(workshop, sample, ranges)
    differing = [f"{symbol} {range_}" for symbol, range_ in compared.differing]
    return dg.AssetCheckResult(
        passed=not differing,
        severity=dg.AssetCheckSeverity.ERROR,
        description=(
            f"{compared.equal} sampled series equal the database, {len(differing)} differ, {compared.absent} are not in "
            "the cache (readers read the database)"
        ),
        metadata={
            "ranges": " ".join(ranges),
            "sampled symbols": ", ".join(one.symbol for one in sample),
            "equal": compared.equal,
            "absent": compared.absent,
            "differing": ", ".join(differing) or "none",
        },
    )


def _ranges(context: dg.AssetCheckExecutionContext, asset: dg.AssetKey) -> tuple[Range, ...]:
    return ranges_of_tags(context.run.tags) or ranges_of_keys(context.instance.get_materialized_partitions(asset))


def _nothing_yet() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        passed=True, description="no range has been materialized yet: there is nothing to look at"
    )


def _coverage_in_words(accounts: Sequence[SeriesAccount], widest: Range, missing: int) -> str:
    if not missing:
        return f"{len(accounts)} series over {widest}: every candle is stored or its absence explained"
    open_ = [account.symbol for account in accounts if account.unexplained]
    unasked = sum(account.unasked for account in accounts)
    never = f", {unasked:,} of them never asked for" if unasked else ""
    where = f"{len(open_)} of {len(accounts)} series over {widest}"
    return f"{missing:,} candles of {where} are missing unexplained{never}: {some(open_)} ({reasons(accounts)})"
