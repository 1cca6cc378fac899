"""Kraken as a provider: which call serves which request. Candles, tickers, pairs and classing have files of their own."""

from collections.abc import Sequence
from datetime import datetime, timedelta
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
from trend_platform.providers.asked import one_asked
from trend_platform.providers.base import Answer, CandleRequest, Capabilities, Quota, QuoteAnswer, SplitAnswer
from trend_platform.providers.http import HttpClient
from trend_platform.providers.kraken.candles import DEPTH, MINUTES, SETTLES, Newest, oldest
from trend_platform.providers.kraken.classing import NAME, classify
from trend_platform.providers.kraken.pairs import short_name_of
from trend_platform.providers.kraken.tickers import PAIRS_PER_CALL, QUOTED, Tickers
from trend_platform.providers.pace import by_the_second
from trend_platform.providers.paging import walk_pages
from trend_platform.providers.traffic import HttpMetrics
from trend_platform.providers.wiring import open_client
from trend_platform.settings import KrakenSettings

_DEFAULT_PER_MINUTE = 60.0
# A plan is carried out some time after it was made, and the oldest candles leave meanwhile.
_SPARE = timedelta(minutes=10)


def open_kraken(settings: KrakenSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> "Kraken":
    """Return the provider, ready to be asked; nothing is sent yet. It needs no key and sends none."""
    quota = by_the_second(settings.rate_per_minute or _DEFAULT_PER_MINUTE)
    client = open_client(NAME, settings, classify, (quota,), clock, transport=transport)
    return Kraken(client, settings, quota, clock)


class Kraken:
    """The newest candles and the tickers of the pairs traded on Kraken.

    Args:
        client: Asks Kraken.
        settings: What the user set.
        quota: The limit the client keeps, for the planner.
        clock: The time.
    """

    def __init__(self, client: HttpClient, settings: KrakenSettings, quota: Quota, clock: Clock) -> None:
        self._client, self._clock = client, clock
        self._tickers = Tickers(client, clock)
        self._capabilities = Capabilities(
            asset_classes=frozenset({AssetClass.CRYPTO}),
            timeframes=frozenset(MINUTES),
            basis=Basis.RAW,
            candles_per_call=DEPTH,
            quotas=(quota,),
            concurrency=settings.concurrency,
            settles_after=SETTLES,
            quotes=QUOTED,
            symbols_per_quote_call=PAIRS_PER_CALL,
        )

    @property
    def name(self) -> str:
        """Return `kraken`."""
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
        """Return the name under which a pair is asked, `XBTUSD` for `BTC-USD`; `None` for anything but pairs of crypto."""
        return short_name_of(instrument)

    def reach(self, instrument: Instrument, timeframe: Timeframe, now: datetime) -> datetime | None:  # noqa: ARG002
        """Return the oldest of the newest 720 candles, for lengths it serves; a later call reaches less far."""
        return oldest(timeframe, now + _SPARE) if timeframe in MINUTES else None

    async def candles(self, request: CandleRequest) -> Answer:
        """Fetch the candles of one pair.

        Raises:
            ProviderError: Nothing usable came.
            UsageError: The request is not one that `capabilities` allows.
        """
        instrument = one_asked(NAME, self._capabilities, request)
        if short_name_of(instrument) is None:
            raise NothingThere(NAME, f"{instrument.symbol} is no pair of crypto")
        calendar = get_calendar(instrument.calendar)
        expected = partial(calendar.candle_opens, request.timeframe)
        newest = Newest(self._client, self._clock, instrument, request.timeframe)
        walk = await walk_pages(NAME, newest, request.interval, expected)
        return walk.answer()

    async def splits(self, instruments: Sequence[Instrument], interval: Interval) -> SplitAnswer:  # noqa: ARG002
        """Return no splits: coins have none."""
        return SplitAnswer(empty_splits(), 0)

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:
        """Fetch the last prices of pairs, a hundred a call.

        Raises:
            ProviderError: Nothing usable came of any call.
            UsageError: One of them is no crypto.
        """
        return await self._tickers.quotes(instruments)

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()
