"""The asset: config and partitions in, use case, metadata of each day and timeframe out."""

from collections.abc import Iterator
from functools import partial

import dagster as dg

from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.by_day import accounts_by_day
from trend_platform.ingest.candle_fetch import Fetch, fetch_candles, wanted_between
from trend_platform.ingest.needs import Wanted
from trend_platform.ingest.prepare import prepare
from trend_platform.ingest.tally import Progress
from trend_platform.ingest.workshop import Workshop, drive
from trend_platform.orchestration.etl.intraday.checks import OUTCOMES_ADD_UP, outcomes_add_up
from trend_platform.orchestration.etl.intraday.config import IntradayConfig, chosen
from trend_platform.orchestration.etl.intraday.keys import DOCS, GROUP, INTRADAY_CANDLES, INTRADAY_POOL
from trend_platform.orchestration.etl.intraday.metadata import day_metadata, holes_to_the_minute
from trend_platform.orchestration.etl.intraday.partitions import DAYS_AND_TIMEFRAMES, blocks_of_keys, key_of
from trend_platform.orchestration.etl.keys import INSTRUMENTS, OWNERS
from trend_platform.orchestration.etl.progress import ProgressLog, failure_lines, plan_lines
from trend_platform.orchestration.etl.schemas import INTRADAY
from trend_platform.orchestration.failures import failing_clearly
from trend_platform.orchestration.metadata import link, run_metadata
from trend_platform.orchestration.resources import WorkshopSource


@dg.asset(
    key=INTRADAY_CANDLES,
    deps=[INSTRUMENTS],
    partitions_def=DAYS_AND_TIMEFRAMES,
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool=INTRADAY_POOL,
    check_specs=[OUTCOMES_ADD_UP],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"timescaledb", "polars"},
    tags={"layer": "history"},
    metadata={"dagster/table_name": "market.candles_intraday", "dagster/column_schema": INTRADAY},
    description=(
        "Candles of 1m to 12h of the active instruments, by UTC day and timeframe. A block of days is one run for each "
        "timeframe; what is stored is not asked again. **Green means the run ended honestly, not that all data is there**: "
        "each partition's metadata says what is, and the check carries the holes."
    ),
)
def intraday_candles(
    context: dg.AssetExecutionContext, config: IntradayConfig, workshops: dg.ResourceParam[WorkshopSource]
) -> Iterator[dg.MaterializeResult[None]]:
    """Bring the selected days and timeframes up to date and account for every candle they should have."""
    blocks = blocks_of_keys(context.partition_keys)
    docs = link(workshops.settings().docs_url, DOCS)
    with failing_clearly(context.retry_number), workshops.open(config.provider or None) as workshop:
        instruments = chosen(workshop, config.symbols)
        wanted = [
            wanted_between(instruments, timeframe, block, refresh=config.refresh)
            for timeframe, spans in blocks.items()
            for block in spans
        ]
        fetched = _fetched(context, workshop, wanted)
        for one, outcome in zip(wanted, fetched.outcomes, strict=True):
            of_the_run = run_metadata(outcome, holes_to_the_minute(outcome), context.run.run_id, docs)
            for day, account in accounts_by_day(workshop, one).items():
                shown = {**day_metadata(account), **of_the_run}
                context.add_asset_metadata(shown, partition_key=key_of(day, one.timeframe))
    yield dg.MaterializeResult(check_results=[outcomes_add_up(fetched.outcomes)])


def _fetched(context: dg.AssetExecutionContext, workshop: Workshop, wanted: list[Wanted]) -> Fetch:
    for one in wanted:
        for line in plan_lines(prepare(workshop, one).plan):
            context.log.info("%s: %s", one.timeframe, line)
    logs: dict[Timeframe, ProgressLog] = {}

    def on_step(timeframe: Timeframe, progress: Progress) -> None:
        if timeframe not in logs:
            logs[timeframe] = ProgressLog(partial(context.log.info, f"{timeframe}: %s"), workshop.clock)
        logs[timeframe](progress)

    fetched = drive(workshop, fetch_candles(workshop, wanted, on_step, "intraday"))
    for outcome in fetched.outcomes:
        for line in failure_lines(outcome.failures):
            context.log.warning("%s: %s", outcome.timeframe, line)
    return fetched
