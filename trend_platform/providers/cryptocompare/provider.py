"""CryptoCompare as a provider: windows of candles and lists of prices, in the dialect its host speaks (`dialects`)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from trend_platform.domain.actions import empty_splits
from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.candles import Basis
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval, midnight
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import AuthFailed, NothingThere
from trend_platform.providers.asked import one_asked
from trend_platform.providers.base import Answer, CandleRequest, Capabilities, Quota, QuoteAnswer, SplitAnswer
from trend_platform.providers.cryptocompare.classing import NAME, classify
from trend_platform.providers.cryptocompare.dialects import STEPS, DataApi, Dialect, MinApi, Pair
from trend_platform.providers.http import HttpClient
from trend_platform.providers.paging import Page, walk_pages
from trend_platform.providers.quoting import ask_spelt, read_rows
from trend_platform.providers.spelling import pair_of
from trend_platform.providers.stamped import Origin, inside, stamped
from trend_platform.providers.traffic import HttpMetrics, counting
from trend_platform.providers.wiring import key_of, open_client
from trend_platform.settings import CryptoCompareSettings

_SERVED = frozenset({AssetClass.CRYPTO})
# What a refusal told of a small plan: 20 calls a second, 300 a minute; less a tenth.
_PER_MINUTE, _PER_SECOND = 270.0, 18.0
_CANDLES_PER_CALL = 2000
_SETTLES = timedelta(minutes=5)
_DAY = timedelta(days=1)


def open_cryptocompare(
    settings: CryptoCompareSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
) -> "CryptoCompare":
    """Return the provider, ready to be asked; nothing is sent yet.

    Raises:
        AuthFailed: There is no key.
    """
    key = key_of(settings)
    if key is None:
        raise AuthFailed(NAME, "there is no key, and no free plan since 2026-05-21: set CRYPTOCOMPARE_API_KEY")
    quotas = (Quota(settings.rate_per_minute or _PER_MINUTE, 60.0), Quota(_PER_SECOND, 1.0))
    secrets = {"Authorization": SecretStr(f"Apikey {key}")}
    client = open_client(NAME, settings, classify, quotas, clock, secrets=secrets, transport=transport)
    return CryptoCompare(client, settings, quotas, clock)


class CryptoCompare:
    """Candles of minutes, hours and days, and latest prices, of coins against currencies and other coins.

    Args:
        client: The one that sends the key.
        settings: What the user set.
        quotas: The limits the client keeps, for the planner.
        clock: The time.
    """

    def __init__(
        self, client: HttpClient, settings: CryptoCompareSettings, quotas: tuple[Quota, ...], clock: Clock
    ) -> None:
        self._client, self._clock, self._minute_days = client, clock, settings.minute_days
        self._dialect = _dialect_of(settings)
        self._capabilities = Capabilities(
            asset_classes=_SERVED,
            timeframes=frozenset(STEPS),
            basis=Basis.RAW,
            candles_per_call=_CANDLES_PER_CALL,
            quotas=quotas,
            concurrency=settings.concurrency,
            settles_after=_SETTLES,
            quotes=_SERVED,
            symbols_per_quote_call=self._dialect.pairs_per_call,
        )

    @property
    def name(self) -> str:
        """Return `cryptocompare`."""
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
        """Return the pair as the provider spells it, `BTC-USD`, `None` for what is none."""
        pair = pair_of(instrument)
        return None if pair is None else "-".join(pair)

    def reach(self, instrument: Instrument, timeframe: Timeframe, now: datetime) -> datetime | None:  # noqa: ARG002
        """Return the first minute the plan keeps (`minute_days`); hours and days reach back to the listing."""
        if timeframe is not Timeframe.M1 or self._minute_days is None:
            return None
        return midnight((now - self._minute_days * _DAY).date()) + _DAY

    async def candles(self, request: CandleRequest) -> Answer:
        """Fetch the candles of one pair, 2,000 a call.

        Raises:
            ProviderError: Nothing usable came.
            UsageError: The request is not one that `capabilities` allows.
        """
        instrument = one_asked(NAME, self._capabilities, request)
        pair = pair_of(instrument)
        if pair is None:
            raise NothingThere(NAME, f"{instrument.symbol} is no pair of coins or currencies")
        calendar = get_calendar(instrument.calendar)
        expected = partial(calendar.candle_opens, request.timeframe)
        origin = Origin(NAME, instrument, request.timeframe, Basis.RAW, _SETTLES, self._clock.now())
        windows = _Windows(self._client, self._dialect, pair, origin)
        walk = await walk_pages(NAME, windows, request.interval, expected)
        return walk.answer()

    async def splits(self, instruments: Sequence[Instrument], interval: Interval) -> SplitAnswer:  # noqa: ARG002
        """Return no splits: coins have none."""
        return SplitAnswer(empty_splits(), 0)

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:
        """Fetch the latest prices of pairs, as many a call as the dialect allows.

        Raises:
            ProviderError: Nothing usable came of any call.
            UsageError: One of them is no crypto.
        """
        most = self._dialect.pairs_per_call
        return await ask_spelt(NAME, instruments, _SERVED, self.symbol_of, most, self._quote)

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()

    async def _quote(self, asked: Mapping[str, Instrument]) -> QuoteAnswer:
        wanted = {one: pair for one in asked.values() if (pair := pair_of(one)) is not None}
        answer = await self._client.get(*self._dialect.latest(wanted.values()))
        with counting(answer.calls):
            rows = self._dialect.read_latest(answer.document, wanted)
        return read_rows(NAME, rows, asked.values(), self._clock.now(), answer.calls)


class _Windows:
    # One pair's candles, window by window: the token of a page is the instant its window begins with.
    def __init__(self, client: HttpClient, dialect: Dialect, pair: Pair, origin: Origin) -> None:
        self._client, self._dialect, self._pair, self._origin = client, dialect, pair, origin
        self._end = origin.now

    async def first(self, interval: Interval) -> Page:
        self._end = max(interval.start, min(interval.end, self._origin.now))
        return await self.following(interval.start.isoformat())

    async def following(self, token: str) -> Page:
        start = datetime.fromisoformat(token)
        step = STEPS[self._origin.timeframe]
        end = min(start + _CANDLES_PER_CALL * step, self._end)
        window = Interval(start, max(end, start + step))
        answer = await self._client.get(*self._dialect.history(self._pair, self._origin.timeframe, window))
        with counting(answer.calls):
            columns = self._dialect.read_history(answer.document, self._pair, self._origin.timeframe)
        made = stamped(columns, self._origin)
        candles = inside(made.candles, window)
        return Page(candles, end.isoformat() if end < self._end else None, answer.calls, made.rejected)


def _dialect_of(settings: CryptoCompareSettings) -> Dialect:
    is_old = (urlsplit(settings.base_url).hostname or "").startswith("min-api.")
    default = CryptoCompareSettings.model_fields["market"].default
    if is_old:
        return MinApi("CCCAGG" if settings.market == default else settings.market)
    return DataApi(settings.market)
