"""Polygon's dividends: `[{ticker, cash_amount, currency, dividend_type, ex_dividend_date}]`, swept by date or asked by ticker.

Amounts are those that were paid, on the share count of their day. Which of both ways is fewer calls decides.
"""

from collections.abc import Mapping

import polars as pl

from trend_platform.domain.actions import empty_dividends
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.providers.http import HttpClient
from trend_platform.providers.polygon.classing import NAME
from trend_platform.providers.polygon.pages import results_of
from trend_platform.providers.polygon.sweeping import Events, cheapest
from trend_platform.providers.records import typed_columns
from trend_platform.providers.reference import DividendAnswer, dividend_frame
from trend_platform.providers.spelling import ids_by

PATH = "/v3/reference/dividends"
_EVENTS = Events(PATH, "ex_dividend_date", per_year=60_000)
_ROW = pl.Schema(
    {"ticker": pl.String(), "ex_dividend_date": pl.String(), "cash_amount": pl.Float64(), "currency": pl.String()}
)


async def fetch_dividends(
    client: HttpClient, base_url: str, instruments: Mapping[str, Instrument], interval: Interval
) -> DividendAnswer:
    """Fetch the dividends whose first session without them lies in `interval`.

    Args:
        client: The provider's client.
        base_url: Where pages that follow are asked.
        instruments: The instruments by Polygon's ticker.
        interval: Days by their midnight UTC.

    Raises:
        ProviderError: A call failed for good.
    """
    frames, calls = await cheapest(client, base_url, _EVENTS, instruments, interval, read_dividends)
    # Payments of one day may stand on two pages.
    return DividendAnswer(dividend_frame(pl.concat([empty_dividends(), *frames]), NAME, interval), calls)


def read_dividends(document: object, instruments: Mapping[str, Instrument]) -> pl.DataFrame:
    """Return the dividend frame of one page, for the instruments given by Polygon's ticker; rows without sense are left out.

    Raises:
        Malformed: The document holds no dividends.
    """
    ids = ids_by("ticker", instruments)
    columns = typed_columns(results_of(document, "dividends", "ex_dividend_date"), _ROW).join(
        ids, on="ticker", how="inner"
    )
    told = columns.select(
        "instrument_id",
        pl.col("ex_dividend_date").str.to_date("%Y-%m-%d", strict=False).alias("ex_date"),
        pl.col("cash_amount").alias("amount"),
        pl.col("currency").fill_null("USD").str.to_uppercase(),
    )
    return dividend_frame(told, NAME)
