"""Tiingo as a provider: which call serves which request. Parsing, classing, quotes and symbols have files of their own."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import httpx
from pydantic import SecretStr

from trend_platform.domain.calendars import Instants, get_calendar
from trend_platform.domain.candles import Basis
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import NothingThere
from trend_platform.providers.asked import one_asked
from trend_platform.providers.base import Answer, CandleRequest, Capabilities, Quota, QuoteAnswer, SplitAnswer
from trend_platform.providers.http import HttpClient
from trend_platform.providers.paging import Page, walk_pages
from trend_platform.providers.reference import DividendAnswer
from trend_platform.providers.stamped import Origin, inside, last_day
from trend_platform.providers.summing import clock_base, summed, whole_candles
from trend_platform.providers.tiingo.actions import Actions
from trend_platform.providers.tiingo.allowance import MonthlySymbols
from trend_platform.providers.tiingo.classing import NAME, classifier
from trend_platform.providers.tiingo.days import dates_of, path_of_days
from trend_platform.providers.tiingo.parsing import parse_bars, parse_coin, parse_days
from trend_platform.providers.tiingo.quotes import QUOTED, LastPrices
from trend_platform.providers.tiingo.symbols import SHARES, ticker_of
from trend_platform.providers.traffic import HttpMetrics, counting
from trend_platform.providers.windows import Windows
from trend_platform.providers.wiring import needed_key, open_client
from trend_platform.settings import TiingoSettings

_FREQUENCIES = {
    Timeframe.M1: "1min",
    Timeframe.M5: "5min",
    Timeframe.M15: "15min",
    Timeframe.M30: "30min",
    Timeframe.H1: "1hour",
    Timeframe.H4: "4hour",
    Timeframe.H12: "12hour",
    Timeframe.D1: "1day",
}
_FREE_PER_HOUR = 50.0
# Days come whole, however many; bars are asked in windows, since more than some 2,000 rows were seen to be cut.
_DAYS_PER_CALL, _ROWS_PER_WINDOW = 20_000, 2_000
# Bars of IEX begin here.
_IEX_SINCE = datetime(2017, 8, 1, tzinfo=UTC)
# Days are there from 17:30 New York on and corrected until 20:00; bars are those of one exchange, at once.
_SETTLES, _SETTLES_WITHIN_DAY = timedelta(hours=4, minutes=30), timedelta(minutes=15)
_DAY = timedelta(days=1)
_TICK = timedelta(microseconds=1)


def open_tiingo(settings: TiingoSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> "Tiingo":
    """Return the provider, ready to be asked; nothing is sent yet.

    Raises:
        AuthFailed: There is no key.
    """
    key = needed_key(NAME, settings, "TIINGO_API_KEY")
    quotas = [Quota(settings.calls_per_hour, 3600.0), Quota(settings.calls_per_day, 86_400.0)]
    if settings.rate_per_minute:
        quotas.insert(0, Quota(settings.rate_per_minute, 60.0))
    secrets = {"Authorization": SecretStr(f"Token {key}")}
    client = open_client(NAME, settings, classifier(clock), quotas, clock, secrets=secrets, transport=transport)
    return Tiingo(client, settings, tuple(quotas), clock)


class Tiingo:
    """Days of US shares and funds, raw, from the consolidated tape; bars of IEX within the day; crypto; last prices.

    Args:
        client: The one that sends the key.
        settings: What the user set.
        quotas: The limits the client keeps, for the planner.
        clock: The time.
    """

    def __init__(self, client: HttpClient, settings: TiingoSettings, quotas: tuple[Quota, ...], clock: Clock) -> None:
        self._client, self._clock = client, clock
        self._symbols = MonthlySymbols(settings.symbols_per_month, clock)
        self._prices = LastPrices(client, self._symbols, clock)
        self._actions = Actions(client, self._symbols)
        is_free = settings.calls_per_hour <= _FREE_PER_HOUR
        self._capabilities = Capabilities(
            asset_classes=SHARES | {AssetClass.CRYPTO},
            timeframes=frozenset(_FREQUENCIES),
            basis=Basis.RAW,
            candles_per_call=_DAYS_PER_CALL,
            quotas=quotas,
            concurrency=settings.concurrency,
            seconds_per_call=0.5,
            settles_after=_SETTLES,
            settles_within_day=_SETTLES_WITHIN_DAY,
            # A free plan's calls are too few to ask for a day that is not there yet, and again for its splits and dividends.
            serves_forming=not is_free,
            has_splits=not is_free,
            has_dividends=not is_free,
            quotes=QUOTED,
            symbols_per_quote_call=None,
        )

    @property
    def name(self) -> str:
        """Return `tiingo`."""
        return NAME

    @property
    def capabilities(self) -> Capabilities:
        """Return what it can be asked; up to 50 calls an hour, as the free plan's."""
        return self._capabilities

    @property
    def metrics(self) -> HttpMetrics:
        """Return what was sent and received so far."""
        return self._client.metrics

    def symbol_of(self, instrument: Instrument) -> str | None:
        """Return Tiingo's ticker, `None` for kinds it does not serve."""
        return ticker_of(instrument)

    def reach(self, instrument: Instrument, timeframe: Timeframe, now: datetime) -> datetime | None:  # noqa: ARG002
        """Return August 2017 for bars of shares, which are those of IEX; days and crypto reach back to the listing."""
        return _IEX_SINCE if timeframe.is_intraday and instrument.asset_class in SHARES else None

    async def candles(self, request: CandleRequest) -> Answer:
        """Fetch the candles of one instrument: days in one call, bars in windows.

        Raises:
            ProviderError: Nothing usable came.
            UsageError: The request is not one that `capabilities` allows.
        """
        instrument = one_asked(NAME, self._capabilities, request)
        series = _Series(self._client, instrument, request.timeframe, self._capabilities, self._clock)
        self._symbols.admit(series.ticker)
        walk = await walk_pages(NAME, series.windows(), request.interval, series.expected)
        return walk.answer()

    async def splits(self, instruments: Sequence[Instrument], interval: Interval) -> SplitAnswer:
        """Fetch the splits of shares and funds whose first session lies in `interval`: a call for each share.

        Raises:
            ProviderError: Nothing usable came.
        """
        return await self._actions.splits(instruments, interval)

    async def dividends(self, instruments: Sequence[Instrument], interval: Interval) -> DividendAnswer:
        """Fetch the dividends of shares and funds whose first session without them lies in `interval`: a call for each share.

        Raises:
            ProviderError: Nothing usable came.
        """
        return await self._actions.dividends(instruments, interval)

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:
        """Fetch the last prices of shares, funds and crypto, each market in a call as far as its tickers fit in an address.

        Raises:
            ProviderError: Nothing usable came of any call.
            UsageError: One of them is of another kind.
        """
        return await self._prices.quotes(instruments)

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()


