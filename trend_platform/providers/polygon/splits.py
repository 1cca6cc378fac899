"""Polygon's splits: swept by date for many instruments, asked by ticker for a few, whichever is fewer calls."""

from collections.abc import Mapping

import polars as pl

from trend_platform.domain.actions import empty_splits
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.providers.base import SplitAnswer
from trend_platform.providers.http import HttpClient
from trend_platform.providers.polygon.classing import NAME
from trend_platform.providers.polygon.pages import results_of
from trend_platform.providers.polygon.sweeping import Events, cheapest
from trend_platform.providers.records import typed_columns
from trend_platform.providers.reference import split_frame
from trend_platform.providers.spelling import ids_by

PATH = "/v3/reference/splits"
_EVENTS = Events(PATH, "execution_date", per_year=1500)
_ROW = pl.Schema(
    {"ticker": pl.String(), "execution_date": pl.String(), "split_from": pl.Float64(), "split_to": pl.Float64()}
)


async def fetch_splits(
    client: HttpClient, base_url: str, instruments: Mapping[str, Instrument], interval: Interval
) -> SplitAnswer:
    """Fetch the splits whose first session lies in `interval`.

    Args:
        client: The provider's client.
        base_url: Where pages that follow are asked.
        instruments: The instruments by Polygon's ticker.
        interval: Days by their midnight UTC.

    Raises:
        ProviderError: A call failed for good.
    """
    frames, calls = await cheapest(client, base_url, _EVENTS, instruments, interval, read_splits)
    return SplitAnswer(split_frame(pl.concat([empty_splits(), *frames]), NAME, interval), calls)


def read_splits(document: object, instruments: Mapping[str, Instrument]) -> pl.DataFrame:
    """Return the split frame of one page, for the instruments given by Polygon's ticker; rows that make no sense are left out.

    Raises:
        Malformed: The document holds no splits.
    """
    ids = ids_by("ticker", instruments)
    splits = (
        typed_columns(results_of(document, "splits", "execution_date"), _ROW)
        .join(ids, on="ticker", how="inner")
        .with_columns(
            pl.col("execution_date").str.to_date("%Y-%m-%d", strict=False).alias("ex_date"),
            (pl.col("split_to") / pl.col("split_from")).alias("ratio"),
        )
    )
    return split_frame(splits, NAME)
