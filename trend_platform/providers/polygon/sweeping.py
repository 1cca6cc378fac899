"""Events of many instruments, such as splits: swept by date, or asked ticker by ticker, whichever is fewer calls.

What the rows of an event are is told by the module that reads them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

import polars as pl

from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.providers.http import HttpClient
from trend_platform.providers.polygon.pages import PER_PAGE, all_pages
from trend_platform.providers.stamped import last_day
from trend_platform.providers.traffic import counting

Read = Callable[[object, Mapping[str, Instrument]], pl.DataFrame]
"""Makes a frame of one page, for the instruments given by Polygon's ticker."""

_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Events:
    """One kind of events.

    Attributes:
        path: Where they are told.
        day: The field with their date, by which they are sorted and bounded.
        per_year: About as many of US shares and funds fall in a year; only the choice of the cheaper way hangs on it.
    """

    path: str
    day: str
    per_year: int


async def cheapest(
    client: HttpClient,
    base_url: str,
    events: Events,
    instruments: Mapping[str, Instrument],
    interval: Interval,
    read: Read,
) -> tuple[list[pl.DataFrame], int]:
    """Return the frames of all pages that tell the events of `instruments` in `interval`, and the calls it took.

    Args:
        client: The provider's client.
        base_url: Where pages that follow are asked.
        events: What is asked for.
        instruments: Of which instruments, by Polygon's ticker.
        interval: Days by their midnight UTC.
        read: Makes a frame of a page.

    Raises:
        ProviderError: A call failed for good, or a page cannot be read; the calls after it are not made.
    """
    swept: dict[str, str | int] = {
        f"{events.day}.gte": interval.start.date().isoformat(),
        f"{events.day}.lte": last_day(interval),
        "limit": PER_PAGE,
        "sort": events.day,
        "order": "asc",
    }
    sweeps = ceil(interval.length / _YEAR * events.per_year / PER_PAGE)
    asked = [swept] if sweeps < len(instruments) else [{**swept, "ticker": ticker} for ticker in instruments]
    frames, calls = list[pl.DataFrame](), 0
    for params in asked:
        with counting(calls):
            documents, made = await all_pages(client, base_url, events.path, params)
        calls += made
        with counting(calls):
            frames += [read(document, instruments) for document in documents]
    return frames, calls
