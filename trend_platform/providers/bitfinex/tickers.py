"""Bitfinex's latest prices: `/tickers?symbols=tBTCUSD,...`, one array a pair, many pairs a call.

`[symbol, bid, bid size, ask, ask size, change, change as a fraction, LAST, VOLUME of 24 hours, high, low]`; those of funding are
laid out differently. A ticker has no time of its own. Its time here is the one at which Bitfinex made the answer, by its `Date`
header: the price was the last one paid at that time, however long before it was paid. A pair without volume has no price.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import polars as pl

from trend_platform.domain.candles import INSTANT
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.errors import Malformed
from trend_platform.providers.base import QuoteAnswer
from trend_platform.providers.bitfinex.classing import NAME
from trend_platform.providers.bitfinex.pairs import symbol_of
from trend_platform.providers.http import HttpClient
from trend_platform.providers.quoting import ask_spelt, read_rows
from trend_platform.providers.records import typed_series
from trend_platform.providers.told_at import told_at
from trend_platform.providers.traffic import counting

QUOTED = frozenset({AssetClass.CRYPTO})
PAIRS_PER_CALL = 250
_PLACES = {"price": 7, "bid": 1, "ask": 3}
_VOLUME, _WIDTH = 8, 11


class Tickers:
    """Asks for the tickers of pairs; one that Bitfinex does not know is silently absent.

    Args:
        client: Asks Bitfinex.
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
        return await ask_spelt(NAME, instruments, QUOTED, symbol_of, PAIRS_PER_CALL, self._ask)

    async def _ask(self, asked: Mapping[str, Instrument]) -> QuoteAnswer:
        answer = await self._client.get("/tickers", {"symbols": ",".join(asked)})
        with counting(answer.calls):
            rows = read_tickers(answer.document, asked, told_at(answer.headers))
        return read_rows(NAME, rows, asked.values(), self._clock.now(), answer.calls)


def read_tickers(document: object, asked: Mapping[str, Instrument], at: datetime | None) -> pl.DataFrame:
    """Return `instrument_id`, `quoted_at`, `price`, `bid` and `ask` of the asked pairs an answer tells.

    Args:
        document: The answer's JSON.
        asked: The pairs that were asked, by Bitfinex's symbol.
        at: When the answer was made, UTC; `None` if it does not say so.

    Raises:
        Malformed: The document holds no tickers.
    """
    if not isinstance(document, list) or not all(_is_ticker(row) for row in document):
        raise Malformed(
            NAME, f"the answer holds no tickers: expected arrays of {_WIDTH} places or more that begin with a symbol"
        )
    rows = [row for row in document if row[0] in asked]
    volume = typed_series("volume", [row[_VOLUME] for row in rows], pl.Float64())
    told = pl.DataFrame(
        [typed_series(name, [row[place] for row in rows], pl.Float64()) for name, place in _PLACES.items()]
    )
    ids = pl.Series("instrument_id", [asked[row[0]].instrument_id for row in rows], dtype=pl.Int32())
    return told.filter(volume > 0).select(
        ids.filter(volume > 0), pl.lit(at, dtype=INSTANT).alias("quoted_at"), *_PLACES
    )


def _is_ticker(row: object) -> bool:
    # Symbols of pairs begin with a t, those of funding with an f.
    return isinstance(row, list) and len(row) >= _WIDTH and isinstance(row[0], str) and row[0][:1] in {"t", "f"}
