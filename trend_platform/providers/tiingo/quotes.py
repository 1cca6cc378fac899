"""Tiingo's last prices: shares from IEX and crypto from the top of many books, as many tickers as fit in a call.

Shares carry `tngoLast`: `last`, `bidPrice` and `askPrice` are null without an agreement with IEX. Crypto's bid and ask are
left out: the best of many exchanges, some of them hours old, they cross.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.quotes import empty_quotes
from trend_platform.errors import Malformed, ProviderError, QuotaExhausted
from trend_platform.providers.base import QuoteAnswer
from trend_platform.providers.http import HttpClient
from trend_platform.providers.instants import instants_of_text
from trend_platform.providers.quoting import ask_parts, check_kinds, in_parts, read_rows
from trend_platform.providers.records import typed_columns
from trend_platform.providers.spelling import by_spelling, ids_by
from trend_platform.providers.tiingo.allowance import MonthlySymbols
from trend_platform.providers.tiingo.classing import NAME, seconds_to_next_month
from trend_platform.providers.tiingo.symbols import SHARES, ticker_of
from trend_platform.providers.traffic import counting

QUOTED = SHARES | {AssetClass.CRYPTO}
"""The kinds of instruments there are last prices of."""

_SHARE_COLUMNS: Mapping[str, str] = {
    "timestamp": "time",
    "tngoLast": "price",
    "prevClose": "previous_close",
    "bidPrice": "bid",
    "askPrice": "ask",
    "lastSize": "size",
}
_COIN_COLUMNS: Mapping[str, str] = {"lastSaleTimestamp": "time", "lastPrice": "price", "lastSize": "size"}
_TEXTS = frozenset({"timestamp", "lastSaleTimestamp"})


class LastPrices:
    """Asks for last prices: shares and crypto are two calls.

    Args:
        client: The one that sends the key.
        symbols: Counts the distinct symbols of the month.
        clock: The time.
    """

    def __init__(self, client: HttpClient, symbols: MonthlySymbols, clock: Clock) -> None:
        self._client, self._symbols, self._clock = client, symbols, clock

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:
        """Fetch the latest prices of `instruments`; those beyond the month's symbols fail, the others do not.

        Raises:
            ProviderError: Nothing usable came of any call.
            UsageError: There are no prices of one of them.
        """
        check_kinds(NAME, instruments, QUOTED)
        failures: dict[int, ProviderError] = {}
        unspelt: frozenset[int] = frozenset()
        parts: list[list[Instrument]] = []
        for is_coin in (False, True):
            kind = [one for one in instruments if (one.asset_class is AssetClass.CRYPTO) is is_coin]
            spelt = by_spelling(NAME, kind, ticker_of)
            allowed = self._symbols.admitted(spelt.found)
            refused = [one for ticker, one in spelt.found.items() if ticker not in set(allowed)]
            failures |= spelt.clashing
            failures |= {one.instrument_id: self._one_too_many(one) for one in refused}
            unspelt |= spelt.unspelt
            parts += [[spelt.found[ticker] for ticker in part] for part in in_parts(allowed)]
        return await ask_parts(parts, self._ask, QuoteAnswer(empty_quotes(), 0, unspelt, failures))

    def _one_too_many(self, instrument: Instrument) -> QuotaExhausted:
        wait = seconds_to_next_month(self._clock.now())
        return QuotaExhausted(NAME, f"{instrument.symbol} is beyond the distinct symbols the plan allows a month", wait)

    async def _ask(self, part: Sequence[Instrument]) -> QuoteAnswer:
        asked = {ticker_of(one) or one.symbol: one for one in part}
        is_coin = part[0].asset_class is AssetClass.CRYPTO
        path = "/tiingo/crypto/top" if is_coin else "/iex/"
        answer = await self._client.get(f"{path}?tickers={','.join(asked)}")
        with counting(answer.calls):
            rows = (read_tops if is_coin else read_lasts)(answer.document, asked)
        return read_rows(NAME, rows, part, self._clock.now(), answer.calls)


def read_lasts(document: object, instruments: Mapping[str, Instrument]) -> pl.DataFrame:
    """Return a row for each asked share: price, its own time, and what else a quote has.

    Raises:
        Malformed: The document holds no prices.
    """
    return _columns(_rows(document), _SHARE_COLUMNS, instruments)


def read_tops(document: object, instruments: Mapping[str, Instrument]) -> pl.DataFrame:
    """Return a row for each asked pair: the last trade's price, time and size.

    Raises:
        Malformed: The document holds no prices.
    """
    rows = [
        {"ticker": row.get("ticker"), **top}
        for row in _rows(document)
        if isinstance(row, Mapping) and isinstance(row.get("topOfBookData"), list)
        for top in row["topOfBookData"][:1]
        if isinstance(top, Mapping)
    ]
    return _columns(rows, _COIN_COLUMNS, instruments)


def _columns(rows: Sequence[object], names: Mapping[str, str], instruments: Mapping[str, Instrument]) -> pl.DataFrame:
    fields = {name: pl.String() if name in _TEXTS else pl.Float64() for name in names}
    ids = ids_by("ticker", instruments)
    columns = typed_columns(rows, pl.Schema({"ticker": pl.String(), **fields})).rename(dict(names))
    # Asked in lower case, shares are answered in upper case.
    found = columns.with_columns(pl.col("ticker").str.to_lowercase()).join(
        ids, on="ticker", how="inner", maintain_order="left"
    )
    return found.with_columns(instants_of_text(found["time"]).alias("quoted_at")).drop("time", "ticker")


def _rows(document: object) -> list[object]:
    if isinstance(document, list):
        return document
    raise Malformed(NAME, f"the answer holds no last prices: expected a list, found {type(document).__name__}")
