"""Reading through the cache, the way of all readers: what the cache has and can be believed, else what the database says.

A key that is expired, damaged or another symbol's, or a cache that is down, makes an answer slower, never wrong. How often
that happens is counted in the workshop's `reads`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

import orjson

from trend_platform.domain.instruments import Instrument
from trend_platform.domain.quotes import LatestPrice
from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.changes import latest_prices
from trend_platform.ingest.day_chart import day_charts
from trend_platform.ingest.price_json import price_json, read_price_json
from trend_platform.ingest.reads import ReadCounts, ReadKind, ReadTally
from trend_platform.ingest.series import SERIES_COLUMNS, series_of
from trend_platform.ingest.workshop import Workshop

__all__ = ["Read", "ReadCounts", "ReadKind", "ReadTally", "Source", "read_latest", "read_series"]

Value = TypeVar("Value")

_COLUMNS = frozenset(SERIES_COLUMNS)


class Source(StrEnum):
    """Where an answer came from."""

    CACHE = "cache"
    DATABASE = "database"


@dataclass(frozen=True, slots=True)
class Read(Generic[Value]):
    """One answer.

    Attributes:
        value: What was read.
        source: Where it came from.
    """

    value: Value
    source: Source


def read_latest(workshop: Workshop, instruments: Sequence[Instrument]) -> dict[str, Read[LatestPrice]]:
    """Return the latest price of each instrument by symbol; one that was never quoted is left out.

    What the cache lacks is read from the database at once and refills the cache. Nobody outside is asked.

    Raises:
        UnavailableError: The cache cannot answer and the database neither.
    """
    cached = workshop.prices.get([one.symbol for one in instruments])
    found = {symbol: read_price_json(symbol, payload) for symbol, payload in cached.items()}
    kinds = {symbol: value for symbol, value in found.items() if isinstance(value, ReadKind)}
    hits = {symbol: value for symbol, value in found.items() if isinstance(value, LatestPrice)}
    absent = [one for one in instruments if one.symbol not in hits]
    stored, skipped = _stored_prices(workshop, absent) if absent else ((), 0)
    unanswered = [one.symbol for one in absent if one.symbol not in kinds]
    workshop.reads.count([*kinds.values(), *_missed(len(unanswered), skipped), *[ReadKind.HIT] * len(hits)])
    answers = {symbol: Read(price, Source.CACHE) for symbol, price in hits.items()}
    answers |= {price.symbol: Read(price, Source.DATABASE) for price in stored}
    return {one.symbol: answers[one.symbol] for one in instruments if one.symbol in answers}


def read_series(workshop: Workshop, instrument: Instrument, range_: Range) -> Read[bytes]:
    """Return the JSON of a range series as of now, of the hourly chart for `1D`; empty of candles where none is stored.

    What the cache lacks is read from the database and refills the cache.

    Raises:
        UnavailableError: The cache cannot answer and the database neither.
    """
    cached = workshop.cache.get(instrument.symbol, range_)
    flaw = None if cached is None else _flaw(cached, instrument.symbol, range_)
    if cached is not None and flaw is None:
        workshop.reads.count([ReadKind.HIT])
        return Read(cached, Source.CACHE)
    payload = _stored_series(workshop, instrument, range_)
    skipped = workshop.cache.put({(instrument.symbol, range_): payload})
    workshop.reads.count([flaw] if flaw else _missed(1, skipped))
    return Read(payload, Source.DATABASE)


def _stored_prices(workshop: Workshop, instruments: Sequence[Instrument]) -> tuple[tuple[LatestPrice, ...], int]:
    quotes = workshop.storage.quotes.latest([one.instrument_id for one in instruments])
    prices = latest_prices(workshop.storage.market, instruments, quotes)
    skipped = workshop.prices.put({price.symbol: price_json(price) for price in prices}) if prices else 0
    return prices, skipped


def _stored_series(workshop: Workshop, instrument: Instrument, range_: Range) -> bytes:
    if range_ is Range.D1:
        return day_charts(workshop, [instrument])[instrument.symbol]
    ((_, _, payload),) = series_of(workshop, [instrument], [range_], workshop.clock.now().date())
    return payload


def _missed(count: int, skipped: int) -> list[ReadKind]:
    # The ports do not tell why there is no answer; a cache that does not take the refill is down.
    down = min(count, skipped)
    return [ReadKind.DOWN] * down + [ReadKind.MISS] * (count - down)


def _flaw(payload: bytes, symbol: str, range_: Range) -> ReadKind | None:
    # What is wrong with the JSON of a series; `None` if it is what `series` and `day_chart` write.
    try:
        found = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return ReadKind.CORRUPT
    if not isinstance(found, dict) or not isinstance(found.get("candles"), list) or not found.get("as_of"):
        return ReadKind.CORRUPT
    timeframe = Timeframe.H1 if range_ is Range.D1 else Timeframe.D1
    if (found.get("symbol"), found.get("range")) != (symbol, range_.value):
        return ReadKind.FOREIGN
    is_whole = all(isinstance(candle, dict) and candle.keys() == _COLUMNS for candle in found["candles"])
    return None if is_whole and found.get("timeframe") == timeframe.value else ReadKind.CORRUPT
