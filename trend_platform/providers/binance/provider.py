"""Binance as a provider: klines in pages of a thousand. Parsing, tickers, symbols and classing have files of their own."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import httpx

from trend_platform.domain.actions import empty_splits
from trend_platform.domain.calendars import get_calendar, to_us
from trend_platform.domain.candles import Basis
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import NothingThere
from trend_platform.providers.arrays import MILLISECOND_US
from trend_platform.providers.asked import one_asked
from trend_platform.providers.base import Answer, CandleRequest, Capabilities, Quota, QuoteAnswer, SplitAnswer
from trend_platform.providers.binance.classing import NAME, classify
from trend_platform.providers.binance.klines import LENGTHS, SETTLES, parse_candles
from trend_platform.providers.binance.symbols import listing_of
from trend_platform.providers.binance.tickers import QUOTED, SYMBOLS_PER_CALL, Tickers
from trend_platform.providers.http import HttpClient
from trend_platform.providers.paging import Page, walk_pages
from trend_platform.providers.traffic import HttpMetrics, counting
from trend_platform.providers.wiring import open_client
from trend_platform.settings import BinanceSettings

# Weight, of the 6,000 a minute that an address may spend: others behind it spend it too.
_DEFAULT_PER_MINUTE = 4800.0
_WEIGHT = 2.0
_PER_PAGE = 1000
_BEGINNING = datetime(2017, 7, 14, tzinfo=UTC)


def open_binance(
    settings: BinanceSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
) -> "Binance":
    """Return the provider, ready to be asked; nothing is sent yet. There is no key."""
    quota = Quota(settings.rate_per_minute or _DEFAULT_PER_MINUTE, 60.0)
    client = open_client(NAME, settings, classify, (quota,), clock, transport=transport)
    return Binance(client, settings, quota, clock)


class Binance:
    """Daily and intraday candles of pairs of coins, and their latest prices; dollars are a stablecoin there.

    Args:
        client: Sends the requests.
        settings: What the user set.
        quota: The limit the client keeps, for the planner, in weight.
        clock: The time.
    """

    def __init__(self, client: HttpClient, settings: BinanceSettings, quota: Quota, clock: Clock) -> None:
        self._client, self._settings, self._clock = client, settings, clock
        self._tickers = Tickers(client, settings, clock)
        self._capabilities = Capabilities(
            asset_classes=frozenset({AssetClass.CRYPTO}),
            timeframes=LENGTHS,
            basis=Basis.RAW,
            candles_per_call=_PER_PAGE,
            quotas=(quota,),
            weight_per_call=_WEIGHT,
            concurrency=settings.concurrency,
            seconds_per_call=0.15,
            settles_after=SETTLES,
            quotes=QUOTED,
            symbols_per_quote_call=SYMBOLS_PER_CALL,
        )

    @property
    def name(self) -> str:
        """Return `binance`."""
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
        """Return Binance's symbol of a pair, `None` for anything else."""
        listing = listing_of(instrument, self._settings)
        return None if listing is None else listing.symbol

    def reach(self, instrument: Instrument, timeframe: Timeframe, now: datetime) -> datetime | None:  # noqa: ARG002
        """Return the day Binance opened: nothing was traded there before."""
        return _BEGINNING

    async def candles(self, request: CandleRequest) -> Answer:
        """Fetch the candles of one pair, a thousand a page.

        Raises:
            ProviderError: Nothing usable came.
            UsageError: The request is not one that `capabilities` allows.
        """
        instrument = one_asked(NAME, self._capabilities, request)
        listing = listing_of(instrument, self._settings)
        if listing is None:
            raise NothingThere(NAME, f"{instrument.symbol} is no pair of coins it trades")
        calendar = get_calendar(instrument.calendar)
        expected = partial(calendar.candle_opens, request.timeframe)
        series = _Series(self._client, listing.symbol, instrument, request.timeframe, self._clock)
        walk = await walk_pages(NAME, series, request.interval, expected)
        evidence = "; ".join(part for part in (f"{listing.symbol}: {walk.evidence}", listing.stands_for) if part)
        return walk.answer(evidence)

    async def splits(self, instruments: Sequence[Instrument], interval: Interval) -> SplitAnswer:  # noqa: ARG002
        """Return no splits: coins have none."""
        return SplitAnswer(empty_splits(), 0)

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:
        """Fetch the latest prices of pairs, a hundred a call.

        Raises:
            ProviderError: Nothing usable came of any call.
            UsageError: One of them is no crypto.
        """
        return await self._tickers.quotes(instruments)

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()


class _Series:
    # The pages of one pair's candles: the token of a page is the millisecond it begins with.
    def __init__(
        self, client: HttpClient, symbol: str, instrument: Instrument, timeframe: Timeframe, clock: Clock
    ) -> None:
        self._client, self._symbol, self._clock = client, symbol, clock
        self._instrument, self._timeframe = instrument, timeframe
        self._last_ms = 0

    async def first(self, interval: Interval) -> Page:
        # Both bounds are included, and stamps are whole milliseconds.
        start_ms = -(-to_us(interval.start) // MILLISECOND_US)
        self._last_ms = -(-to_us(interval.end) // MILLISECOND_US) - 1
        return await self.following(str(start_ms))

    async def following(self, token: str) -> Page:
        params: dict[str, str | int] = {
            "symbol": self._symbol,
            "interval": self._timeframe.value,
            "startTime": int(token),
            "endTime": self._last_ms,
            "limit": _PER_PAGE,
        }
        answer = await self._client.get("/api/v3/klines", params, _WEIGHT)
        with counting(answer.calls):
            parsed = parse_candles(answer.document, self._instrument, self._timeframe, self._clock.now())
        # A full page may be followed by another one.
        candles, count = parsed.candles, parsed.candles.height + parsed.rejected.height
        is_full = count >= _PER_PAGE and candles.height > 0
        token_after = str(to_us(candles["opened_at"][-1]) // MILLISECOND_US + 1) if is_full else None
        return Page(candles, token_after, answer.calls, parsed.rejected)
