"""From Binance's 24-hour tickers to quotes: `[{"symbol", "lastPrice", "lastQty", "bidPrice", "askPrice", "closeTime", ...}]`.

`ticker/price` is lighter and carries no time at all, so it is not used: `closeTime` of `ticker/24hr` is the pair's own, the end
of its rolling day, which stands still while nothing happens in the pair. One unknown name fails a whole call.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import orjson
import polars as pl

from trend_platform.domain.candles import INSTANT
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.quotes import empty_quotes
from trend_platform.errors import Malformed, NothingThere
from trend_platform.providers.base import QuoteAnswer
from trend_platform.providers.binance.classing import NAME
from trend_platform.providers.binance.symbols import listing_of
from trend_platform.providers.http import HttpClient
from trend_platform.providers.quoting import ask_parts, check_kinds, in_parts, read_rows
from trend_platform.providers.records import typed_columns
from trend_platform.providers.stamped import FAR_SECONDS
from trend_platform.providers.traffic import counting
from trend_platform.settings import BinanceSettings

QUOTED = frozenset({AssetClass.CRYPTO})
SYMBOLS_PER_CALL = 100
_FEW, _FEW_WEIGHT, _MANY_WEIGHT, _PAIRS_WEIGHT = 20, 2.0, 40.0, 20.0
_PAIRS_GOOD_FOR = timedelta(hours=1)
_NUMBERS = {"lastPrice": "price", "bidPrice": "bid", "askPrice": "ask", "lastQty": "size"}
_ROW = pl.Schema({"symbol": pl.String(), **dict.fromkeys(_NUMBERS, pl.String()), "closeTime": pl.Int64()})


class Tickers:
    """Asks for the latest prices of pairs.

    Args:
        client: Sends the requests.
        settings: What the user set.
        clock: The time.
    """

    def __init__(self, client: HttpClient, settings: BinanceSettings, clock: Clock) -> None:
        self._client, self._settings, self._clock = client, settings, clock
        self._pairs: frozenset[str] = frozenset()
        self._listed_at: datetime | None = None

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:
        """Fetch the latest prices, a hundred pairs a call; pairs that are not traded cost the list of all, once an hour.

        Raises:
            ProviderError: Nothing usable came of any call.
            UsageError: One of them is no crypto.
        """
        check_kinds(NAME, instruments, QUOTED)
        holders = self._holders(instruments)
        if self._are_pairs_known:
            holders = {symbol: held for symbol, held in holders.items() if symbol in self._pairs}
        parts = [[one for symbol in part for one in holders[symbol]] for part in in_parts(holders, SYMBOLS_PER_CALL)]
        asked = {one.instrument_id for part in parts for one in part}
        absent = frozenset(one.instrument_id for one in instruments) - asked
        return await ask_parts(parts, self._ask, QuoteAnswer(empty_quotes(), 0, absent))

    async def _ask(self, part: Sequence[Instrument]) -> QuoteAnswer:
        holders = self._holders(part)
        try:
            return await self._tickers(part, holders)
        except NothingThere as unknown:
            if len(holders) == 1:
                raise
            calls = unknown.calls
        with counting(calls):
            calls += await self._list_pairs()
            traded = {symbol: held for symbol, held in holders.items() if symbol in self._pairs}
            if len(traded) == len(holders):
                raise Malformed(NAME, "it refuses one of the pairs it lists itself, and does not say which")
        if not traded:
            return QuoteAnswer(empty_quotes(), calls, frozenset(one.instrument_id for one in part))
        with counting(calls):
            return await self._tickers(part, traded, calls)

    async def _tickers(
        self, part: Sequence[Instrument], holders: Mapping[str, Sequence[Instrument]], made: int = 0
    ) -> QuoteAnswer:
        # Names in the query are a JSON list; its blanks, if any, would be refused.
        params = {"symbols": orjson.dumps(list(holders)).decode(), "type": "FULL"}
        weight = _FEW_WEIGHT if len(holders) <= _FEW else _MANY_WEIGHT
        answer = await self._client.get("/api/v3/ticker/24hr", params, weight)
        with counting(answer.calls):
            rows = read_tickers(answer.document, holders)
        return read_rows(NAME, rows, part, self._clock.now(), made + answer.calls)

    async def _list_pairs(self) -> int:
        if self._are_pairs_known:
            return 0
        params = {"showPermissionSets": "false"}
        answer = await self._client.get("/api/v3/exchangeInfo", params, _PAIRS_WEIGHT)
        with counting(answer.calls):
            self._pairs = frozenset(read_pairs(answer.document))
        self._listed_at = self._clock.now()
        return answer.calls

    @property
    def _are_pairs_known(self) -> bool:
        return self._listed_at is not None and self._clock.now() - self._listed_at < _PAIRS_GOOD_FOR

    def _holders(self, instruments: Sequence[Instrument]) -> dict[str, list[Instrument]]:
        # BTC-USD and BTC-USDT may both be BTCUSDT there.
        holders: dict[str, list[Instrument]] = {}
        for one in instruments:
            listing = listing_of(one, self._settings)
            if listing is not None:
                holders.setdefault(listing.symbol, []).append(one)
        return holders


def read_tickers(document: object, holders: Mapping[str, Sequence[Instrument]]) -> pl.DataFrame:
    """Return `instrument_id`, `price`, `quoted_at`, `bid`, `ask` and `size` of the asked pairs an answer holds.

    A zero stands for a price that is not there: pairs that were closed keep their row.

    Args:
        document: The answer's JSON: a list, or one ticker.
        holders: The asked instruments by Binance's symbol; rows of others are left out.

    Raises:
        Malformed: The document holds no tickers.
    """
    rows = document if isinstance(document, list) else [document]
    if not all(isinstance(row, Mapping) and "symbol" in row and "lastPrice" in row for row in rows):
        raise Malformed(NAME, "the answer holds no tickers: expected objects with `symbol` and `lastPrice`")
    pairs = [(symbol, one.instrument_id) for symbol, held in holders.items() for one in held]
    ids = pl.DataFrame(pairs, schema={"symbol": pl.String(), "instrument_id": pl.Int32()}, orient="row")
    at = pl.col("closeTime")
    return (
        typed_columns(rows, _ROW)
        .join(ids, on="symbol", how="inner", maintain_order="left")
        .select(
            "instrument_id",
            *(_positive(told).alias(name) for told, name in _NUMBERS.items()),
            pl.when((at > 0) & (at < FAR_SECONDS * 1000)).then(at * 1000).cast(INSTANT).alias("quoted_at"),
        )
    )


def read_pairs(document: object) -> dict[str, tuple[str, str]]:
    """Return base and quote of every listed pair by Binance's symbol, whatever its status.

    Raises:
        Malformed: The document lists no pairs.
    """
    symbols = document.get("symbols") if isinstance(document, Mapping) else None
    if not isinstance(symbols, list):
        raise Malformed(NAME, "the answer lists no pairs: expected an object with a list of `symbols`")
    return {
        str(row["symbol"]): (str(row["baseAsset"]), str(row["quoteAsset"]))
        for row in symbols
        if isinstance(row, Mapping) and {"symbol", "baseAsset", "quoteAsset"} <= row.keys()
    }


def _positive(name: str) -> pl.Expr:
    number = pl.col(name).cast(pl.Float64(), strict=False)
    return pl.when(number > 0).then(number)
