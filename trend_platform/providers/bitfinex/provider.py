"""Bitfinex as a provider: which call serves which request. Pages, tickers, pairs and classing have files of their own."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import httpx

from trend_platform.domain.actions import empty_splits
from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.candles import Basis
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import NothingThere
from trend_platform.providers.arrays import without_trades
from trend_platform.providers.asked import one_asked
from trend_platform.providers.base import Answer, CandleRequest, Capabilities, Quota, QuoteAnswer, SplitAnswer
from trend_platform.providers.bitfinex.classing import NAME, classify
from trend_platform.providers.bitfinex.pages import CANDLES_PER_CALL, LENGTHS, SETTLES, Pages
from trend_platform.providers.bitfinex.pairs import symbol_of
from trend_platform.providers.bitfinex.tickers import PAIRS_PER_CALL, QUOTED, Tickers
from trend_platform.providers.http import HttpClient
from trend_platform.providers.paging import walk_pages
from trend_platform.providers.traffic import HttpMetrics
from trend_platform.providers.wiring import open_client
from trend_platform.settings import BitfinexSettings

# Thirty a minute are allowed for candles; the rest is left to whoever shares the address.
_DEFAULT_PER_MINUTE = 25.0
# The exchange's oldest candles are some months younger.
_BEGINNING = datetime(2013, 1, 1, tzinfo=UTC)


def open_bitfinex(
    settings: BitfinexSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
) -> "Bitfinex":
    """Return the provider, ready to be asked; nothing is sent yet. It needs no key and sends none."""
    quota = Quota(settings.rate_per_minute or _DEFAULT_PER_MINUTE, 60.0)
    client = open_client(NAME, settings, classify, (quota,), clock, transport=transport)
    return Bitfinex(client, settings, quota, clock)


class Bitfinex:
    """Candles and tickers of the pairs traded on Bitfinex.

    Args:
        client: Asks Bitfinex.
        settings: What the user set.
        quota: The limit the client keeps, for the planner.
        clock: The time.
    """

    def __init__(self, client: HttpClient, settings: BitfinexSettings, quota: Quota, clock: Clock) -> None:
        self._client, self._clock = client, clock
        self._tickers = Tickers(client, clock)
        self._capabilities = Capabilities(
            asset_classes=frozenset({AssetClass.CRYPTO}),
            timeframes=frozenset(LENGTHS),
            basis=Basis.RAW,
            candles_per_call=CANDLES_PER_CALL,
            quotas=(quota,),
            concurrency=settings.concurrency,
            settles_after=SETTLES,
            quotes=QUOTED,
            leaves_out_silence=True,
            symbols_per_quote_call=PAIRS_PER_CALL,
        )

    @property
    def name(self) -> str:
        """Return `bitfinex`."""
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
        """Return how it spells a pair, `tBTCUSD` for `BTC-USD`; `None` for anything but pairs of crypto it can be asked for."""
        return symbol_of(instrument)

    def reach(self, instrument: Instrument, timeframe: Timeframe, now: datetime) -> datetime | None:  # noqa: ARG002
        """Return a little before the exchange's oldest candles; pairs listed later begin later."""
        return _BEGINNING

    async def candles(self, request: CandleRequest) -> Answer:
        """Fetch the candles of one pair.

        Raises:
            ProviderError: Nothing usable came.
            UsageError: The request is not one that `capabilities` allows.
        """
        instrument = one_asked(NAME, self._capabilities, request)
        if symbol_of(instrument) is None:
            raise NothingThere(NAME, f"{instrument.symbol} is no pair of crypto that it can be asked for")
        calendar = get_calendar(instrument.calendar)
        expected = partial(calendar.candle_opens, request.timeframe)
        pages = Pages(self._client, self._clock, instrument, request.timeframe)
        walk = await walk_pages(NAME, pages, request.interval, expected)
        evidence = without_trades(walk, calendar, request.timeframe, self._clock.now())
        return walk.answer(evidence)

    async def splits(self, instruments: Sequence[Instrument], interval: Interval) -> SplitAnswer:  # noqa: ARG002
        """Return no splits: coins have none."""
        return SplitAnswer(empty_splits(), 0)

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:
        """Fetch the last prices of pairs, 250 a call.

        Raises:
            ProviderError: Nothing usable came of any call.
            UsageError: One of them is no crypto.
        """
        return await self._tickers.quotes(instruments)

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()
