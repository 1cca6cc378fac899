"""Twelve Data's quotes: a credit for each symbol, one symbol answered flat and several by their name, with errors inside.

`close` is the latest price and `last_quote_at` its time; `timestamp` is the open of the day's bar and is never taken for it.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

import polars as pl

from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import Instrument
from trend_platform.errors import Malformed, NothingThere, ProviderError
from trend_platform.providers.base import QuoteAnswer
from trend_platform.providers.http import HttpClient
from trend_platform.providers.quoting import ask_spelt, read_rows
from trend_platform.providers.records import typed_columns
from trend_platform.providers.spelling import ids_by
from trend_platform.providers.stamped import instant_of_seconds
from trend_platform.providers.traffic import counting
from trend_platform.providers.twelvedata.classing import NAME, refusal
from trend_platform.providers.twelvedata.symbols import PAIRS, SHARES, ticker_of

QUOTED = SHARES | PAIRS
"""The kinds of instruments there are quotes of."""

MOST_SYMBOLS = 120
"""Symbols one call may name; beyond some hundred the provider refuses with 414."""

_ROW = pl.Schema(
    {"symbol": pl.String(), "close": pl.Float64(), "previous_close": pl.Float64(), "last_quote_at": pl.Int64()}
)


class Quotes:
    """Asks for quotes, as many symbols a call as a minute's credits allow.

    Args:
        client: The one that sends the key.
        most: Symbols a call may name.
        clock: The time.
    """

    def __init__(self, client: HttpClient, most: int, clock: Clock) -> None:
        self._client, self._most, self._clock = client, most, clock

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:
        """Fetch the latest prices of `instruments`.

        Raises:
            ProviderError: Nothing usable came of any call.
            UsageError: There are no quotes of one of them.
        """
        return await ask_spelt(NAME, instruments, QUOTED, ticker_of, self._most, self._ask)

    async def _ask(self, asked: Mapping[str, Instrument]) -> QuoteAnswer:
        tickers = ",".join(quote(ticker, safe="/") for ticker in asked)
        answer = await self._client.get(f"/quote?symbol={tickers}", weight=float(len(asked)))
        now = self._clock.now()
        with counting(answer.calls):
            told = by_symbol(answer.document, asked)
            refused = {ticker: refusal(each, now) for ticker, each in told.items()}
            rows = read_quotes({ticker: told[ticker] for ticker, error in refused.items() if error is None}, asked)
        read = read_rows(NAME, rows, asked.values(), now, answer.calls)
        return _with_refusals(read, asked, refused)


def by_symbol(document: object, asked: Mapping[str, Instrument]) -> Mapping[str, object]:
    """Return what an answer says of each symbol: it is flat for one, and by symbol for several.

    Raises:
        Malformed: The document holds no quotes.
    """
    if isinstance(document, Mapping):
        if document.get("symbol") in asked:
            return {str(document["symbol"]): document}
        if document and set(document) <= set(asked):
            return document
    raise Malformed(NAME, "the answer holds no quotes: expected one with its `symbol`, or an object by symbol")


def read_quotes(told: Mapping[str, object], asked: Mapping[str, Instrument]) -> pl.DataFrame:
    """Return a row for each symbol that is told: price, its own time, and the close before."""
    ids = ids_by("symbol", asked)
    columns = typed_columns([_numbers(each) for each in told.values()], _ROW)
    return columns.join(ids, on="symbol", how="inner", maintain_order="left").select(
        "instrument_id",
        pl.col("close").alias("price"),
        instant_of_seconds("last_quote_at").alias("quoted_at"),
        "previous_close",
    )


def _numbers(row: object) -> dict[str, object]:
    if not isinstance(row, Mapping):
        return {}
    return {name: _number(row.get(name)) if name != "symbol" else row.get(name) for name in _ROW}


def _number(value: object) -> float | None:
    try:
        return float(value) if isinstance(value, (str, int, float)) else None
    except ValueError:
        return None


def _with_refusals(
    read: QuoteAnswer, asked: Mapping[str, Instrument], refused: Mapping[str, ProviderError | None]
) -> QuoteAnswer:
    failures = dict(read.failures)
    for ticker, error in refused.items():
        if error is not None and not isinstance(error, NothingThere):
            failures[asked[ticker].instrument_id] = error
    return QuoteAnswer(read.quotes, read.calls, read.nothing_there - failures.keys(), failures)
