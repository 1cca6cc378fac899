"""Alpaca as a provider: which call serves which request. Markets, pages, quotes and splits have files of their own."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import httpx
import polars as pl
from pydantic import SecretStr

from trend_platform.domain.candles import CANDLE_KEY, Basis, empty_candles
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import AuthFailed
from trend_platform.providers.alpaca.actions import fetch_dividends, fetch_splits
from trend_platform.providers.alpaca.classing import NAME, classifier
from trend_platform.providers.alpaca.market import LENGTHS, ROWS_PER_PAGE, Market, Part
from trend_platform.providers.alpaca.quotes import QUOTED, Snapshots
from trend_platform.providers.alpaca.symbols import SHARES, ticker_of
from trend_platform.providers.asked import check_by_symbol
from trend_platform.providers.base import Answer, CandleRequest, Capabilities, Quota, QuoteAnswer, SplitAnswer
from trend_platform.providers.http import HttpClient
from trend_platform.providers.reference import DividendAnswer
from trend_platform.providers.spelling import by_spelling
from trend_platform.providers.traffic import HttpMetrics
from trend_platform.providers.wiring import key_of, open_client
from trend_platform.settings import AlpacaSettings

_SYMBOLS_PER_CALL = 100
# The free plan's 200 a minute, with some left for others who use the key.
_FREE_PER_MINUTE = 180.0
_SHARES_SINCE, _COINS_SINCE = datetime(2016, 1, 4, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)
# A day takes in trades until 20:00 New York; what the tape corrects within the day is there minutes later.
_SETTLES, _SETTLES_WITHIN_DAY = timedelta(hours=4, minutes=30), timedelta(minutes=4)


def open_alpaca(settings: AlpacaSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None) -> "Alpaca":
    """Return the provider, ready to be asked; nothing is sent yet.

    Raises:
        AuthFailed: One half of the credential is missing.
    """
    key = key_of(settings)
    secret = settings.secret_key.get_secret_value().strip() if settings.secret_key else ""
    if key is None or not secret:
        missing = "ALPACA_API_KEY_ID" if key is None else "ALPACA_API_SECRET_KEY"
        raise AuthFailed(NAME, f"{missing} is not set: the credential is both, the key's id and its secret")
    quota = Quota(settings.rate_per_minute or _FREE_PER_MINUTE, 60.0)
    secrets = {"APCA-API-KEY-ID": SecretStr(key), "APCA-API-SECRET-KEY": SecretStr(secret)}
    client = open_client(NAME, settings, classifier(clock), (quota,), clock, secrets=secrets, transport=transport)
    return Alpaca(client, settings, quota, clock)


class Alpaca:
    """Candles of US shares and funds from the consolidated tape, raw, a hundred symbols a request; crypto; latest prices; splits.

    Candles of shares within the day cover the regular session. Days of crypto are added up from hours: Alpaca's own begin at
    midnight Chicago.

    Args:
        client: The one that sends the credential.
        settings: What the user set.
        quota: The limit the client keeps, for the planner.
        clock: The time.
    """

    def __init__(self, client: HttpClient, settings: AlpacaSettings, quota: Quota, clock: Clock) -> None:
        self._client, self._settings, self._clock = client, settings, clock
        self._snapshots = Snapshots(client, settings.quote_feed, clock)
        self._capabilities = Capabilities(
            asset_classes=SHARES | {AssetClass.CRYPTO},
            timeframes=frozenset(LENGTHS),
            basis=Basis.RAW,
            symbols_per_call=_SYMBOLS_PER_CALL,
            candles_per_call=ROWS_PER_PAGE,
            quotas=(quota,),
            concurrency=settings.concurrency,
            seconds_per_call=0.5,
            settles_after=_SETTLES,
            # What the plan does not tell yet can be no hole.
            settles_within_day=timedelta(minutes=settings.delay_minutes) + _SETTLES_WITHIN_DAY,
            has_splits=True,
            has_dividends=True,
            quotes=QUOTED,
            symbols_per_quote_call=None,
        )

    @property
    def name(self) -> str:
        """Return `alpaca`."""
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
        """Return Alpaca's symbol, `None` for kinds it does not serve."""
        return ticker_of(instrument)

    def reach(self, instrument: Instrument, timeframe: Timeframe, now: datetime) -> datetime | None:  # noqa: ARG002
        """Return where its tape begins: 2016 for shares, 2021 for crypto."""
        return _SHARES_SINCE if instrument.asset_class in SHARES else _COINS_SINCE

    async def candles(self, request: CandleRequest) -> Answer:
        """Fetch candles of up to a hundred instruments, in pages that hold several of them.

        When a page fails, the answer is whole for the instruments before it, and `reached` says so.

        Raises:
            ProviderError: Nothing usable came.
            UsageError: The request is not one that `capabilities` allows.
        """
        check_by_symbol(NAME, self._capabilities, request)
        spelt = by_spelling(NAME, request.instruments, ticker_of)
        markets: dict[tuple[bool, str], dict[str, Instrument]] = {}
        for ticker, one in spelt.found.items():
            markets.setdefault((one.asset_class in SHARES, one.calendar), {})[ticker] = one
        unspelt = dict.fromkeys(spelt.unspelt, request.interval.end)
        parts = [Part(empty_candles(), unspelt, nothing_there=spelt.unspelt)]
        parts += [Part(empty_candles(), {}, failure=error) for error in list(spelt.clashing.values())[:1]]
        settles = self._capabilities.settling(request.timeframe)
        for instruments in markets.values():
            market = Market(self._client, self._settings, self._clock, instruments, request.timeframe, settles)
            parts.append(await market.candles(request.interval))
        return _answer(request, parts)

    async def splits(self, instruments: Sequence[Instrument], interval: Interval) -> SplitAnswer:
        """Fetch the splits of shares and funds whose first session lies in `interval`.

        Raises:
            ProviderError: Nothing usable came.
        """
        return await fetch_splits(self._client, _shares(instruments), interval)

    async def dividends(self, instruments: Sequence[Instrument], interval: Interval) -> DividendAnswer:
        """Fetch the dividends of shares and funds whose first session without them lies in `interval`.

        Raises:
            ProviderError: Nothing usable came.
        """
        return await fetch_dividends(self._client, _shares(instruments), interval)

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:
        """Fetch the latest prices of shares, funds and crypto, each market in a call as far as its symbols fit in an address.

        Raises:
            ProviderError: Nothing usable came of any call.
            UsageError: One of them is of another kind.
        """
        return await self._snapshots.quotes(instruments)

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()


def _shares(instruments: Sequence[Instrument]) -> dict[str, Instrument]:
    return {one.symbol: one for one in instruments if one.asset_class in SHARES}


def _answer(request: CandleRequest, parts: Sequence[Part]) -> Answer:
    calls = sum(part.calls for part in parts)
    failure = next((part.failure for part in parts if part.failure is not None), None)
    ends = {one: end for part in parts for one, end in part.ends.items()}
    if failure is not None and not ends:
        failure.calls = calls
        raise failure
    start = request.interval.start
    end = min((ends.get(one.instrument_id, start) for one in request.instruments), default=request.interval.end)
    return Answer(
        pl.concat([part.candles for part in parts]).sort(CANDLE_KEY),
        Interval(start, end),
        calls,
        pl.concat([part.rejected for part in parts]),
        frozenset[int]().union(*(part.nothing_there for part in parts)),
        failure,
        "; ".join(part.evidence for part in parts if part.evidence),
        {one: reached for one, reached in ends.items() if reached > end},
    )
