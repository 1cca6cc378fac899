"""Finnhub as a provider: which call serves which request. Parsing and classing have files of their own."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import httpx
from pydantic import SecretStr

from trend_platform.domain.actions import empty_splits
from trend_platform.domain.candles import Basis
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import NotEntitled, NothingThere
from trend_platform.providers.asked import one_asked
from trend_platform.providers.base import Answer, CandleRequest, Capabilities, Quota, QuoteAnswer, SplitAnswer
from trend_platform.providers.finnhub.classing import NAME, classify
from trend_platform.providers.finnhub.parsing import read_candles, read_quote
from trend_platform.providers.http import HttpClient
from trend_platform.providers.quoting import ask_spelt, read_rows
from trend_platform.providers.stamped import Origin, inside, stamped
from trend_platform.providers.traffic import HttpMetrics, counting
from trend_platform.providers.wiring import needed_key, open_client
from trend_platform.settings import FinnhubSettings
from trend_platform.wording import counted

_SERVED = frozenset({AssetClass.STOCK, AssetClass.ETF})
# 60 a minute on the free plan and 30 a second on every one, less a tenth: https://finnhub.io/docs/api/rate-limit
_FREE_PER_MINUTE, _PER_SECOND = 55.0, 20.0
_SETTLES = timedelta(hours=4)
_SECOND = timedelta(seconds=1)


def open_finnhub(
    settings: FinnhubSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
) -> "Finnhub":
    """Return the provider, ready to be asked; nothing is sent yet.

    Raises:
        AuthFailed: There is no key.
    """
    key = needed_key(NAME, settings, "FINNHUB_API_KEY")
    quotas = (Quota(settings.rate_per_minute or _FREE_PER_MINUTE, 60.0), Quota(_PER_SECOND, 1.0))
    secrets = {"X-Finnhub-Token": SecretStr(key)}
    client = open_client(NAME, settings, classify, quotas, clock, secrets=secrets, transport=transport)
    return Finnhub(client, settings, quotas, clock)


class Finnhub:
    """Latest prices of US shares and funds, one symbol a call; daily candles, split-adjusted, on plans that have them.

    Args:
        client: The one that sends the key.
        settings: What the user set.
        quotas: The limits the client keeps, for the planner.
        clock: The time.
    """

    def __init__(self, client: HttpClient, settings: FinnhubSettings, quotas: tuple[Quota, ...], clock: Clock) -> None:
        self._client, self._clock = client, clock
        self._capabilities = Capabilities(
            asset_classes=_SERVED,
            timeframes=frozenset({Timeframe.D1}) if settings.has_candles else frozenset(),
            basis=Basis.SPLIT,
            quotas=quotas,
            concurrency=settings.concurrency,
            settles_after=_SETTLES,
            quotes=_SERVED,
        )

    @property
    def name(self) -> str:
        """Return `finnhub`."""
        return NAME

    @property
    def capabilities(self) -> Capabilities:
        """Return what it can be asked; no candles unless the setting `has_candles` says that the plan includes them."""
        return self._capabilities

    @property
    def metrics(self) -> HttpMetrics:
        """Return what was sent and received so far."""
        return self._client.metrics

    def symbol_of(self, instrument: Instrument) -> str | None:
        """Return Finnhub's symbol, which is the canonical one (`BRK.B`); `None` for kinds it does not serve."""
        return instrument.symbol if instrument.asset_class in _SERVED else None

    def reach(self, instrument: Instrument, timeframe: Timeframe, now: datetime) -> datetime | None:  # noqa: ARG002
        """Return `None`: what it has, it has from the listing on."""
        return None

    async def candles(self, request: CandleRequest) -> Answer:
        """Fetch the daily candles of one share or fund, in one call.

        Raises:
            ProviderError: Nothing usable came; without a plan that has candles, nothing is asked.
            UsageError: The request is not one that `capabilities` allows.
        """
        if not self._capabilities.timeframes:
            raise NotEntitled(
                NAME, "the free plan has no candles; if yours has, set TREND_PROVIDERS__FINNHUB__HAS_CANDLES=true"
            )
        instrument = one_asked(NAME, self._capabilities, request)
        symbol = self.symbol_of(instrument)
        if symbol is None:
            raise NothingThere(NAME, f"{instrument.symbol} is {instrument.asset_class}, of which it has no candles")
        first, last = (round(each.timestamp()) for each in (request.interval.start, request.interval.end - _SECOND))
        params: dict[str, str | int] = {"symbol": symbol, "resolution": "D", "from": first, "to": last}
        answer = await self._client.get("/stock/candle", params)
        with counting(answer.calls):
            columns = read_candles(answer.document)
        origin = Origin(NAME, instrument, request.timeframe, self._capabilities.basis, _SETTLES, self._clock.now())
        made = stamped(columns, origin)
        candles = inside(made.candles, request.interval)
        return Answer(candles, request.interval, answer.calls, made.rejected, evidence=counted(columns.height, "row"))

    async def splits(self, instruments: Sequence[Instrument], interval: Interval) -> SplitAnswer:  # noqa: ARG002
        """Return no splits: it tells them on no plan that is assumed here."""
        return SplitAnswer(empty_splits(), 0)

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:
        """Fetch the latest prices of shares and funds, one call for each.

        Raises:
            ProviderError: Nothing usable came of any call.
            UsageError: One of them is of another kind.
        """
        return await ask_spelt(NAME, instruments, _SERVED, self.symbol_of, 1, self._quote)

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()

    async def _quote(self, asked: Mapping[str, Instrument]) -> QuoteAnswer:
        ((symbol, one),) = asked.items()
        answer = await self._client.get("/quote", {"symbol": symbol})
        with counting(answer.calls):
            rows = read_quote(answer.document, one)
        return read_rows(NAME, rows, [one], self._clock.now(), answer.calls)
