"""Polygon's latest prices: which snapshot serves which instruments, in how many calls. Reading lives in `snapshots`."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from urllib.parse import quote

from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.errors import NotEntitled
from trend_platform.providers.base import QuoteAnswer
from trend_platform.providers.http import HttpClient
from trend_platform.providers.polygon.classing import NAME
from trend_platform.providers.polygon.snapshots import read_snapshots
from trend_platform.providers.polygon.symbols import ticker_of
from trend_platform.providers.quoting import ask_spelt, read_rows
from trend_platform.providers.traffic import counting

_MARKETS = MappingProxyType(
    {
        AssetClass.STOCK: "us/markets/stocks",
        AssetClass.ETF: "us/markets/stocks",
        AssetClass.CRYPTO: "global/markets/crypto",
    }
)
QUOTED = frozenset(_MARKETS)
"""The kinds of instruments there are snapshots of."""

_REFUSED_FOR = timedelta(hours=1)


class Snapshots:
    """Asks for snapshots of named tickers, one market at a time, since each market is a subscription of its own.

    A market the plan does not include is not asked again for an hour: a free key would spend its calls on refusals.

    Args:
        client: The one that sends the key.
        clock: The time.
    """

    def __init__(self, client: HttpClient, clock: Clock) -> None:
        self._client, self._clock = client, clock
        self._refused_until: dict[str, datetime] = {}

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:
        """Fetch the latest prices of `instruments`.

        Raises:
            ProviderError: Nothing usable came of any call.
            UsageError: There are no snapshots of one of them.
        """
        return await ask_spelt(NAME, instruments, QUOTED, ticker_of, None, self._ask, _market_of)

    async def _ask(self, asked: Mapping[str, Instrument]) -> QuoteAnswer:
        market = _market_of(next(iter(asked.values())))
        self._check_not_refused(market)
        tickers = ",".join(quote(ticker, safe=":") for ticker in asked)
        try:
            answer = await self._client.get(f"/v2/snapshot/locale/{market}/tickers?tickers={tickers}")
        except NotEntitled:
            self._refused_until[market] = self._clock.now() + _REFUSED_FOR
            raise
        with counting(answer.calls):
            rows = read_snapshots(answer.document, asked)
        return read_rows(NAME, rows, asked.values(), self._clock.now(), answer.calls)

    def _check_not_refused(self, market: str) -> None:
        until = self._refused_until.get(market)
        if until is not None and self._clock.now() < until:
            raise NotEntitled(
                NAME,
                f"the plan includes no snapshots of {market}, as was answered before; asked again from "
                f"{until:%Y-%m-%dT%H:%MZ} on",
            )


def _market_of(instrument: Instrument) -> str:
    return _MARKETS[instrument.asset_class]
