"""Coinbase Exchange as a provider: which call serves which request. Candles, last trades and classing have files of their own."""

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
from trend_platform.providers.coinbase.candles import CANDLES_PER_CALL, GRANULARITIES, SETTLES, Product
from trend_platform.providers.coinbase.classing import NAME, classify
from trend_platform.providers.coinbase.last_trades import QUOTED, LastTrades
from trend_platform.providers.coinbase.products import product_of
from trend_platform.providers.http import HttpClient
from trend_platform.providers.pace import by_the_second
from trend_platform.providers.paging import walk_pages
from trend_platform.providers.traffic import HttpMetrics
from trend_platform.providers.windows import Windows
from trend_platform.providers.wiring import open_client
from trend_platform.settings import CoinbaseSettings

# Ten a second are allowed; the rest is left to whoever shares the address.
_DEFAULT_PER_MINUTE = 480.0
# The oldest product, BTC-USD, has its first candle here.
_BEGINNING = datetime(2015, 7, 20, tzinfo=UTC)


def open_coinbase(
    settings: CoinbaseSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
) -> "Coinbase":
    """Return the provider, ready to be asked; nothing is sent yet. It needs no key and sends none."""
    quota = by_the_second(settings.rate_per_minute or _DEFAULT_PER_MINUTE)
    client = open_client(NAME, settings, classify, (quota,), clock, transport=transport)
    return Coinbase(client, settings, quota, clock)


class Coinbase:
    """Candles and last trades of the pairs traded on Coinbase.

    Args:
        client: Asks Coinbase.
        settings: What the user set.
        quota: The limit the client keeps, for the planner.
        clock: The time.
    """

    def __init__(self, client: HttpClient, settings: CoinbaseSettings, quota: Quota, clock: Clock) -> None:
        self._client, self._clock = client, clock
        self._last_trades = LastTrades(client, clock)
        self._capabilities = Capabilities(
            asset_classes=frozenset({AssetClass.CRYPTO}),
            timeframes=frozenset(GRANULARITIES),
            basis=Basis.RAW,
            candles_per_call=CANDLES_PER_CALL,
            quotas=(quota,),
            concurrency=settings.concurrency,
            settles_after=SETTLES,
            quotes=QUOTED,
            leaves_out_silence=True,
            symbols_per_quote_call=1,
        )

    @property
    def name(self) -> str:
        """Return `coinbase`."""
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
        """Return the id of the product, which is the canonical symbol; `None` for anything but pairs of crypto."""
        return product_of(instrument)

    def reach(self, instrument: Instrument, timeframe: Timeframe, now: datetime) -> datetime | None:  # noqa: ARG002
        """Return when the exchange's oldest candles begin; products listed later begin later."""
        return _BEGINNING

    async def candles(self, request: CandleRequest) -> Answer:
        """Fetch the candles of one pair.

        Raises:
            ProviderError: Nothing usable came.
            UsageError: The request is not one that `capabilities` allows.
        """
        instrument = one_asked(NAME, self._capabilities, request)
        if product_of(instrument) is None:
            raise NothingThere(NAME, f"{instrument.symbol} is no pair of crypto")
        calendar = get_calendar(instrument.calendar)
        expected = partial(calendar.candle_opens, request.timeframe)
        product = Product(self._client, self._clock, instrument, request.timeframe)
        windows = Windows(product.window, expected, CANDLES_PER_CALL)
        walk = await walk_pages(NAME, windows, request.interval, expected)
        evidence = without_trades(walk, calendar, request.timeframe, self._clock.now())
        return walk.answer(evidence)

    async def splits(self, instruments: Sequence[Instrument], interval: Interval) -> SplitAnswer:  # noqa: ARG002
        """Return no splits: coins have none."""
        return SplitAnswer(empty_splits(), 0)

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:
        """Fetch the last trade of each pair, one call for each.

        Raises:
            ProviderError: Nothing usable came of any call.
            UsageError: One of them is no crypto.
        """
        return await self._last_trades.quotes(instruments)

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()
