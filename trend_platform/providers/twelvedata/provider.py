"""Twelve Data as a provider: which call serves which request. Parsing, classing and quotes have files of their own."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import httpx
from pydantic import SecretStr

from trend_platform.domain.actions import empty_splits
from trend_platform.domain.calendars import Instants, get_calendar
from trend_platform.domain.candles import Basis, empty_candles
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import NothingThere
from trend_platform.providers.asked import one_asked
from trend_platform.providers.base import Answer, CandleRequest, Capabilities, Quota, QuoteAnswer, SplitAnswer
from trend_platform.providers.http import HttpClient
from trend_platform.providers.paging import Page, walk_pages
from trend_platform.providers.stamped import Origin, first_midnight, inside
from trend_platform.providers.summing import clock_base, summed, whole_candles
from trend_platform.providers.traffic import HttpMetrics, counting
from trend_platform.providers.twelvedata.classing import NAME, NothingInside, classifier
from trend_platform.providers.twelvedata.parsing import INTERVALS, parse_series
from trend_platform.providers.twelvedata.quotes import MOST_SYMBOLS, QUOTED, Quotes
from trend_platform.providers.twelvedata.symbols import SHARES, ticker_of
from trend_platform.providers.windows import Windows
from trend_platform.providers.wiring import needed_key, open_client
from trend_platform.settings import TwelveDataSettings

_FREE_PER_MINUTE, _FREE_PER_DAY = 8.0, 780.0
# A call holds 5,000 rows; currencies bring some of the Sunday evening, which no calendar here expects.
_MOST_ROWS, _ROWS_PER_WINDOW = 5000, 4800
_INTRADAY_SINCE = datetime(2020, 2, 10, tzinfo=UTC)
_SETTLES, _SETTLES_WITHIN_DAY = timedelta(hours=4, minutes=30), timedelta(minutes=15)
_TICK = timedelta(microseconds=1)


def open_twelvedata(
    settings: TwelveDataSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
) -> "TwelveData":
    """Return the provider, ready to be asked; nothing is sent yet.

    Raises:
        AuthFailed: There is no key.
    """
    key = needed_key(NAME, settings, "TWELVE_DATA_API_KEY")
    quotas = [Quota(settings.rate_per_minute or _FREE_PER_MINUTE, 60.0)]
    per_day = settings.credits_per_day or (None if settings.rate_per_minute else _FREE_PER_DAY)
    if per_day:
        quotas.append(Quota(per_day, 86_400.0))
    secrets = {"Authorization": SecretStr(f"apikey {key}")}
    client = open_client(NAME, settings, classifier(clock), quotas, clock, secrets=secrets, transport=transport)
    return TwelveData(client, settings, tuple(quotas), clock)


class TwelveData:
    """Candles and quotes of US shares and funds, currencies and crypto; splits are not asked for.

    Days of currencies are added up from hours, and hours of shares from half hours: where the provider lets its own begin is
    not told.

    Args:
        client: The one that sends the key.
        settings: What the user set.
        quotas: The limits the client keeps, for the planner; the first one is the minute's.
        clock: The time.
    """

    def __init__(
        self, client: HttpClient, settings: TwelveDataSettings, quotas: tuple[Quota, ...], clock: Clock
    ) -> None:
        self._client, self._clock = client, clock
        most = max(1, min(MOST_SYMBOLS, int(quotas[0].weight)))
        self._quotes = Quotes(client, most, clock)
        self._capabilities = Capabilities(
            asset_classes=QUOTED,
            timeframes=frozenset(INTERVALS),
            basis=Basis(settings.basis),
            candles_per_call=_MOST_ROWS,
            quotas=quotas,
            concurrency=settings.concurrency,
            seconds_per_call=0.5,
            settles_after=_SETTLES,
            settles_within_day=_SETTLES_WITHIN_DAY,
            quotes=QUOTED,
            symbols_per_quote_call=most,
        )

    @property
    def name(self) -> str:
        """Return `twelvedata`."""
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
        """Return Twelve Data's symbol, `None` for kinds it does not serve."""
        return ticker_of(instrument)

    def reach(self, instrument: Instrument, timeframe: Timeframe, now: datetime) -> datetime | None:  # noqa: ARG002
        """Return February 2020 for bars within the day and what is made of them; days reach back to the listing."""
        is_made = timeframe.is_intraday or instrument.asset_class is AssetClass.FOREX
        return _INTRADAY_SINCE if is_made else None

    async def candles(self, request: CandleRequest) -> Answer:
        """Fetch the candles of one instrument, in windows of up to 5,000 bars.

        Raises:
            ProviderError: Nothing usable came.
            UsageError: The request is not one that `capabilities` allows.
        """
        instrument = one_asked(NAME, self._capabilities, request)
        series = _Series(self._client, instrument, request.timeframe, self._capabilities, self._clock)
        windows = Windows(series.window, series.expected, _ROWS_PER_WINDOW // series.rows_per_candle)
        walk = await walk_pages(NAME, windows, request.interval, series.expected)
        return walk.answer()

    async def splits(self, instruments: Sequence[Instrument], interval: Interval) -> SplitAnswer:  # noqa: ARG002
        """Return no splits: they cost 20 credits a symbol and a paid plan."""
        return SplitAnswer(empty_splits(), 0)

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:
        """Fetch the latest prices, a credit each, as many in a call as a minute's credits allow.

        Raises:
            ProviderError: Nothing usable came of any call.
            UsageError: One of them is of a kind that is not quoted.
        """
        return await self._quotes.quotes(instruments)

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
            raise NothingThere(NAME, f"{instrument.symbol} is neither a share nor a pair")
        self._client, self._instrument, self._clock = client, instrument, clock
        self._timeframe, self._basis = timeframe, capabilities.basis
        self._settles = capabilities.settling(timeframe)
        self._calendar = get_calendar(instrument.calendar)
        is_summed = timeframe is Timeframe.D1 and instrument.asset_class is AssetClass.FOREX
        self._base = Timeframe.H1 if is_summed else clock_base(timeframe, self._calendar)
        self._params: dict[str, str | int] = {
            "symbol": ticker,
            "interval": INTERVALS[self._base],
            "order": "ASC",
            "timezone": "UTC",
            "outputsize": _MOST_ROWS,
        }
        if instrument.asset_class in SHARES:
            self._params["adjust"] = "none" if self._basis is Basis.RAW else "splits"
            if instrument.calendar == "XNYS":
                self._params["country"] = "United States"

    @property
    def rows_per_candle(self) -> int:
        if self._timeframe is Timeframe.D1:
            return 1 if self._base is Timeframe.D1 else 24
        return self._timeframe.step // self._base.step

    def expected(self, interval: Interval) -> Instants:
        return self._calendar.candle_opens(self._timeframe, interval)

    async def window(self, window: Interval) -> Page:
        asked = whole_candles(window, self._timeframe, self._calendar) if self._timeframe.is_intraday else window
        try:
            answer = await self._client.get("/time_series", {**self._params, **self._bounds(asked)})
        except NothingInside as fact:
            return Page(empty_candles(), None, fact.calls, note=str(fact))
        now = self._clock.now()
        with counting(answer.calls):
            origin = Origin(NAME, self._instrument, self._base, self._basis, self._settles, now)
            made = parse_series(answer.document, origin)
        candles = summed(inside(made.candles, asked), self._timeframe, self._calendar, now - self._settles)
        return Page(inside(candles, window), None, answer.calls, made.rejected)

    def _bounds(self, interval: Interval) -> dict[str, str]:
        # The end is not included.
        if self._base is not Timeframe.D1:
            end = interval.end + timedelta(seconds=1) - _TICK
            return {"start_date": f"{interval.start:%Y-%m-%d %H:%M:%S}", "end_date": f"{end:%Y-%m-%d %H:%M:%S}"}
        first, after = (first_midnight(bound) for bound in (interval.start, interval.end))
        return {"start_date": first.date().isoformat(), "end_date": after.date().isoformat()}