class _Series:
    # The candles of one instrument, window by window.
    def __init__(
        self, client: HttpClient, instrument: Instrument, timeframe: Timeframe, capabilities: Capabilities, clock: Clock
    ) -> None:
        ticker = ticker_of(instrument)
        if ticker is None:
            raise NothingThere(NAME, f"{instrument.symbol} is no share and no pair of crypto")
        self.ticker = ticker
        self._client, self._instrument, self._timeframe, self._clock = client, instrument, timeframe, clock
        self._settles = capabilities.settling(timeframe)
        self._calendar = get_calendar(instrument.calendar)
        self._base = clock_base(timeframe, self._calendar)
        self._is_coin = instrument.asset_class is AssetClass.CRYPTO

    def expected(self, interval: Interval) -> Instants:
        return self._calendar.candle_opens(self._timeframe, interval)

    def windows(self) -> Windows:
        if self._timeframe is Timeframe.D1 and not self._is_coin:
            return Windows(self._daily, self.expected, _DAYS_PER_CALL)
        return Windows(self._bars, self.expected, max(1, _ROWS_PER_WINDOW // self._rows_per_candle))

    @property
    def _rows_per_candle(self) -> int:
        return 1 if self._base is self._timeframe else self._timeframe.step // self._base.step

    async def _daily(self, window: Interval) -> Page:
        answer = await self._client.get(path_of_days(self.ticker), dates_of(window))
        with counting(answer.calls):
            made = parse_days(answer.document, self._origin())
        return Page(inside(made.candles, window), None, answer.calls, made.rejected)

    async def _bars(self, window: Interval) -> Page:
        whole = whole_candles(window, self._timeframe, self._calendar)
        dates: dict[str, str | int] = {"startDate": whole.start.date().isoformat(), "endDate": last_day(whole)}
        dates["resampleFreq"] = _FREQUENCIES[self._base]
        if self._is_coin:
            if self._timeframe.is_intraday:
                # Whether the last date is included is told for days only: a day more does no harm.
                dates["endDate"] = (whole.end + _DAY).date().isoformat()
            answer = await self._client.get("/tiingo/crypto/prices", {"tickers": self.ticker, **dates})
        else:
            answer = await self._client.get(f"/iex/{self.ticker}/prices", {**dates, "columns": "open,high,low,close"})
        with counting(answer.calls):
            origin = self._origin()
            made = (
                parse_coin(answer.document, self.ticker, origin)
                if self._is_coin
                else parse_bars(answer.document, origin)
            )
        candles = summed(inside(made.candles, whole), self._timeframe, self._calendar, origin.now - self._settles)
        return Page(inside(candles, window), None, answer.calls, made.rejected)

    def _origin(self) -> Origin:
        return Origin(NAME, self._instrument, self._base, Basis.RAW, self._settles, self._clock.now())
