"""CoinGecko as a provider: daily candles of crypto in windows its plans allow. Parsing and ids have files of their own."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import quote, urlsplit

import httpx
from pydantic import SecretStr

from trend_platform.domain.actions import empty_splits
from trend_platform.domain.calendars import Instants, get_calendar
from trend_platform.domain.candles import Basis
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval, midnight
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import NothingThere
from trend_platform.providers.asked import one_asked
from trend_platform.providers.base import Answer, CandleRequest, Capabilities, Quota, QuoteAnswer, SplitAnswer
from trend_platform.providers.coingecko.bodies import daily_bodies, read_bodies
from trend_platform.providers.coingecko.classing import NAME, classify
from trend_platform.providers.coingecko.ids import CoinIds, pair_of
from trend_platform.providers.coingecko.listing import LISTED, fetch_listing
from trend_platform.providers.coingecko.points import daily_candles, read_points
from trend_platform.providers.coingecko.prices import COINS_PER_CALL, QUOTED, Prices
from trend_platform.providers.http import HttpClient
from trend_platform.providers.paging import Page, walk_pages
from trend_platform.providers.reference import ListingAnswer
from trend_platform.providers.stamped import first_midnight
from trend_platform.providers.traffic import HttpMetrics, counting
from trend_platform.providers.wiring import key_of, open_client
from trend_platform.settings import CoinGeckoSettings

_DEFAULT_PER_MINUTE = 30.0
_DEMO_PER_MONTH, _MONTH_SECONDS = 9_500.0, 30 * 86_400.0
# Ranges of 2 to 90 days are answered in hours, shorter ones in minutes, longer ones in days.
_POINT_DAYS, _FEWEST_DAYS = 88, 3
_BODY_DAYS = 180
# A day's last hour is there ten minutes after midnight as a point and 35 minutes after it as a candle.
_SETTLES = timedelta(hours=1)
_AFTER = timedelta(minutes=90)
_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)


def open_coingecko(
    settings: CoinGeckoSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
) -> "CoinGecko":
    """Return the provider, ready to be asked; nothing is sent yet. It works without a key, more slowly with none."""
    quotas = _quotas(settings)
    header = "x-cg-pro-api-key" if _is_pro(settings) else "x-cg-demo-api-key"
    key = key_of(settings)
    secrets = {header: SecretStr(key)} if key else {}
    client = open_client(NAME, settings, classify, quotas, clock, secrets=secrets, transport=transport)
    return CoinGecko(client, settings, quotas, clock)


class CoinGecko:
    """Daily candles of crypto against currencies.

    On the free plans they are added up from hourly points (see `points`), on the paid host they are the provider's own.

    Args:
        client: The one that sends the key.
        settings: What the user set.
        quotas: The limits the client keeps, for the planner.
        clock: The time.
    """

    def __init__(
        self, client: HttpClient, settings: CoinGeckoSettings, quotas: tuple[Quota, ...], clock: Clock
    ) -> None:
        self._client, self._settings, self._clock = client, settings, clock
        self._ids = CoinIds(client, settings.ids)
        self._prices = Prices(client, self._ids, clock)
        self._capabilities = Capabilities(
            asset_classes=frozenset({AssetClass.CRYPTO}),
            timeframes=frozenset({Timeframe.D1}),
            basis=Basis.RAW,
            candles_per_call=_BODY_DAYS if _is_pro(settings) else _POINT_DAYS,
            quotas=quotas,
            concurrency=settings.concurrency,
            seconds_per_call=0.5,
            settles_after=_SETTLES,
            quotes=QUOTED,
            symbols_per_quote_call=COINS_PER_CALL,
            listings=LISTED,
        )

    @property
    def name(self) -> str:
        """Return `coingecko`."""
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
        """Return the coin's id, or its lower-case symbol where the id is yet to be looked up."""
        pair = pair_of(instrument)
        return None if pair is None else self._ids.known(pair[0]) or pair[0].lower()

    def reach(self, instrument: Instrument, timeframe: Timeframe, now: datetime) -> datetime | None:  # noqa: ARG002
        """Return the first whole day within `history_days`; the provider refuses a range that begins earlier."""
        count = self._settings.history_days
        return None if count is None else midnight((now - count * _DAY).date()) + _DAY

    async def candles(self, request: CandleRequest) -> Answer:
        """Fetch the daily candles of one pair.

        Raises:
            ProviderError: Nothing usable came.
            UsageError: The request is not one that `capabilities` allows.
        """
        instrument = one_asked(NAME, self._capabilities, request)
        pair = pair_of(instrument)
        if pair is None:
            raise NothingThere(NAME, f"{instrument.symbol} is no pair of a coin and a currency it prices")
        coin, looked_up = await self._ids.find(pair[0])
        windows = _Windows(self._client, self._settings, self._capabilities, self._clock, instrument, coin)
        with counting(looked_up):
            walk = await walk_pages(NAME, windows, request.interval, _expected)
        evidence = f"{coin}: {walk.evidence}"
        return replace(walk, calls=walk.calls + looked_up).answer(evidence)

    async def splits(self, instruments: Sequence[Instrument], interval: Interval) -> SplitAnswer:  # noqa: ARG002
        """Return no splits: coins have none."""
        return SplitAnswer(empty_splits(), 0)

    async def listing(self, kind: AssetClass) -> ListingAnswer:
        """Fetch the coins that a symbol alone names, as pairs against the dollar.

        Raises:
            ProviderError: Nothing usable came.
            UsageError: The kind is not crypto.
        """
        return await fetch_listing(self._ids, kind)

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:
        """Fetch the latest prices of pairs, 250 coins a call; a symbol not known yet costs the list of all coins, once.

        Raises:
            ProviderError: Nothing usable came of any call.
            UsageError: One of them is no crypto.
        """
        return await self._prices.quotes(instruments)

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()


