"""Yahoo as a provider: which call serves which request. Charts, sparks, splits and classing have files of their own."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

import httpx
import polars as pl

from trend_platform.domain.actions import empty_dividends, empty_splits
from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.candles import Basis
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import NothingThere, ProviderError
from trend_platform.providers.asked import one_asked
from trend_platform.providers.base import Answer, CandleRequest, Capabilities, Quota, QuoteAnswer, SplitAnswer
from trend_platform.providers.paging import walk_pages
from trend_platform.providers.pausing import Pause, PausingClient
from trend_platform.providers.reference import DividendAnswer, dividend_frame, split_frame
from trend_platform.providers.traffic import HttpMetrics
from trend_platform.providers.wiring import open_client
from trend_platform.providers.yahoo.chart import GRANULARITIES
from trend_platform.providers.yahoo.classing import NAME, Patience, classifier
from trend_platform.providers.yahoo.series import DEPTH, SPLITTING, Charts, Series
from trend_platform.providers.yahoo.spark import QUOTED, SYMBOLS_PER_CALL, Sparks
from trend_platform.providers.yahoo.symbols import ticker_of
from trend_platform.settings import YahooSettings

_Asking = Callable[[Instrument, str, datetime], Awaitable[tuple[pl.DataFrame, int]]]

_DEFAULT_PER_MINUTE = 60.0
# Seven days of minutes, around the clock.
_CANDLES_PER_CALL = 7 * 1440
# Volumes of the day are corrected in the two hours after the close; exchanges that delay their trades do so by 20 minutes at most.
_SETTLES, _SETTLES_WITHIN_DAY = timedelta(hours=2), timedelta(minutes=20)


def open_yahoo(settings: YahooSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> "Yahoo":
    """Return the provider, ready to be asked; nothing is sent yet. There is no key."""
    per_minute = settings.rate_per_minute or _DEFAULT_PER_MINUTE
    # One call at a time, so far apart, and not a minute's worth at once.
    quota = Quota(1.0, 60.0 / per_minute)
    pause = Pause()
    classify = classifier(Patience(pause))
    headers = {"User-Agent": settings.user_agent, "Accept": "application/json,text/plain,*/*"}
    client = open_client(NAME, settings, classify, (quota,), clock, headers=headers, transport=transport)
    pausing = PausingClient(
        NAME, client, pause, concurrency=settings.concurrency, max_wait_seconds=settings.max_wait_seconds
    )
    return Yahoo(pausing, settings, quota, clock)


class Yahoo:
    """Daily and intraday candles, raw, of shares, funds, indices, coins and currencies; splits and latest prices.

    Args:
        client: The one that leaves Yahoo alone when told to.
        settings: What the user set.
        quota: The limit the client keeps, for the planner.
        clock: The time.
    """

    def __init__(self, client: PausingClient, settings: YahooSettings, quota: Quota, clock: Clock) -> None:
        self._client, self._chosen = client, settings.symbols
        self._capabilities = Capabilities(
            asset_classes=QUOTED,
            timeframes=frozenset(GRANULARITIES),
            basis=Basis.RAW,
            candles_per_call=_CANDLES_PER_CALL,
            quotas=(quota,),
            concurrency=settings.concurrency,
            seconds_per_call=0.5,
            settles_after=_SETTLES,
            settles_within_day=_SETTLES_WITHIN_DAY,
            has_splits=True,
            quotes=QUOTED,
            symbols_per_quote_call=SYMBOLS_PER_CALL,
            has_dividends=True,
        )
        self._charts = Charts(client, self._capabilities, clock)
        self._sparks = Sparks(client, self._chosen, clock)

    @property
    def name(self) -> str:
        """Return `yahoo`."""
        return NAME

    @property
    def capabilities(self) -> Capabilities:
        """Return what it can be asked."""
        return self._capabilities

    @property
    def metrics(self) -> HttpMetrics:
        """Return what was sent and received so far."""
        return self._client.metrics

    def symbol_of(self, instrument: Instrument) -> str | None:
        """Return Yahoo's symbol, `None` for what it cannot serve."""
        return ticker_of(instrument, self._chosen)

    def reach(self, instrument: Instrument, timeframe: Timeframe, now: datetime) -> datetime | None:  # noqa: ARG002
        """Return how far back bars within the day are kept; days reach back to the listing."""
        depth = DEPTH.get(timeframe)
        return None if depth is None else now - depth

    async def candles(self, request: CandleRequest) -> Answer:
        """Fetch the candles of one instrument.

        Raises:
            ProviderError: Nothing usable came.
            UsageError: The request is not one that `capabilities` allows.
        """
        instrument = one_asked(NAME, self._capabilities, request)
        ticker = self.symbol_of(instrument)
        if ticker is None:
            raise NothingThere(NAME, f"{instrument.symbol} is nothing it serves: it has no symbol there")
        calendar = get_calendar(instrument.calendar)
        expected = partial(calendar.candle_opens, request.timeframe)
        series = Series(self._charts, instrument, ticker, request.timeframe)
        walk = await walk_pages(NAME, series, request.interval, expected)
        evidence = f"{ticker}: {walk.evidence}"
        return walk.answer(evidence)

    async def splits(self, instruments: Sequence[Instrument], interval: Interval) -> SplitAnswer:
        """Fetch the splits of shares and funds whose first session lies in `interval`, one call for each.

        Raises:
            ProviderError: A call failed for good; what others told is remembered for an hour.
        """
        frames, calls = await self._of_shares(instruments, self._charts.splits_since, interval.start)
        return SplitAnswer(split_frame(pl.concat([empty_splits(), *frames]), NAME, interval), calls)

    async def dividends(self, instruments: Sequence[Instrument], interval: Interval) -> DividendAnswer:
        """Fetch the dividends of shares and funds whose first session without them lies in `interval`, one call for each.

        Raises:
            ProviderError: A call failed for good.
        """
        frames, calls = await self._of_shares(instruments, self._charts.dividends_since, interval.start)
        return DividendAnswer(dividend_frame(pl.concat([empty_dividends(), *frames]), NAME, interval), calls)

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:
        """Fetch the latest prices, twenty instruments a call.

        Raises:
            ProviderError: Nothing usable came of any call.
            UsageError: One of them is of another kind.
        """
        return await self._sparks.quotes(instruments)

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()

    async def _of_shares(
        self, instruments: Sequence[Instrument], ask: _Asking, since: datetime
    ) -> tuple[list[pl.DataFrame], int]:
        shares = [(one, self.symbol_of(one)) for one in instruments if one.asset_class in SPLITTING]
        told = await asyncio.gather(*(_one(ask, one, ticker, since) for one, ticker in shares if ticker))
        calls = sum(made for _, made, _ in told)
        failures = [error for _, _, error in told if error is not None]
        if failures:
            failures[0].calls = calls
            raise failures[0]
        return [frame for frame, _, _ in told if frame is not None], calls


async def _one(
    ask: _Asking, instrument: Instrument, ticker: str, since: datetime
) -> tuple[pl.DataFrame | None, int, ProviderError | None]:
    try:
        told, calls = await ask(instrument, ticker, since)
    except NothingThere as fact:
        return None, fact.calls, None
    except ProviderError as error:
        return None, error.calls, error
    return told, calls, None
