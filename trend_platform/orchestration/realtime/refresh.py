"""What the runs of this location do: choose the instruments, drive the use case, report what became of it.

A run imports this with all it needs; a warm worker may import it ahead. Nothing here decides what is fetched or stored.
Metadata is added to the context and not to the result: the result's would be written twice, with the step's output as well.
"""

import dagster as dg

from trend_platform.domain.instruments import Instrument
from trend_platform.errors import UsageError
from trend_platform.ingest.due import due
from trend_platform.ingest.hourly import refresh_hourly
from trend_platform.ingest.latest import refresh_latest
from trend_platform.ingest.workshop import Workshop, drive
from trend_platform.orchestration.failures import failing_clearly
from trend_platform.orchestration.metadata import link
from trend_platform.orchestration.realtime.config import RefreshConfig
from trend_platform.orchestration.realtime.keys import DOCS, HOURLY_CANDLES_ARE_FRESH, LATEST_PRICES_ARE_FRESH
from trend_platform.orchestration.realtime.outcomes import chart_metadata, price_metadata
from trend_platform.orchestration.realtime.verdicts import as_event, look
from trend_platform.orchestration.resources import WorkshopSource


def refresh_prices(
    context: dg.AssetExecutionContext, config: RefreshConfig, workshops: WorkshopSource
) -> dg.MaterializeResult[None]:
    """Refresh latest prices; report the freshness of all active ones.

    Raises:
        Failure: The database is away, or the config or a setting does not fit. The next minute tries again; no step does.
    """
    with failing_clearly(context.retry_number, max_retries=0), workshops.open() as workshop:
        chosen = choose(workshop, config)
        outcome = drive(workshop, refresh_latest(workshop, chosen))
        verdict = look(workshop, LATEST_PRICES_ARE_FRESH)
        kind = workshop.storage.market.kind
    context.log_event(as_event(verdict))
    docs = link(workshops.settings().docs_url, DOCS)
    context.add_asset_metadata(price_metadata(outcome, kind, verdict, docs))
    return dg.MaterializeResult()


def refresh_charts(
    context: dg.AssetExecutionContext, config: RefreshConfig, workshops: WorkshopSource
) -> dg.MaterializeResult[None]:
    """Refresh 1D charts; report the freshness of all active ones.

    Raises:
        Failure: The database is away, or the config or a setting does not fit. The next slot tries again; no step does.
    """
    with failing_clearly(context.retry_number, max_retries=0), workshops.open() as workshop:
        chosen = choose(workshop, config)
        outcome = drive(workshop, refresh_hourly(workshop, chosen))
        verdict = look(workshop, HOURLY_CANDLES_ARE_FRESH)
    context.log_event(as_event(verdict))
    docs = link(workshops.settings().docs_url, DOCS)
    context.add_asset_metadata(chart_metadata(outcome, verdict, docs))
    return dg.MaterializeResult()


def choose(workshop: Workshop, config: RefreshConfig) -> tuple[Instrument, ...]:
    """Return the instruments a config asks for: the named ones, and those whose market traded lately; else all active ones.

    Raises:
        UsageError: A symbol is not in the universe, `traded_since` is no time, or nothing is active.
    """
    since = config.since()
    named = workshop.select(config.symbols) if config.symbols else ()
    if named and since is None:
        return named
    active = workshop.storage.interests.active()
    if not active and not named:
        raise UsageError(
            "no instrument is active: put some on a list with `trend overview add AAPL BTC-USD`, a watchlist or a portfolio"
        )
    now = workshop.clock.now()
    traded = active if since is None else due(active, now, now - since).open
    return tuple(dict.fromkeys((*named, *traded)))
