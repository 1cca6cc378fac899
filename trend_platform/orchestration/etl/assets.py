"""The historical assets: config in, use case, metadata out. Each is a few lines; the work is done in `ingest`."""

from collections.abc import Iterator

import dagster as dg

from trend_platform.ingest.backfill import wanted_of
from trend_platform.ingest.by_range import accounts_by_range
from trend_platform.ingest.prepare import prepare
from trend_platform.ingest.run import run
from trend_platform.ingest.series import refresh_series
from trend_platform.ingest.universe import ensure_universe
from trend_platform.ingest.workshop import drive
from trend_platform.orchestration.etl.checks import OUTCOME_ADDS_UP, outcome_adds_up
from trend_platform.orchestration.etl.config import HistoryConfig, SeriesConfig
from trend_platform.orchestration.etl.keys import (
    DOCS,
    GROUP,
    HISTORICAL_CANDLES,
    HISTORY_POOL,
    INSTRUMENTS,
    OWNERS,
    RANGE_SERIES,
)
from trend_platform.orchestration.etl.progress import ProgressLog, failure_lines, plan_lines
from trend_platform.orchestration.etl.schemas import CANDLES, INSTRUMENTS_TABLE
from trend_platform.orchestration.failures import failing_clearly
from trend_platform.orchestration.metadata import link, outcome_metadata, range_metadata
from trend_platform.orchestration.partitions import RANGES, ranges_of_keys
from trend_platform.orchestration.resources import WorkshopSource
from trend_platform.orchestration.tables import markdown


@dg.asset(
    key=INSTRUMENTS,
    group_name=GROUP,
    owners=OWNERS,
    kinds={"timescaledb"},
    tags={"layer": "reference"},
    metadata={"dagster/table_name": "market.instruments", "dagster/column_schema": INSTRUMENTS_TABLE},
    description="The universe: what the platform keeps prices of. An empty one is filled with the default symbols.",
)
def instruments(
    context: dg.AssetExecutionContext, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.MaterializeResult[None]:
    """Make sure there is a universe, and show it."""
    settings = workshops.settings()
    with failing_clearly(context.retry_number), workshops.open() as workshop:
        universe = ensure_universe(workshop.storage.universe, settings.universe)
    rows = [(one.symbol, one.asset_class, one.calendar, one.listed_on or "", one.name) for one in universe]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": len(universe),
            "universe": dg.MetadataValue.md(markdown(("symbol", "class", "calendar", "listed on", "name"), rows)),
            "docs": link(settings.docs_url, DOCS),
        }
    )


@dg.asset(
    key=HISTORICAL_CANDLES,
    deps=[INSTRUMENTS],
    partitions_def=RANGES,
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool=HISTORY_POOL,
    check_specs=[OUTCOME_ADDS_UP],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"timescaledb", "polars"},
    tags={"layer": "history"},
    metadata={"dagster/table_name": "market.candles_daily", "dagster/column_schema": CANDLES},
    description=(
        "Daily candles of the universe, by trailing range. One run serves all selected ranges and asks providers for "
        "their union once; what is stored is not asked again. **Green means the run ended honestly, not that all data is "
        "there**: the checks carry the holes."
    ),
)
def historical_candles(
    context: dg.AssetExecutionContext, config: HistoryConfig, workshops: dg.ResourceParam[WorkshopSource]
) -> Iterator[dg.MaterializeResult[None]]:
    """Bring the selected ranges up to date and account for every candle they should have."""
    ranges = ranges_of_keys(context.partition_keys)
    with failing_clearly(context.retry_number), workshops.open(config.provider or None) as workshop:
        as_of = config.last_day(workshop.clock.now().date())
        wanted = wanted_of(workshop, ranges, config.symbols, as_of, refresh=config.refresh)
        for line in plan_lines(prepare(workshop, wanted).plan):
            context.log.info(line)
        progress = ProgressLog(context.log.info, workshop.clock)
        outcome = drive(workshop, run(workshop, wanted, on_progress=progress))
        by_range = accounts_by_range(workshop, wanted)
    for line in failure_lines(outcome.failures):
        context.log.warning(line)
    docs = link(workshops.settings().docs_url, DOCS)
    of_the_run = outcome_metadata(outcome, ranges, context.run.run_id, docs)
    for range_, accounts in by_range.items():
        context.add_asset_metadata({**range_metadata(accounts), **of_the_run}, partition_key=range_.value)
    yield dg.MaterializeResult(check_results=[outcome_adds_up(outcome)])


@dg.asset(
    key=RANGE_SERIES,
    deps=[HISTORICAL_CANDLES],
    partitions_def=RANGES,
    backfill_policy=dg.BackfillPolicy.single_run(),
    group_name=GROUP,
    owners=OWNERS,
    kinds={"redis"},
    tags={"layer": "serving"},
    metadata={"key": "asset_data:{symbol}:{range}", "time to live": "300 s; MAX 3600 s"},
    description=(
        "The split-adjusted series of each symbol and range, ready for readers in Redis. An expired one is read from the "
        "database: slower, never wrong. Not written while unsound candles are stored."
    ),
)
def range_series(
    context: dg.AssetExecutionContext, config: SeriesConfig, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.MaterializeResult[None]:
    """Write the series of the selected ranges to the cache."""
    ranges = ranges_of_keys(context.partition_keys)
    with failing_clearly(context.retry_number), workshops.open() as workshop:
        chosen = workshop.select(config.symbols)
        written, skipped = refresh_series(workshop, chosen, ranges)
    if skipped:
        context.log.warning("the cache did not take %d series: readers read the database until it is back", skipped)
    return dg.MaterializeResult(
        metadata={
            "series written": written,
            "series skipped": skipped,
            "symbols": len(chosen),
            "ranges of the run": " ".join(ranges),
            "docs": link(workshops.settings().docs_url, DOCS),
        }
    )
