"""Polygon as a provider: which call serves which request. Parsing, classing and links have files of their own."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import httpx
import polars as pl
from pydantic import SecretStr

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.candles import Basis, empty_candles
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval, midnight
from trend_platform.domain.ranges import months_before
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import UsageError
from trend_platform.providers.asked import one_asked
from trend_platform.providers.base import Answer, CandleRequest, Capabilities, Quota, QuoteAnswer, Route, SplitAnswer
from trend_platform.providers.http import HttpClient
from trend_platform.providers.paging import walk_pages
from trend_platform.providers.polygon.classing import NAME, classifier
from trend_platform.providers.polygon.delistings import fetch_delistings
from trend_platform.providers.polygon.dividends import fetch_dividends
from trend_platform.providers.polygon.hours import fetch_special_days, fetch_status
from trend_platform.providers.polygon.listing import LISTED, fetch_listing
from trend_platform.providers.polygon.parsing import parse_grouped
from trend_platform.providers.polygon.quotes import QUOTED, Snapshots
from trend_platform.providers.polygon.series import BASE_ROWS, SPANS, Series
from trend_platform.providers.polygon.splits import fetch_splits
from trend_platform.providers.polygon.symbols import ticker_of
from trend_platform.providers.reference import DelistingAnswer, DividendAnswer, ListingAnswer, MarketStatus, SpecialDays
from trend_platform.providers.traffic import HttpMetrics, counting
from trend_platform.providers.wiring import needed_key, open_client
from trend_platform.settings import PolygonSettings

_FREE_PER_MINUTE = 5.0
_MARKETS = {
    AssetClass.STOCK: "us/market/stocks",
    AssetClass.ETF: "us/market/stocks",
    AssetClass.CRYPTO: "global/market/crypto",
}
# The free plan refuses the current day of New York until midnight there, eight hours after a full session's close.
_FREE_SETTLES = timedelta(hours=8, minutes=15)
# A day's bar takes in trades until 20:00 New York, four hours after the close, and arrives up to 15 minutes late.
_PAID_SETTLES = timedelta(hours=4, minutes=30)
# Shorter bars are over when their window is; the plans below the dearest deliver 15 minutes late.
_PAID_SETTLES_WITHIN_DAY = timedelta(minutes=16)


def open_polygon(
    settings: PolygonSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
) -> "Polygon":
    """Return the provider, ready to be asked; nothing is sent yet.

    Raises:
        AuthFailed: There is no key.
    """
    key = needed_key(NAME, settings, "POLYGON_API_KEY (or MASSIVE_API_KEY)")
    rate = settings.rate_per_minute or _FREE_PER_MINUTE
    quota = Quota(rate, 60.0)
    secrets = {"Authorization": SecretStr(f"Bearer {key}")}
    client = open_client(NAME, settings, classifier(clock), (quota,), clock, secrets=secrets, transport=transport)
    return Polygon(client, settings, quota, clock)


class Polygon:
    """Daily and intraday candles, raw, of US shares and funds, crypto, currencies and indices; splits and latest prices.

    Candles of shares within the day cover the regular session; days are stamped at midnight UTC of the session's date.

    Args:
        client: The one that sends the key.
        settings: What the user set.
        quota: The limit the client keeps, for the planner.
        clock: The time.
    """

    def __init__(self, client: HttpClient, settings: PolygonSettings, quota: Quota, clock: Clock) -> None:
        self._client, self._settings, self._clock = client, settings, clock
        self._snapshots = Snapshots(client, clock)
        is_free = settings.rate_per_minute is None
        self._capabilities = Capabilities(
            asset_classes=frozenset({*_MARKETS, AssetClass.FOREX, AssetClass.INDEX}),
            timeframes=frozenset(SPANS),
            basis=Basis.RAW,
            by_session=frozenset(_MARKETS),
            candles_per_call=BASE_ROWS,
            quotas=(quota,),
            concurrency=settings.concurrency,
            settles_after=_FREE_SETTLES if is_free else _PAID_SETTLES,
            settles_within_day=None if is_free else _PAID_SETTLES_WITHIN_DAY,
            serves_forming=not is_free,
            has_splits=True,
            quotes=QUOTED,
            symbols_per_quote_call=None,
            has_dividends=True,
            has_delistings=True,
            listings=LISTED,
            has_market_status=True,
        )

    @property
    def name(self) -> str:
        """Return `polygon`."""
        return NAME

    @property
    def capabilities(self) -> Capabilities:
        """Return what it can be asked; without a `rate_per_minute` of the user's, the free plan's limits."""
        return self._capabilities

    @property
    def metrics(self) -> HttpMetrics:
        """Return what was sent and received so far."""
        return self._client.metrics

    def symbol_of(self, instrument: Instrument) -> str | None:
        """Return Polygon's ticker, `None` for kinds it does not serve."""
        return ticker_of(instrument)

    def reach(self, instrument: Instrument, timeframe: Timeframe, now: datetime) -> datetime | None:  # noqa: ARG002
        """Return the first day the plan reaches; `history_years` says how far that is."""
        years = self._settings.history_years
        return None if years is None else midnight(months_before(now.date(), 12 * years)) + timedelta(days=1)

    async def candles(self, request: CandleRequest) -> Answer:
        """Fetch candles: one series in pages, or one session of whole markets.

        Raises:
            ProviderError: Nothing usable came.
            UsageError: The request is not one that `capabilities` allows.
        """
        if request.route is Route.BY_SESSION:
            return await self._session(request)
        instrument = one_asked(NAME, self._capabilities, request)
        calendar = get_calendar(instrument.calendar)
        expected = partial(calendar.candle_opens, request.timeframe)
        series = Series(
            self._client,
            self._settings.base_url,
            instrument,
            request.timeframe,
            self._clock,
            self._settles(request.timeframe),
        )
        walk = await walk_pages(NAME, series, request.interval, expected)
        return walk.answer()

    async def splits(self, instruments: Sequence[Instrument], interval: Interval) -> SplitAnswer:
        """Fetch the splits of shares and funds whose first session lies in `interval`.

        Raises:
            ProviderError: Nothing usable came.
        """
        return await fetch_splits(self._client, self._settings.base_url, _shares(instruments), interval)

    async def dividends(self, instruments: Sequence[Instrument], interval: Interval) -> DividendAnswer:
        """Fetch the dividends of shares and funds whose first session without them lies in `interval`.

        Raises:
            ProviderError: Nothing usable came.
        """
        return await fetch_dividends(self._client, self._settings.base_url, _shares(instruments), interval)

    async def delistings(self, instruments: Sequence[Instrument]) -> DelistingAnswer:
        """Fetch when shares and funds were delisted, a call for each.

        Raises:
            ProviderError: Nothing usable came.
        """
        return await fetch_delistings(self._client, self._settings.base_url, _shares(instruments))

    async def listing(self, kind: AssetClass) -> ListingAnswer:
        """Fetch what is traded of one kind, a thousand a call.

        Raises:
            ProviderError: Nothing usable came.
            UsageError: It lists nothing of that kind.
        """
        return await fetch_listing(self._client, self._settings.base_url, kind)

    async def market_status(self) -> MarketStatus:
        """Fetch which markets trade now.

        Raises:
            ProviderError: Nothing usable came.
        """
        return await fetch_status(self._client)

    async def special_days(self) -> SpecialDays:
        """Fetch the holidays and half days of the US exchanges that lie ahead.

        Raises:
            ProviderError: Nothing usable came.
        """
        return await fetch_special_days(self._client)

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:
        """Fetch the latest prices of shares, funds and crypto, each market in a call as far as its tickers fit in an address.

        Raises:
            ProviderError: Nothing usable came of any call.
            UsageError: One of them is of another kind.
        """
        return await self._snapshots.quotes(instruments)

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()

    def _settles(self, timeframe: Timeframe) -> timedelta:
        return self._capabilities.settling(timeframe)

    async def _session(self, request: CandleRequest) -> Answer:
        if request.timeframe is not Timeframe.D1:
            raise UsageError(f"{NAME} serves whole sessions as 1d candles, asked were {request.timeframe} ones")
        # Shares and crypto are two markets, and two calls.
        markets: dict[tuple[str, str], dict[str, Instrument]] = {}
        for one in request.instruments:
            if one.asset_class not in _MARKETS:
                raise UsageError(f"{NAME} has no whole session of {one.asset_class} instruments, such as {one.symbol}")
            markets.setdefault((_MARKETS[one.asset_class], one.calendar), {})[ticker_of(one) or one.symbol] = one
        frames, calls, day = [], 0, request.interval.start
        for (market, _), instruments in markets.items():
            with counting(calls):
                answer = await self._client.get(f"/v2/aggs/grouped/locale/{market}/{day.date()}", {"adjusted": "false"})
            calls += answer.calls
            with counting(calls):
                frames.append(
                    parse_grouped(answer.document, instruments, day, self._clock.now(), self._settles(Timeframe.D1))
                )
        candles = pl.concat(frames).sort("instrument_id") if frames else empty_candles()
        evidence = f"{day.date()} of {len(markets)} markets, {candles.height} of {len(request.instruments)} asked"
        return Answer(candles, request.interval, calls, evidence=evidence)


def _shares(instruments: Sequence[Instrument]) -> dict[str, Instrument]:
    return {one.symbol: one for one in instruments if one.asset_class in {AssetClass.STOCK, AssetClass.ETF}}
