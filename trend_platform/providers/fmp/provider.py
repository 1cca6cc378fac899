"""FMP as a provider: which call serves which request. Parsing, classing and spelling have files of their own."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

import httpx
import polars as pl
from pydantic import SecretStr

from trend_platform.domain.actions import empty_dividends, empty_splits
from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.candles import Basis
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval, midnight
from trend_platform.domain.ranges import months_before
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import NothingThere
from trend_platform.providers.asked import one_asked
from trend_platform.providers.base import Answer, CandleRequest, Capabilities, Quota, QuoteAnswer, SplitAnswer
from trend_platform.providers.fmp.classing import NAME, classifier
from trend_platform.providers.fmp.parsing import read_days, read_dividends, read_quotes, read_splits
from trend_platform.providers.fmp.symbols import SERVED, SHARES, symbol_of
from trend_platform.providers.http import HttpClient
from trend_platform.providers.paging import Page, walk_pages
from trend_platform.providers.quoting import ask_spelt, read_rows
from trend_platform.providers.reference import DividendAnswer, dividend_frame, split_frame
from trend_platform.providers.stamped import Origin, first_midnight, inside, last_day, stamped
from trend_platform.providers.traffic import HttpMetrics, counting
from trend_platform.providers.wiring import needed_key, open_client
from trend_platform.settings import FmpSettings

# 250 a day on the free plan: https://site.financialmodelingprep.com/developer/docs/pricing
_FREE_PER_DAY, _PER_SECOND = 250.0, 5.0
# A call returns some 5,000 rows at most; five years are 1,260 sessions, or 1,826 days of a coin.
_WINDOW_YEARS = 5
_WINDOW_CANDLES = 1250
_QUOTES_PER_CALL = 50
_SETTLES = timedelta(hours=4)
_DAY, _TICK = timedelta(days=1), timedelta(microseconds=1)


def open_fmp(settings: FmpSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> "Fmp":
    """Return the provider, ready to be asked; nothing is sent yet.

    Raises:
        AuthFailed: There is no key.
    """
    key = needed_key(NAME, settings, "FMP_API_KEY")
    rate = settings.rate_per_minute
    quotas = (Quota(_PER_SECOND, 1.0), Quota(rate, 60.0) if rate else Quota(_FREE_PER_DAY, 86_400.0))
    secrets, classify = {"apikey": SecretStr(key)}, classifier(is_daily=rate is None)
    client = open_client(NAME, settings, classify, quotas, clock, secrets=secrets, transport=transport)
    return Fmp(client, settings, quotas, clock)


class Fmp:
    """Daily candles of shares, funds, coins, currencies and indices, raw or adjusted for splits; splits; latest prices.

    Args:
        client: The one that sends the key.
        settings: What the user set.
        quotas: The limits the client keeps, for the planner.
        clock: The time.
    """

    def __init__(self, client: HttpClient, settings: FmpSettings, quotas: tuple[Quota, ...], clock: Clock) -> None:
        self._client, self._settings, self._clock = client, settings, clock
        self._capabilities = Capabilities(
            asset_classes=SERVED,
            timeframes=frozenset({Timeframe.D1}),
            basis=Basis(settings.basis),
            candles_per_call=_WINDOW_CANDLES,
            quotas=quotas,
            concurrency=settings.concurrency,
            settles_after=_SETTLES,
            has_splits=True,
            quotes=SERVED,
            symbols_per_quote_call=_QUOTES_PER_CALL if settings.batch_quotes else 1,
            has_dividends=True,
        )

    @property
    def name(self) -> str:
        """Return `fmp`."""
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
        """Return FMP's spelling, `None` for what it does not serve."""
        return symbol_of(instrument)

    def reach(self, instrument: Instrument, timeframe: Timeframe, now: datetime) -> datetime | None:  # noqa: ARG002
        """Return the first day the plan reaches; `history_years` says how far that is."""
        years = self._settings.history_years
        return None if years is None else midnight(months_before(now.date(), 12 * years)) + _DAY

    async def candles(self, request: CandleRequest) -> Answer:
        """Fetch the daily candles of one instrument, five years a call.

        Raises:
            ProviderError: Nothing usable came.
            UsageError: The request is not one that `capabilities` allows.
        """
        instrument = one_asked(NAME, self._capabilities, request)
        symbol = symbol_of(instrument)
        if symbol is None:
            raise NothingThere(NAME, f"{instrument.symbol} is {instrument.asset_class}, which it cannot spell")
        calendar = get_calendar(instrument.calendar)
        expected = partial(calendar.candle_opens, request.timeframe)
        origin = Origin(NAME, instrument, request.timeframe, self._capabilities.basis, _SETTLES, self._clock.now())
        windows = _Windows(self._client, symbol, origin)
        walk = await walk_pages(NAME, windows, request.interval, expected)
        return walk.answer()

    async def splits(self, instruments: Sequence[Instrument], interval: Interval) -> SplitAnswer:
        """Fetch the splits of shares and funds whose first session lies in `interval`, one call for each of them.

        Raises:
            ProviderError: Nothing usable came.
        """
        frames, calls = await self._of_shares("/splits", instruments, read_splits)
        return SplitAnswer(split_frame(pl.concat([empty_splits(), *frames]), NAME, interval), calls)

    async def dividends(self, instruments: Sequence[Instrument], interval: Interval) -> DividendAnswer:
        """Fetch the dividends of shares and funds whose first session without them lies in `interval`, one call for each of them.

        Raises:
            ProviderError: Nothing usable came.
        """
        frames, calls = await self._of_shares("/dividends", instruments, read_dividends)
        return DividendAnswer(dividend_frame(pl.concat([empty_dividends(), *frames]), NAME, interval), calls)

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:
        """Fetch the latest prices of instruments, one call for each, or for fifty with `batch_quotes`.

        Raises:
            ProviderError: Nothing usable came of any call.
            UsageError: One of them is of a kind it does not quote.
        """
        most = self._capabilities.symbols_per_quote_call
        return await ask_spelt(NAME, instruments, SERVED, symbol_of, most, self._quote)

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()

    async def _of_shares(
        self, path: str, instruments: Sequence[Instrument], read: Callable[[object, Instrument], pl.DataFrame]
    ) -> tuple[list[pl.DataFrame], int]:
        frames, calls = list[pl.DataFrame](), 0
        for one in instruments:
            if one.asset_class in SHARES:
                with counting(calls):
                    answer = await self._client.get(path, {"symbol": symbol_of(one) or one.symbol})
                calls += answer.calls
                with counting(calls):
                    frames.append(read(answer.document, one))
        return frames, calls

    async def _quote(self, asked: Mapping[str, Instrument]) -> QuoteAnswer:
        path, name = ("/batch-quote", "symbols") if self._settings.batch_quotes else ("/quote", "symbol")
        answer = await self._client.get(path, {name: ",".join(asked)})
        with counting(answer.calls):
            rows = read_quotes(answer.document, asked)
        return read_rows(NAME, rows, asked.values(), self._clock.now(), answer.calls)


