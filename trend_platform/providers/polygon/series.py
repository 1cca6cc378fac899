"""One instrument's candles of Polygon in pages: which bars are asked, where they end, and what becomes of a page."""

import asyncio
from datetime import timedelta
from types import MappingProxyType
from urllib.parse import quote

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.http import HttpAnswer, HttpClient
from trend_platform.providers.paging import Page
from trend_platform.providers.polygon.envelope import envelope, rows
from trend_platform.providers.polygon.links import next_path
from trend_platform.providers.polygon.parsing import BAR_SCHEMA, parse_aggregates
from trend_platform.providers.polygon.sessions import asked_timeframe, in_sessions
from trend_platform.providers.polygon.symbols import ticker_of
from trend_platform.providers.stamped import first_midnight, last_day
from trend_platform.providers.traffic import counting

BASE_ROWS = 50_000
"""The most bars of one page."""

# Answers from this size on are parsed in a thread; below it, changing threads costs more than parsing.
_LONG_BYTES = 1 << 20
SPANS = MappingProxyType(
    {
        Timeframe.M1: "1/minute",
        Timeframe.M5: "5/minute",
        Timeframe.M15: "15/minute",
        Timeframe.M30: "30/minute",
        Timeframe.H1: "1/hour",
        Timeframe.H4: "4/hour",
        Timeframe.H12: "12/hour",
        Timeframe.D1: "1/day",
    }
)
"""How Polygon names the lengths it serves."""


class Series:
    """The pages of one instrument's candles.

    Args:
        client: The provider's client.
        base_url: Where pages that follow are asked.
        instrument: Whose candles.
        timeframe: Their length.
        clock: The time.
        settles_after: How long after its close a bar may still change.
    """

    def __init__(
        self,
        client: HttpClient,
        base_url: str,
        instrument: Instrument,
        timeframe: Timeframe,
        clock: Clock,
        settles_after: timedelta,
    ) -> None:
        self._client, self._base_url, self._clock = client, base_url, clock
        self._instrument, self._timeframe, self._settles_after = instrument, timeframe, settles_after
        self._calendar = get_calendar(instrument.calendar)
        self._asked = asked_timeframe(timeframe, self._calendar)

    async def first(self, interval: Interval) -> Page:
        """Fetch the first page of an interval."""
        ticker = quote(ticker_of(self._instrument) or self._instrument.symbol, safe=":")
        path = f"/v2/aggs/ticker/{ticker}/range/{SPANS[self._asked]}/{self._bounds(interval)}"
        return await self._page(await self._client.get(path, {"adjusted": "false", "sort": "asc", "limit": BASE_ROWS}))

    async def following(self, token: str) -> Page:
        """Fetch the page that another one named."""
        return await self._page(await self._client.get(token))

    async def _page(self, answer: HttpAnswer) -> Page:
        # Parsing a long page takes as long as fetching one: other requests go on meanwhile.
        return self._parsed(answer) if len(answer.body) < _LONG_BYTES else await asyncio.to_thread(self._parsed, answer)

    def _parsed(self, answer: HttpAnswer) -> Page:
        with counting(answer.calls):
            columns = rows(answer, BAR_SCHEMA)
            document = answer.document if columns is None else envelope(answer)
            token = next_path(document, self._base_url)
            parsed = parse_aggregates(
                document, self._instrument, self._asked, self._clock.now(), self._settles_after, columns
            )
        return Page(in_sessions(parsed.candles, self._timeframe, self._calendar), token, answer.calls, parsed.rejected)

    def _bounds(self, interval: Interval) -> str:
        # Both bounds are included: days as dates, shorter candles in milliseconds.
        if self._timeframe is Timeframe.D1:
            return f"{first_midnight(interval.start).date()}/{last_day(interval)}"
        first_ms, after_ms = (round(bound.timestamp() * 1000) for bound in (interval.start, interval.end))
        return f"{first_ms}/{after_ms - 1}"
