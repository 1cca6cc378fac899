"""The assets: config in, use case, metadata out. Each is a few lines; the work is done in `ingest`."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import dagster as dg

from trend_platform.ingest.economy import refresh_economy
from trend_platform.ingest.news import instruments_for_news, refresh_news
from trend_platform.ingest.outcome import Failure
from trend_platform.ingest.social import instruments_for_posts, refresh_social
from trend_platform.ingest.workshop import drive
from trend_platform.orchestration.etl.keys import INSTRUMENTS, OWNERS
from trend_platform.orchestration.etl.progress import failure_lines
from trend_platform.orchestration.etl.readings.checks import ADDS_UP, adds_up
from trend_platform.orchestration.etl.readings.config import EconomicConfig, NamedConfig
from trend_platform.orchestration.etl.readings.keys import (
    DOCS,
    ECONOMIC_OBSERVATIONS,
    ECONOMIC_POOL,
    GROUP,
    NEWS_ARTICLES,
    NEWS_POOL,
    SOCIAL_POOL,
    SOCIAL_POSTS,
)
from trend_platform.orchestration.etl.readings.metadata import (
    Metadata,
    economy_metadata,
    news_metadata,
    social_metadata,
)
from trend_platform.orchestration.etl.readings.schemas import ARTICLES, OBSERVATIONS, POSTS
from trend_platform.orchestration.failures import failing_clearly
from trend_platform.orchestration.metadata import link
from trend_platform.orchestration.resources import WorkshopSource


@dg.asset(
    key=ECONOMIC_OBSERVATIONS,
    pool=ECONOMIC_POOL,
    check_specs=[ADDS_UP[ECONOMIC_OBSERVATIONS]],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"timescaledb"},
    tags={"layer": "readings"},
    metadata={"dagster/table_name": "market.economic_observations", "dagster/column_schema": OBSERVATIONS},
    description="Economic series with every value that was ever published of each period. Asked for when a release is due; "
    "without a key of FRED the values of today, whose changes are kept from then on.",
)
def economic_observations(
    context: dg.AssetExecutionContext, config: EconomicConfig, workshops: dg.ResourceParam[WorkshopSource]
) -> Iterator[dg.MaterializeResult[None]]:
    """Ask for the series that are due, and keep every vintage."""
    settings = workshops.settings()
    with failing_clearly(context.retry_number), workshops.open() as workshop:
        series = config.series or settings.sources.fred.series
        outcome = drive(workshop, refresh_economy(workshop, series, force=config.force))
    yield _result(context, outcome.failures, economy_metadata(outcome), settings.docs_url, sums=outcome.adds_up)


@dg.asset(
    key=NEWS_ARTICLES,
    deps=[INSTRUMENTS],
    pool=NEWS_POOL,
    check_specs=[ADDS_UP[NEWS_ARTICLES]],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"timescaledb"},
    tags={"layer": "readings"},
    metadata={"dagster/table_name": "market.news_articles", "dagster/column_schema": ARTICLES},
    description="News of all sources, each story once however many carry it, with the instruments it is about and how it sounds.",
)
def news_articles(
    context: dg.AssetExecutionContext, config: NamedConfig, workshops: dg.ResourceParam[WorkshopSource]
) -> Iterator[dg.MaterializeResult[None]]:
    """Ask every source, and keep each story once."""
    settings = workshops.settings()
    with failing_clearly(context.retry_number), workshops.open() as workshop:
        instruments = instruments_for_news(workshop, settings.sources.symbols_per_run, config.symbols)
        keep = timedelta(days=settings.retention.news_days)
        outcome = drive(workshop, refresh_news(workshop, instruments, keep))
    yield _result(context, outcome.failures, news_metadata(outcome), settings.docs_url, sums=outcome.adds_up)


@dg.asset(
    key=SOCIAL_POSTS,
    deps=[INSTRUMENTS],
    pool=SOCIAL_POOL,
    check_specs=[ADDS_UP[SOCIAL_POSTS]],
    group_name=GROUP,
    owners=OWNERS,
    kinds={"timescaledb"},
    tags={"layer": "readings"},
    metadata={"dagster/table_name": "market.social_posts", "dagster/column_schema": POSTS},
    description="Posts about the instruments kept here. Off until a source is enabled; one that costs money is asked while its "
    "allowance lasts.",
)
def social_posts(
    context: dg.AssetExecutionContext, config: NamedConfig, workshops: dg.ResourceParam[WorkshopSource]
) -> Iterator[dg.MaterializeResult[None]]:
    """Ask every source that is enabled, and keep what is about an instrument."""
    settings = workshops.settings()
    with failing_clearly(context.retry_number), workshops.open() as workshop:
        instruments = instruments_for_posts(workshop, settings.sources.symbols_per_run, config.symbols)
        keep = timedelta(days=settings.retention.social_days)
        outcome = drive(workshop, refresh_social(workshop, instruments, keep))
    yield _result(context, outcome.failures, social_metadata(outcome), settings.docs_url, sums=outcome.adds_up)


def _result(
    context: dg.AssetExecutionContext, failures: Sequence[Failure], metadata: Metadata, docs_url: str, *, sums: bool
) -> dg.MaterializeResult[None]:
    for line in failure_lines(failures):
        context.log.warning(line)
    about = {**metadata, "run": dg.MetadataValue.dagster_run(context.run.run_id), "docs": link(docs_url, DOCS)}
    return dg.MaterializeResult(metadata=about, check_results=[adds_up(context.asset_key, sums=sums)])
