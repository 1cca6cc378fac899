"""Which charts make up one series of Yahoo: days in one call that reaches the present, shorter candles in windows."""

from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import quote

import polars as pl

from trend_platform.domain.candles import empty_candles
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.base import Capabilities
from trend_platform.providers.http import HttpAnswer
from trend_platform.providers.paging import Page
from trend_platform.providers.pausing import PausingClient
from trend_platform.providers.stamped import inside
from trend_platform.providers.traffic import counting
from trend_platform.providers.yahoo.chart import GRANULARITIES, Bars, Chart, read_bars, read_chart
from trend_platform.providers.yahoo.classing import document_of
from trend_platform.providers.yahoo.dividends import read_dividends
from trend_platform.providers.yahoo.memory import SplitMemory
from trend_platform.wording import counted

SPLITTING = frozenset({AssetClass.STOCK, AssetClass.ETF})
DEPTH = {
    Timeframe.M1: timedelta(days=29),
    Timeframe.M5: timedelta(days=59),
    Timeframe.M15: timedelta(days=59),
    Timeframe.H1: timedelta(days=729),
}
"""How far back bars within the day reach, a day less than Yahoo says, for zones and the time a call takes."""

_DAY = timedelta(days=1)
# A request may span eight days of minutes; other lengths reach their whole depth at once.
_WINDOW = {Timeframe.M1: timedelta(days=7)}
# In a monthly chart, the month that has begun is stamped before the first day asked.
_MONTH = timedelta(days=31)


class Charts:
    """Asks for charts, and remembers the splits they tell.

    Args:
        client: The one that leaves Yahoo alone when told to.
        capabilities: The provider's.
        clock: The time.
    """

    def __init__(self, client: PausingClient, capabilities: Capabilities, clock: Clock) -> None:
        self.client, self.capabilities, self.clock = client, capabilities, clock
        self.memory = SplitMemory()

    async def get(self, ticker: str, granularity: str, span: Interval) -> HttpAnswer:
        """Ask for the chart of a span, in whole seconds."""
        params: dict[str, str | int] = {
            "period1": int(span.start.timestamp()),
            "period2": int(span.end.timestamp()),
            "interval": granularity,
            "includePrePost": "false",
            "events": "div,splits",
        }
        return await self.client.get(f"/v8/finance/chart/{quote(ticker, safe='^=')}", params)

    async def splits_since(self, instrument: Instrument, ticker: str, since: datetime) -> tuple[pl.DataFrame, int]:
        """Return all splits from a day on, and the calls that took: a monthly chart up to the present, or none."""
        now = self.clock.now()
        known = self.memory.recall(ticker, since, now)
        if known is not None:
            return known, 0
        chart, calls = await self._whole(instrument, ticker, since)
        return chart.splits, calls

    async def dividends_since(self, instrument: Instrument, ticker: str, since: datetime) -> tuple[pl.DataFrame, int]:
        """Return all dividends from a day on, as they were paid, and the calls that took: a monthly chart up to the present."""
        chart, calls = await self._whole(instrument, ticker, since)
        return read_dividends(chart, instrument.instrument_id), calls

    async def _whole(self, instrument: Instrument, ticker: str, since: datetime) -> tuple[Chart, int]:
        # Everything that happened from a day on; its prices are of no use.
        now = self.clock.now()
        answer = await self.get(ticker, "1mo", Interval(min(since, now) - _MONTH, now + _DAY))
        with counting(answer.calls):
            chart = read_chart(document_of(answer), instrument, ticker)
        self.memory.keep(ticker, since, now, chart.splits)
        return chart, answer.calls


class Series:
    """The pages of one instrument's candles; the token of a page is the instant its window begins with.

    Args:
        charts: Asks for charts.
        instrument: Whose candles.
        ticker: Yahoo's symbol of it.
        timeframe: Their length.
    """

    def __init__(self, charts: Charts, instrument: Instrument, ticker: str, timeframe: Timeframe) -> None:
        self._charts, self._instrument, self._ticker, self._timeframe = charts, instrument, ticker, timeframe
        self._end = charts.clock.now()

    async def first(self, interval: Interval) -> Page:
        """Fetch the first page of an interval."""
        if self._timeframe is Timeframe.D1:
            return await self._days(interval)
        self._end = max(interval.start, min(interval.end, self._charts.clock.now()))
        return await self.following(interval.start.isoformat())

    async def following(self, token: str) -> Page:
        """Fetch the window that begins at the token."""
        start = datetime.fromisoformat(token)
        window = Interval(start, min(self._end, start + _WINDOW.get(self._timeframe, DEPTH[self._timeframe] + _DAY)))
        if not window:
            return Page(empty_candles(), calls=0)
        answer = await self._charts.get(self._ticker, GRANULARITIES[self._timeframe], window)
        with counting(answer.calls):
            chart = self._read(answer)
            splits, calls = await self._splits_after(window, chart)
            page = self._page(chart, splits, window, answer.calls + calls)
        return page if window.end >= self._end else replace(page, next_token=window.end.isoformat())

    async def _days(self, interval: Interval) -> Page:
        # Prices are adjusted for every split up to now, so the chart must reach now to name them all. A day begins
        # before its midnight UTC in the east.
        now = self._charts.clock.now()
        since = min(interval.start, now) - _DAY
        answer = await self._charts.get(self._ticker, GRANULARITIES[Timeframe.D1], Interval(since, now + _DAY))
        with counting(answer.calls):
            chart = self._read(answer)
            self._charts.memory.keep(self._ticker, since, now, chart.splits)
            return self._page(chart, chart.splits, interval, answer.calls)

    async def _splits_after(self, window: Interval, chart: Chart) -> tuple[pl.DataFrame, int]:
        if self._instrument.asset_class not in SPLITTING or window.end >= self._charts.clock.now():
            return chart.splits, 0
        return await self._charts.splits_since(self._instrument, self._ticker, window.start)

    def _read(self, answer: HttpAnswer) -> Chart:
        return read_chart(document_of(answer), self._instrument, self._ticker)

    def _page(self, chart: Chart, splits: pl.DataFrame, span: Interval, calls: int) -> Page:
        now = self._charts.clock.now()
        bars = read_bars(chart, self._instrument, self._timeframe, splits, self._charts.capabilities, now)
        candles = inside(bars.candles, span)
        return Page(candles, None, calls, bars.rejected, _note(bars, candles, splits))


def _note(bars: Bars, candles: pl.DataFrame, splits: pl.DataFrame) -> str:
    notes = []
    if candles.height and splits.height:
        undone = splits.filter(pl.col("ex_date") > candles["opened_at"][0].date()).height
        notes += [f"{counted(undone, 'split')} undone"] if undone else []
    if bars.strays:
        notes.append(f"{counted(bars.strays, 'row')} outside of any candle")
    return ", ".join(notes)
