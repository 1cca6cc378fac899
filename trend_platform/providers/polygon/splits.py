"""Polygon's splits: swept by date for many instruments, asked by ticker for a few, whichever is fewer calls."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import ceil

import polars as pl

from trend_platform.domain.actions import SPLIT_SCHEMA, empty_splits
from trend_platform.domain.candles import INSTANT
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.errors import Malformed
from trend_platform.providers.base import SplitAnswer
from trend_platform.providers.http import HttpClient, Params
from trend_platform.providers.polygon.classing import NAME
from trend_platform.providers.polygon.links import next_path
from trend_platform.providers.records import typed_columns
from trend_platform.providers.traffic import counting

PATH = "/v3/reference/splits"
_PER_PAGE = 1000
# About as many splits of US shares and funds happen in a year; only the choice of the cheaper way hangs on it.
_SPLITS_PER_YEAR = 1500
_MOST_PAGES = 500
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
    first: dict[str, str | int] = {"execution_date.gte": interval.start.date().isoformat(), "limit": _PER_PAGE}
    first |= {"execution_date.lte": (interval.end - timedelta(microseconds=1)).date().isoformat()}
    first |= {"sort": "execution_date", "order": "asc"}
    sweeps = ceil(max(interval.length / timedelta(days=365), 0.1) * _SPLITS_PER_YEAR / _PER_PAGE)
    asked = [first] if sweeps < len(instruments) else [{**first, "ticker": ticker} for ticker in instruments]
    frames, calls = [empty_splits()], 0
    for params in asked:
        with counting(calls):
            documents, made = await _all_pages(client, base_url, params)
        calls += made
        with counting(calls):
            frames += [read_splits(document, instruments) for document in documents]
    day = pl.col("ex_date").cast(INSTANT)
    splits = pl.concat(frames).filter((day >= interval.start) & (day < interval.end))
    return SplitAnswer(splits.unique(("instrument_id", "ex_date"), keep="last").sort("instrument_id", "ex_date"), calls)


def read_splits(document: object, instruments: Mapping[str, Instrument]) -> pl.DataFrame:
    """Return the split frame of one page, for the instruments given by Polygon's ticker; rows that make no sense are left out.

    Raises:
        Malformed: The document holds no splits.
    """
    ids = pl.DataFrame(
        {"ticker": list(instruments), "instrument_id": [one.instrument_id for one in instruments.values()]},
        schema={"ticker": pl.String(), "instrument_id": pl.Int32()},
    )
    splits = (
        typed_columns(_rows(document), _ROW)
        .join(ids, on="ticker", how="inner")
        .with_columns(
            pl.col("execution_date").str.to_date("%Y-%m-%d", strict=False).alias("ex_date"),
            (pl.col("split_to") / pl.col("split_from")).alias("ratio"),
            pl.lit(NAME).alias("provider"),
        )
    )
    is_split = pl.col("ratio").is_finite() & (pl.col("ratio") > 0) & pl.col("ex_date").is_not_null()
    return splits.filter(is_split).select(SPLIT_SCHEMA.names())


async def _all_pages(client: HttpClient, base_url: str, params: Params) -> tuple[list[object], int]:
    answer = await client.get(PATH, params)
    documents, calls = [answer.document], answer.calls
    seen: set[str] = set()
    while (path := next_path(answer.document, base_url)) is not None:
        with counting(calls):
            if path in seen or len(seen) >= _MOST_PAGES:
                raise Malformed(NAME, f"the pages of splits go round in a circle after {len(seen) + 1} pages")
            seen.add(path)
            answer = await client.get(path)
        documents.append(answer.document)
        calls += answer.calls
    return documents, calls


def _rows(document: object) -> Sequence[object]:
    rows = document.get("results", []) if isinstance(document, dict) and document.get("status") is not None else None
    if isinstance(rows, list):
        return rows
    raise Malformed(NAME, "the answer holds no splits: expected an object with a `status` and a list of `results`")
