"""Alpha Vantage as a provider: which call serves which request. Parsing, quotes and classing have files of their own."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import httpx
import polars as pl
from pydantic import SecretStr

from trend_platform.domain.actions import empty_splits
from trend_platform.domain.calendars import from_us, get_calendar
from trend_platform.domain.candles import Basis
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import BeyondDepth, NothingThere
from trend_platform.providers.alphavantage.classing import NAME, classify
from trend_platform.providers.alphavantage.parsing import read_days
from trend_platform.providers.alphavantage.quotes import read_global_quote, read_rate
from trend_platform.providers.alphavantage.symbols import PAIRS, SHARES, pair_of, symbol_of
from trend_platform.providers.asked import one_asked
from trend_platform.providers.base import Answer, CandleRequest, Capabilities, Quota, QuoteAnswer, SplitAnswer
from trend_platform.providers.http import HttpClient
from trend_platform.providers.quoting import ask_spelt, read_rows
from trend_platform.providers.stamped import Origin, inside, stamped
from trend_platform.providers.traffic import HttpMetrics, counting
from trend_platform.providers.wiring import needed_key, open_client
from trend_platform.settings import AlphaVantageSettings
from trend_platform.wording import counted

_SERVED = SHARES | PAIRS
# 25 a day and one a second on the free plan: https://www.alphavantage.co/support/#support
_FREE_PER_DAY, _SECONDS_BETWEEN = 25.0, 1.5
_COMPACT_ROWS = 100
# The last rows may or may not hold the current day and the one that has just ended.
_SURE_ROWS = _COMPACT_ROWS - 2
_LOOK_BACK = timedelta(days=2 * _COMPACT_ROWS)
_SETTLES = timedelta(hours=8)


def open_alphavantage(
    settings: AlphaVantageSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
) -> "AlphaVantage":
    """Return the provider, ready to be asked; nothing is sent yet.

    Raises:
        AuthFailed: There is no key.
    """
    key = needed_key(NAME, settings, "ALPHA_VANTAGE_API_KEY")
    rate = settings.rate_per_minute
    quotas = (Quota(rate, 60.0),) if rate else (Quota(1.0, _SECONDS_BETWEEN), Quota(_FREE_PER_DAY, 86_400.0))
    secrets = {"apikey": SecretStr(key)}
    client = open_client(NAME, settings, classify, quotas, clock, secret_params=secrets, transport=transport)
    return AlphaVantage(client, settings, quotas, clock)


class AlphaVantage:
    """Daily candles, raw, of shares, funds, coins and currencies, a hundred days back on the free plan; latest prices.

    Args:
        client: The one that sends the key.
        settings: What the user set.
        quotas: The limits the client keeps, for the planner.
        clock: The time.
    """

    def __init__(
        self, client: HttpClient, settings: AlphaVantageSettings, quotas: tuple[Quota, ...], clock: Clock
    ) -> None:
        self._client, self._clock, self._is_full = client, clock, settings.full_history
        self._capabilities = Capabilities(
            asset_classes=_SERVED,
            timeframes=frozenset({Timeframe.D1}),
            basis=Basis.RAW,
            quotas=quotas,
            concurrency=settings.concurrency,
            seconds_per_call=0.6,
            settles_after=_SETTLES,
            serves_forming=False,
            quotes=_SERVED,
        )

    @property
    def name(self) -> str:
        """Return `alphavantage`."""
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
        """Return the provider's spelling, `None` for what it does not serve."""
        return symbol_of(instrument)

    def reach(self, instrument: Instrument, timeframe: Timeframe, now: datetime) -> datetime | None:
        """Return the first of the last 98 days: an answer is the last hundred rows, except with `full_history`.

        Even with it that holds for coins, of which everything cannot be asked for.
        """
        if self._is_whole(instrument):
            return None
        opens = get_calendar(instrument.calendar).candle_opens(timeframe, Interval(now - _LOOK_BACK, now))
        return from_us(opens[-_SURE_ROWS]) if len(opens) >= _SURE_ROWS else now

    async def candles(self, request: CandleRequest) -> Answer:
        """Fetch the daily candles of one instrument, in one call.

        Raises:
            ProviderError: Nothing usable came.
            UsageError: The request is not one that `capabilities` allows.
        """
        instrument = one_asked(NAME, self._capabilities, request)
        answer = await self._client.get("/query", self._series(instrument))
        pair = pair_of(instrument)
        with counting(answer.calls):
            days = read_days(answer.document, None if pair else symbol_of(instrument), pair)
            self._check_depth(days, request)
        origin = Origin(NAME, instrument, request.timeframe, Basis.RAW, _SETTLES, self._clock.now())
        made = stamped(days, origin)
        candles = inside(made.candles, request.interval)
        evidence = f"{counted(days.height, 'row')}, {candles.height} of them asked"
        return Answer(candles, request.interval, answer.calls, made.rejected, evidence=evidence)

    async def splits(self, instruments: Sequence[Instrument], interval: Interval) -> SplitAnswer:  # noqa: ARG002
        """Return no splits: its list counts spin-offs among them (1.046 for IBM on 2021-11-04), which are none."""
        return SplitAnswer(empty_splits(), 0)

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:
        """Fetch the latest prices of shares, funds and pairs, one call for each.

        Raises:
            ProviderError: Nothing usable came of any call.
            UsageError: One of them is of another kind.
        """
        return await ask_spelt(NAME, instruments, _SERVED, symbol_of, 1, self._quote)

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()

    def _series(self, instrument: Instrument) -> dict[str, str]:
        symbol, pair = symbol_of(instrument), pair_of(instrument)
        size = {"outputsize": "full" if self._is_full else "compact"}
        if symbol is None:
            raise NothingThere(NAME, f"{instrument.symbol} is {instrument.asset_class}, which it cannot spell")
        if pair is None:
            return {"function": "TIME_SERIES_DAILY", "symbol": symbol, **size}
        if instrument.asset_class is AssetClass.CRYPTO:
            return {"function": "DIGITAL_CURRENCY_DAILY", "symbol": pair[0], "market": pair[1]}
        return {"function": "FX_DAILY", "from_symbol": pair[0], "to_symbol": pair[1], **size}

    def _is_whole(self, instrument: Instrument) -> bool:
        # Coins have no `outputsize`: how many days are answered of them is the provider's choice on every plan.
        return self._is_full and instrument.asset_class is not AssetClass.CRYPTO

    def _check_depth(self, days: pl.DataFrame, request: CandleRequest) -> None:
        # What a cut answer does not hold is not absent: it is further back than this plan reaches.
        first = days["opened_at"].drop_nulls().min()
        (instrument,) = request.instruments
        if self._is_whole(instrument) or days.height < _COMPACT_ROWS or not isinstance(first, datetime):
            return
        asked = get_calendar(instrument.calendar).candle_opens(request.timeframe, request.interval)
        if len(asked) and from_us(asked[0]) < first:
            raise BeyondDepth(
                NAME,
                f"the answer ends {counted(days.height, 'day')} back, at {first.date()}, and {from_us(asked[0]).date()} was asked; "
                "with a premium plan, for shares and currencies, set TREND_PROVIDERS__ALPHAVANTAGE__FULL_HISTORY=true",
            )

    async def _quote(self, asked: Mapping[str, Instrument]) -> QuoteAnswer:
        ((symbol, one),) = asked.items()
        pair, now = pair_of(one), self._clock.now()
        if pair:
            params = {"function": "CURRENCY_EXCHANGE_RATE", "from_currency": pair[0], "to_currency": pair[1]}
        else:
            params = {"function": "GLOBAL_QUOTE", "symbol": symbol}
        answer = await self._client.get("/query", params)
        with counting(answer.calls):
            rows = read_rate(answer.document, one) if pair else read_global_quote(answer.document, one, now)
        return read_rows(NAME, rows, [one], now, answer.calls)
