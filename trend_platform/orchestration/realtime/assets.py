"""The realtime assets: config in, use case, metadata out. The work is in `refresh`, which is imported when a run begins."""

from datetime import timedelta

import dagster as dg

from trend_platform.orchestration.realtime.config import RefreshConfig
from trend_platform.orchestration.realtime.keys import GROUP, HOURLY_CANDLES, LATEST_PRICES, NEW_YORK, OWNERS
from trend_platform.orchestration.resources import WorkshopSource

LOOP_IS_ALIVE = dg.FreshnessPolicy.cron(
    deadline_cron="*/10 10-15 * * 1-5", lower_bound_delta=timedelta(minutes=10), timezone=NEW_YORK
)
"""That runs come while New York trades. It knows no holidays and looks at runs only: whether data is fresh, the checks say."""


@dg.asset(
    key=LATEST_PRICES,
    freshness_policy=LOOP_IS_ALIVE,
    group_name=GROUP,
    owners=OWNERS,
    kinds={"timescaledb", "redis"},
    tags={"layer": "realtime"},
    metadata={"dagster/table_name": "market.quotes", "key": "latest_price:{symbol}", "time to live": "60 s"},
    description=(
        "The latest price of every instrument on a watchlist, in a portfolio or in the overview, each minute while its market "
        "trades: judged, stored, made hot in Redis and published on the channel `prices`. **Green means the run ended honestly**; "
        "whether prices are fresh is what `latest_prices_are_fresh` says."
    ),
)
def latest_prices(
    context: dg.AssetExecutionContext, config: RefreshConfig, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.MaterializeResult[None]:
    """Refresh the latest prices and say what came and what did not."""
    from trend_platform.orchestration.realtime.refresh import refresh_prices  # noqa: PLC0415  see the charter

    return refresh_prices(context, config, workshops)


@dg.asset(
    key=HOURLY_CANDLES,
    freshness_policy=LOOP_IS_ALIVE,
    group_name=GROUP,
    owners=OWNERS,
    kinds={"timescaledb", "redis"},
    tags={"layer": "realtime"},
    metadata={
        "dagster/table_name": "market.candles_intraday",
        "key": "hourly_data:{symbol}:1D",
        "time to live": "120 s",
    },
    description=(
        "The 1D chart of every active instrument: hourly candles of the current session, the last 24 hours where the market "
        "never closes. Each run asks for the hours that are expected and not covered, so a missed one heals itself; the forming "
        "candle is marked. **Green means the run ended honestly**; `hourly_candles_are_fresh` says whether the data is there."
    ),
)
def hourly_candles(
    context: dg.AssetExecutionContext, config: RefreshConfig, workshops: dg.ResourceParam[WorkshopSource]
) -> dg.MaterializeResult[None]:
    """Refresh the 1D charts and account for every hour they should have."""
    from trend_platform.orchestration.realtime.refresh import refresh_charts  # noqa: PLC0415  see the charter

    return refresh_charts(context, config, workshops)