class _Windows:
    # One instrument's days, window by window: the token of a page is the day its window begins with.
    def __init__(self, client: HttpClient, symbol: str, origin: Origin) -> None:
        self._client, self._symbol, self._origin = client, symbol, origin
        # Coins, currencies and indices do not split; only shares are told on two bases.
        is_raw = origin.basis is Basis.RAW and origin.instrument.asset_class in SHARES
        self._path = f"/historical-price-eod/{'non-split-adjusted' if is_raw else 'full'}"
        self._end = origin.now

    async def first(self, interval: Interval) -> Page:
        start = first_midnight(interval.start)
        self._end = max(start, min(interval.end, midnight(self._origin.now.date()) + _DAY))
        return await self.following(start.isoformat())

    async def following(self, token: str) -> Page:
        start = datetime.fromisoformat(token)
        end = min(midnight(months_before(start.date(), -12 * _WINDOW_YEARS)), self._end)
        window = Interval(start, max(start + _DAY, end))
        params = {"symbol": self._symbol, "from": start.date().isoformat(), "to": last_day(window)}
        answer = await self._client.get(self._path, params)
        with counting(answer.calls):
            days = read_days(answer.document, self._symbol)
        made = stamped(days, self._origin)
        candles = inside(made.candles, window)
        return Page(candles, end.isoformat() if end < self._end else None, answer.calls, made.rejected)
