"""From Yahoo's sparks to quotes: the day's minutes of up to twenty symbols in one answer, in either of two shapes.

v8: `{"AAPL": {"timestamp": [s], "close": [...], "previousClose"}}`; v7: `{"spark": {"result": [{"symbol", "response": [{"meta", "timestamp",
"indicators"}]}]}}`. Both have been answered to the same request; symbols Yahoo does not know are simply not there.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.errors import Malformed
from trend_platform.providers.base import QuoteAnswer
from trend_platform.providers.pausing import PausingClient
from trend_platform.providers.quoting import ask_spelt, read_rows
from trend_platform.providers.stamped import FAR_SECONDS, instant_of_seconds
from trend_platform.providers.traffic import counting
from trend_platform.providers.yahoo.classing import NAME, document_of
from trend_platform.providers.yahoo.restoring import restored_prices
from trend_platform.providers.yahoo.symbols import ticker_of

QUOTED = frozenset({AssetClass.STOCK, AssetClass.ETF, AssetClass.CRYPTO, AssetClass.FOREX, AssetClass.INDEX})
SYMBOLS_PER_CALL = 20
_DECIMALS = 6


class Sparks:
    """Asks for the latest prices of instruments.

    Args:
        client: The one that leaves Yahoo alone when told to.
        chosen: Yahoo's symbols by canonical ones, as the user set them.
        clock: The time.
    """

    def __init__(self, client: PausingClient, chosen: Mapping[str, str], clock: Clock) -> None:
        self._client, self._chosen, self._clock = client, chosen, clock

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:
        """Fetch the latest prices, twenty instruments a call.

        Raises:
            ProviderError: Nothing usable came of any call.
            UsageError: One of them is of another kind.
        """
        return await ask_spelt(NAME, instruments, QUOTED, self._ticker_of, SYMBOLS_PER_CALL, self._ask)

    async def _ask(self, asked: Mapping[str, Instrument]) -> QuoteAnswer:
        params = {"symbols": ",".join(asked), "range": "1d", "interval": "1m", "includePrePost": "false"}
        answer = await self._client.get("/v8/finance/spark", params)
        with counting(answer.calls):
            rows = read_sparks(document_of(answer), asked)
        return read_rows(NAME, rows, asked.values(), self._clock.now(), answer.calls)

    def _ticker_of(self, instrument: Instrument) -> str | None:
        return ticker_of(instrument, self._chosen)


def read_sparks(document: object, instruments: Mapping[str, Instrument]) -> pl.DataFrame:
    """Return `instrument_id`, `price`, `quoted_at` and `previous_close` of the asked symbols an answer holds.

    The price is the last minute's close with the stamp of its point, or the market's own with its own time where they are told.

    Args:
        document: The answer's JSON.
        instruments: The asked instruments by Yahoo's symbol.

    Raises:
        Malformed: The document holds no sparks.
    """
    rows = [
        (instruments[ticker].instrument_id, *_latest(spark))
        for ticker, spark in _sparks(document)
        if ticker in instruments
    ]
    ids, prices, stamps, previous = zip(*rows, strict=True) if rows else ((), (), (), ())
    told = np.array([prices, previous], dtype=np.float64)
    price, previous_close = restored_prices(told, np.ones(len(rows)), _DECIMALS)
    return pl.DataFrame(
        [
            pl.Series("instrument_id", ids, dtype=pl.Int32()),
            pl.Series("price", price, nan_to_null=True),
            pl.Series("quoted_at", stamps, dtype=pl.Int64()),
            pl.Series("previous_close", previous_close, nan_to_null=True),
        ]
    ).with_columns(instant_of_seconds("quoted_at").alias("quoted_at"))


def _sparks(document: object) -> Iterator[tuple[str, Mapping[str, object]]]:
    if not isinstance(document, Mapping):
        raise Malformed(NAME, "the answer holds no sparks: expected an object")
    older = document.get("spark")
    if isinstance(older, Mapping) and "result" in older:
        for entry in older.get("result") or []:
            responses = entry.get("response") if isinstance(entry, Mapping) else None
            if isinstance(responses, list) and responses and isinstance(responses[0], Mapping):
                yield str(entry.get("symbol")), responses[0]
        return
    for ticker, spark in document.items():
        if not isinstance(spark, Mapping) or "timestamp" not in spark:
            raise Malformed(NAME, f"the answer holds no sparks: expected an object with `timestamp` under {ticker!r}")
        yield ticker, spark


def _latest(spark: Mapping[str, object]) -> tuple[float | None, int | None, float | None]:
    told = spark.get("meta")
    meta = told if isinstance(told, Mapping) else spark
    previous = _number(meta.get("previousClose")) or _number(meta.get("chartPreviousClose"))
    price, at = _number(meta.get("regularMarketPrice")), _seconds(meta.get("regularMarketTime"))
    if price is not None and at is not None:
        return price, at, previous
    stamps = spark.get("timestamp")
    closes = _closes(spark)
    if isinstance(stamps, list) and len(stamps) == len(closes):
        for stamp, close in zip(reversed(stamps), reversed(closes), strict=True):
            if (price := _number(close)) is not None:
                return price, _seconds(stamp), previous
    return None, None, previous


def _closes(spark: Mapping[str, object]) -> list[object]:
    closes, indicators = spark.get("close"), spark.get("indicators")
    if isinstance(indicators, Mapping):
        quotes = indicators.get("quote")
        first = quotes[0] if isinstance(quotes, list) and quotes else None
        closes = first.get("close") if isinstance(first, Mapping) else None
    return closes if isinstance(closes, list) else []


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _seconds(value: object) -> int | None:
    number = _number(value)
    return int(number) if number is not None and 0 < number < FAR_SECONDS else None