class _Windows:
    # One pair's days, window by window: the token of a page is the day its window begins with.
    def __init__(
        self,
        client: HttpClient,
        settings: CoinGeckoSettings,
        capabilities: Capabilities,
        clock: Clock,
        instrument: Instrument,
        coin: str,
    ) -> None:
        self._client, self._capabilities, self._clock = client, capabilities, clock
        self._instrument_id, self._path = instrument.instrument_id, f"/coins/{quote(coin, safe='')}"
        self._currency = instrument.symbol.partition("-")[2].lower()
        self._is_pro = _is_pro(settings)
        self._end = self._clock.now()

    async def first(self, interval: Interval) -> Page:
        start = first_midnight(interval.start)
        self._end = min(interval.end, midnight(self._clock.now().date()) + _DAY)
        return await self.following(start.isoformat())

    async def following(self, token: str) -> Page:
        start = datetime.fromisoformat(token)
        after = min(start + self._per_window * _DAY, first_midnight(self._end))
        page = await (self._bodies if self._is_pro else self._points)(Interval(start, max(start, after)))
        return Page(page.candles, after.isoformat() if after < self._end else None, page.calls, page.rejected)

    @property
    def _per_window(self) -> int:
        return self._capabilities.candles_per_call or _POINT_DAYS

    async def _points(self, days: Interval) -> Page:
        now = self._clock.now()
        # A range of less than two days would be answered in minutes: ask for more and leave out what was not wanted.
        end = min(max(days.end + _AFTER, days.start + _FEWEST_DAYS * _DAY), now)
        start = min(days.start, end - _FEWEST_DAYS * _DAY)
        params: dict[str, str | int] = {
            "vs_currency": self._currency,
            "from": round(start.timestamp()),
            "to": round(end.timestamp()),
        }
        answer = await self._client.get(f"{self._path}/market_chart/range", params)
        with counting(answer.calls):
            made = daily_candles(read_points(answer.document), self._instrument_id, days, self._capabilities, now)
        return Page(made.candles, None, answer.calls, made.rejected)

    async def _bodies(self, days: Interval) -> Page:
        # Candles are stamped with their close, a day later.
        bounds = {"from": days.start.date().isoformat(), "to": (days.end + _DAY).date().isoformat()}
        params: dict[str, str | int] = {"vs_currency": self._currency, "interval": "daily", **bounds}
        answer = await self._client.get(f"{self._path}/ohlc/range", params)
        now = self._clock.now()
        with counting(answer.calls):
            bodies = read_bodies(answer.document)
            candles = daily_bodies(bodies, self._instrument_id, days, self._capabilities, now)
        return Page(candles, None, answer.calls)


def _expected(interval: Interval) -> Instants:
    return get_calendar("24/7").candle_opens(Timeframe.D1, interval)


def _quotas(settings: CoinGeckoSettings) -> tuple[Quota, ...]:
    # A Demo key is good for 10,000 calls a month; keyless calls have no such allowance, and what a plan has only the user knows.
    is_demo = key_of(settings) is not None and not _is_pro(settings)
    monthly = settings.calls_per_month or (_DEMO_PER_MONTH if is_demo else None)
    per_minute = Quota(settings.rate_per_minute or _DEFAULT_PER_MINUTE, 60.0)
    return (per_minute, Quota(monthly, _MONTH_SECONDS)) if monthly else (per_minute,)


def _is_pro(settings: CoinGeckoSettings) -> bool:
    return (urlsplit(settings.base_url).hostname or "").startswith("pro-api.")
