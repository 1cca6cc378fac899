"""Alpaca's latest prices: which snapshots serve which instruments, in how many calls. Reading lives in `snapshots`."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.providers.alpaca.classing import NAME, UnknownSymbols
from trend_platform.providers.alpaca.snapshots import read_snapshots
from trend_platform.providers.alpaca.symbols import SHARES, ticker_of
from trend_platform.providers.base import QuoteAnswer
from trend_platform.providers.http import HttpClient
from trend_platform.providers.quoting import ask_spelt, read_rows
from trend_platform.providers.traffic import counting

QUOTED = SHARES | {AssetClass.CRYPTO}
"""The kinds of instruments there are snapshots of."""


class Snapshots:
    """Asks for snapshots: shares and crypto are two calls.

    Args:
        client: The one that sends the credential.
        feed: Whose trades make the prices of shares.
        clock: The time.
    """

    def __init__(self, client: HttpClient, feed: str, clock: Clock) -> None:
        self._client, self._feed, self._clock = client, feed, clock

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:
        """Fetch the latest prices of `instruments`.

        Raises:
            ProviderError: Nothing usable came of any call.
            UsageError: There are no snapshots of one of them.
        """
        return await ask_spelt(NAME, instruments, QUOTED, ticker_of, None, self._ask, _is_coin)

    async def _ask(self, asked: Mapping[str, Instrument]) -> QuoteAnswer:
        is_coin = any(_is_coin(one) for one in asked.values())
        tickers = ",".join(quote(ticker, safe="/") for ticker in asked)
        path = f"/v1beta3/crypto/us/snapshots?symbols={tickers}"
        if not is_coin:
            path = f"/v2/stocks/snapshots?symbols={tickers}&feed={self._feed}"
        try:
            answer = await self._client.get(path)
        except UnknownSymbols as fact:
            return await self._without(fact, asked)
        with counting(answer.calls):
            is_consolidated = not is_coin and self._feed != "iex"
            rows = read_snapshots(answer.document, asked, is_consolidated=is_consolidated)
        return read_rows(NAME, rows, asked.values(), self._clock.now(), answer.calls)

    async def _without(self, fact: UnknownSymbols, asked: Mapping[str, Instrument]) -> QuoteAnswer:
        left = {ticker: one for ticker, one in asked.items() if ticker not in fact.symbols}
        unknown = frozenset(one.instrument_id for ticker, one in asked.items() if ticker in fact.symbols)
        if not left or not unknown:
            raise fact
        with counting(fact.calls):
            rest = await self._ask(left)
        return QuoteAnswer(rest.quotes, rest.calls + fact.calls, rest.nothing_there | unknown, rest.failures)


def _is_coin(instrument: Instrument) -> bool:
    return instrument.asset_class is AssetClass.CRYPTO
