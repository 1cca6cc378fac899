"""Coinbase's latest prices: `/products/{id}/ticker`, the last trade with its own time, one product a call.

`{"price": "1.0", "size": "1.0", "bid": "1.0", "ask": "1.0", "time": "2017-10-03T04:00:31.887000Z", ...}`, numbers as text.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.errors import Malformed
from trend_platform.providers.base import QuoteAnswer
from trend_platform.providers.coinbase.classing import NAME
from trend_platform.providers.coinbase.products import product_of
from trend_platform.providers.http import HttpClient
from trend_platform.providers.instants import instants_of_text
from trend_platform.providers.quoting import ask_spelt, read_rows
from trend_platform.providers.records import typed_columns
from trend_platform.providers.traffic import counting

QUOTED = frozenset({AssetClass.CRYPTO})
_NUMBERS = ("price", "bid", "ask", "size")
_ROW = pl.Schema(dict.fromkeys((*_NUMBERS, "time"), pl.String()))


class LastTrades:
    """Asks for the last trade of products, each in a call of its own.

    Args:
        client: Asks Coinbase.
        clock: The time.
    """

    def __init__(self, client: HttpClient, clock: Clock) -> None:
        self._client, self._clock = client, clock

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:
        """Fetch the last trade of each pair.

        Raises:
            ProviderError: Nothing usable came of any call.
            UsageError: One of them is no crypto.
        """
        return await ask_spelt(NAME, instruments, QUOTED, product_of, 1, self._ask)

    async def _ask(self, asked: Mapping[str, Instrument]) -> QuoteAnswer:
        ((product, one),) = asked.items()
        answer = await self._client.get(f"/products/{product}/ticker")
        with counting(answer.calls):
            row = read_ticker(answer.document, one)
        return read_rows(NAME, row, [one], self._clock.now(), answer.calls)


def read_ticker(document: object, instrument: Instrument) -> pl.DataFrame:
    """Return `instrument_id`, `quoted_at` (UTC), `price`, `bid`, `ask` and `size` of a ticker's answer, one row.

    A price of a product that has never traded is null.

    Raises:
        Malformed: The document is no ticker.
    """
    if not isinstance(document, Mapping) or "price" not in document:
        raise Malformed(NAME, "the answer is no ticker: expected an object with a `price`")
    row = typed_columns([document], _ROW)
    return row.select(
        pl.lit(instrument.instrument_id, dtype=pl.Int32()).alias("instrument_id"),
        instants_of_text(row["time"]).alias("quoted_at"),
        *(pl.col(name).cast(pl.Float64, strict=False) for name in _NUMBERS),
    )
