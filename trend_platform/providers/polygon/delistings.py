"""Polygon's tickers that no longer trade: `[{ticker, active, delisted_utc}]`, asked ticker by ticker.

`delisted_utc` is midnight of New York, sometimes of UTC; its date is the day told. It is documented as the last day of trading, and often
is the day after: whoever knows the last candle decides.
"""

from collections.abc import Mapping

import polars as pl

from trend_platform.domain.actions import DELISTING_SCHEMA, empty_delistings
from trend_platform.domain.instruments import Instrument
from trend_platform.providers.http import HttpClient
from trend_platform.providers.polygon.classing import NAME
from trend_platform.providers.polygon.listing import PATH
from trend_platform.providers.polygon.pages import PER_PAGE, all_pages, results_of
from trend_platform.providers.records import typed_columns
from trend_platform.providers.reference import DelistingAnswer
from trend_platform.providers.spelling import ids_by
from trend_platform.providers.traffic import counting

_ROW = pl.Schema({"ticker": pl.String(), "delisted_utc": pl.String()})


async def fetch_delistings(client: HttpClient, base_url: str, instruments: Mapping[str, Instrument]) -> DelistingAnswer:
    """Fetch when shares were delisted, a call for each; a ticker that several had is told with the day of each.

    Args:
        client: The provider's client.
        base_url: Where pages that follow are asked.
        instruments: The instruments by Polygon's ticker.

    Raises:
        ProviderError: A call failed for good; the calls after it are not made.
    """
    frames, calls = [empty_delistings()], 0
    for ticker in instruments:
        params: dict[str, str | int] = {"ticker": ticker, "market": "stocks", "active": "false", "limit": PER_PAGE}
        with counting(calls):
            documents, made = await all_pages(client, base_url, PATH, params)
        calls += made
        with counting(calls):
            frames += [read_delistings(document, instruments) for document in documents]
    return DelistingAnswer(pl.concat(frames).unique().sort("instrument_id", "ex_date"), calls)


def read_delistings(document: object, instruments: Mapping[str, Instrument]) -> pl.DataFrame:
    """Return the delisting frame of one page, for the instruments given by Polygon's ticker; rows without a day are left out.

    Raises:
        Malformed: The document holds no tickers.
    """
    columns = typed_columns(results_of(document, "tickers", "ticker"), _ROW)
    told = columns.join(ids_by("ticker", instruments), on="ticker", how="inner").select(
        "instrument_id",
        pl.col("delisted_utc").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).alias("ex_date"),
        pl.lit(NAME).alias("provider"),
    )
    return told.drop_nulls("ex_date").cast(DELISTING_SCHEMA)
