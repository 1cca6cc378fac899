"""Alpaca's splits and dividends: `{"corporate_actions": {"forward_splits": [...], ...}, "next_page_token": ...}`.

A split holds from `ex_date` on; `payable_date` may lie a day before. Both kinds tell `new_rate` for `old_rate`. Actions are
asked by the date they were processed: a split's is its `ex_date`, a dividend's the day it was paid, weeks after.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import polars as pl

from trend_platform.domain.actions import empty_dividends, empty_splits
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.errors import Malformed
from trend_platform.providers.alpaca.classing import NAME
from trend_platform.providers.base import SplitAnswer
from trend_platform.providers.http import HttpClient, Params
from trend_platform.providers.quoting import in_parts
from trend_platform.providers.records import typed_columns
from trend_platform.providers.reference import DividendAnswer, dividend_frame, split_frame
from trend_platform.providers.spelling import ids_by
from trend_platform.providers.stamped import last_day
from trend_platform.providers.traffic import counting

PATH = "/v1/corporate-actions"
_SPLITS, _DIVIDENDS = ("forward_splits", "reverse_splits"), ("cash_dividends",)
_SPLIT_TYPES, _DIVIDEND_TYPES = "forward_split,reverse_split", "cash_dividend"
_PER_PAGE, _MOST_PAGES = 1000, 500
# How long after its `ex_date` an action may be processed.
_SPLIT_LAG, _DIVIDEND_LAG = timedelta(days=7), timedelta(days=180)
_SPLIT = pl.Schema({"symbol": pl.String(), "ex_date": pl.String(), "new_rate": pl.Float64(), "old_rate": pl.Float64()})
_DIVIDEND = pl.Schema({"symbol": pl.String(), "ex_date": pl.String(), "rate": pl.Float64(), "currency": pl.String()})


async def fetch_splits(client: HttpClient, instruments: Mapping[str, Instrument], interval: Interval) -> SplitAnswer:
    """Fetch the splits whose first session lies in `interval`.

    Args:
        client: The provider's client.
        instruments: Shares and funds by Alpaca's symbol.
        interval: Days by their midnight UTC.

    Raises:
        ProviderError: A call failed for good.
    """
    pages, calls = await _pages(client, instruments, _SPLIT_TYPES, Interval(interval.start, interval.end + _SPLIT_LAG))
    with counting(calls):
        told = pl.concat([empty_splits(), *(read_splits(page, instruments) for page in pages)])
    return SplitAnswer(split_frame(told, NAME, interval), calls)


async def fetch_dividends(
    client: HttpClient, instruments: Mapping[str, Instrument], interval: Interval
) -> DividendAnswer:
    """Fetch the dividends whose first session without them lies in `interval`; the arguments are those of `fetch_splits`.

    Raises:
        ProviderError: A call failed for good.
    """
    asked = Interval(interval.start, interval.end + _DIVIDEND_LAG)
    pages, calls = await _pages(client, instruments, _DIVIDEND_TYPES, asked)
    with counting(calls):
        told = pl.concat([empty_dividends(), *(read_dividends(page, instruments) for page in pages)])
    # Payments of one day may stand on two pages.
    return DividendAnswer(dividend_frame(told, NAME, interval), calls)


def read_splits(document: object, instruments: Mapping[str, Instrument]) -> pl.DataFrame:
    """Return the split frame of one page; rows without sense are left out.

    Raises:
        Malformed: The document holds no corporate actions.
    """
    ratio = (pl.col("new_rate") / pl.col("old_rate")).alias("ratio")
    return split_frame(_told(document, _SPLITS, _SPLIT, instruments).with_columns(ratio), NAME)


def read_dividends(document: object, instruments: Mapping[str, Instrument]) -> pl.DataFrame:
    """Return the dividend frame of one page; rows without sense are left out.

    Raises:
        Malformed: The document holds no corporate actions.
    """
    told = _told(document, _DIVIDENDS, _DIVIDEND, instruments)
    return dividend_frame(told.with_columns(pl.col("currency").fill_null("USD")).rename({"rate": "amount"}), NAME)


async def _pages(
    client: HttpClient, instruments: Mapping[str, Instrument], types: str, asked: Interval
) -> tuple[list[Mapping[str, object]], int]:
    pages: list[Mapping[str, object]] = []
    calls = 0
    bounds: dict[str, str | int] = {"start": asked.start.date().isoformat(), "end": last_day(asked), "limit": _PER_PAGE}
    for part in in_parts(instruments):
        with counting(calls):
            told, made = await _pages_of({"symbols": ",".join(part), "types": types, **bounds}, client)
        pages += told
        calls += made
    return pages, calls


async def _pages_of(params: Params, client: HttpClient) -> tuple[list[Mapping[str, object]], int]:
    pages: list[Mapping[str, object]] = []
    calls, token = 0, ""
    seen = set[str]()
    while not pages or token:
        with counting(calls):
            answer = await client.get(PATH, {**params, "page_token": token} if token else params)
        calls += answer.calls
        page = answer.document
        with counting(calls):
            if not isinstance(page, Mapping):
                raise _holds_none()
            token = str(page.get("next_page_token") or "")
            if token in seen or len(seen) >= _MOST_PAGES:
                raise Malformed(NAME, f"the pages of corporate actions go round in a circle after {len(pages) + 1}")
        pages.append(page)
        seen.add(token)
    return pages, calls


def _told(
    document: object, kinds: Sequence[str], schema: pl.Schema, instruments: Mapping[str, Instrument]
) -> pl.DataFrame:
    actions = document.get("corporate_actions") if isinstance(document, Mapping) else None
    if not isinstance(actions, Mapping):
        raise _holds_none()
    rows = [row for kind in kinds for row in actions.get(kind) or ()]
    ids = ids_by("symbol", instruments)
    day = pl.col("ex_date").str.to_date("%Y-%m-%d", strict=False)
    return typed_columns(rows, schema).join(ids, on="symbol", how="inner").with_columns(day)


def _holds_none() -> Malformed:
    return Malformed(NAME, "the answer holds no corporate actions: expected an object with `corporate_actions`")
