"""Kraken's latest prices: `/Ticker`, `{"XXBTZUSD": {"c": ["last", "lot"], "a": [...], "b": [...], "t": [today, 24 hours], ...}}`.

A ticker has no time of its own. Its time here is the one at which Kraken made the answer, by its `Date` header: the price was
the last one paid at that time, however long before it was paid. A pair without a trade in 24 hours has no price.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import polars as pl

from trend_platform.domain.candles import INSTANT
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.errors import Malformed, NothingThere
from trend_platform.providers.base import QuoteAnswer
from trend_platform.providers.http import HttpClient
from trend_platform.providers.kraken.classing import NAME, result_of
from trend_platform.providers.kraken.pairs import by_own_name, short_name_of
from trend_platform.providers.quoting import ask_spelt, read_rows
from trend_platform.providers.told_at import told_at
from trend_platform.providers.traffic import counting

QUOTED = frozenset({AssetClass.CRYPTO})
PAIRS_PER_CALL = 100
_PLACES = {"price": "c", "bid": "b", "ask": "a"}


class Tickers:
    """Asks for the tickers of pairs, by name while all names are known, else of the whole market at once.

    Args:
        client: Asks Kraken.
        clock: The time.
    """

    def __init__(self, client: HttpClient, clock: Clock) -> None:
        self._client, self._clock = client, clock

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:
        """Fetch the last prices of pairs.

        Raises:
            ProviderError: Nothing usable came of any call.
            UsageError: One of them is no crypto.
        """
        return await ask_spelt(NAME, instruments, QUOTED, short_name_of, PAIRS_PER_CALL, self._ask)

    async def _ask(self, asked: Mapping[str, Instrument]) -> QuoteAnswer:
        refused, part = 0, list(asked.values())
        try:
            answer = await self._client.get("/Ticker", {"pair": ",".join(asked)})
        except NothingThere as fact:
            if len(part) == 1:
                raise
            # One unknown name refuses the whole list; without a list all pairs come.
            refused = fact.calls
            with counting(refused):
                answer = await self._client.get("/Ticker")
        with counting(refused + answer.calls):
            rows = read_tickers(answer.document, part, told_at(answer.headers))
        return read_rows(NAME, rows, part, self._clock.now(), refused + answer.calls)


def read_tickers(document: object, instruments: Sequence[Instrument], at: datetime | None) -> pl.DataFrame:
    """Return `instrument_id`, `quoted_at`, `price`, `bid` and `ask` of the asked pairs a ticker's answer tells.

    Args:
        document: The answer's JSON.
        instruments: The pairs that were asked.
        at: When the answer was made, UTC; `None` if it does not say so.

    Raises:
        Malformed: The document holds no tickers, or names that could be two of the pairs.
    """
    result = result_of(document)
    if not all(isinstance(ticker, Mapping) and "c" in ticker for ticker in result.values()):
        raise Malformed(NAME, "the answer holds no tickers: expected an object with a `c` for each pair")
    rows = [
        {"instrument_id": one.instrument_id, "quoted_at": at, **_prices(result[name])}
        for name, one in by_own_name(result, instruments).items()
    ]
    schema = {"instrument_id": pl.Int32(), "quoted_at": INSTANT, **dict.fromkeys(_PLACES, pl.Float64())}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _prices(ticker: object) -> dict[str, float | None]:
    if not isinstance(ticker, Mapping) or _first(ticker, "t", place=1) == 0:
        return dict.fromkeys(_PLACES)
    return {name: _first(ticker, key) for name, key in _PLACES.items()}


def _first(ticker: Mapping[str, object], key: str, place: int = 0) -> float | None:
    values = ticker.get(key)
    try:
        return float(values[place]) if isinstance(values, list) else None
    except (IndexError, TypeError, ValueError):
        return None
