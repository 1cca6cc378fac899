"""The two APIs of one provider: what each is asked for candles and prices, and how each answers.

`DataApi` is the present one (`data-api.coindesk.com`), `MinApi` the one before (`min-api.cryptocompare.com`). Both count
back from a last second; both make up candles where nothing was traded, and those are left out here. Of a forming or a traded
candle the open is the close of the one before, on either.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import Protocol

import polars as pl

from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import GranularityMismatch, Malformed
from trend_platform.providers.cryptocompare.classing import NAME
from trend_platform.providers.http import Params
from trend_platform.providers.records import typed_columns
from trend_platform.providers.stamped import instant_of_seconds

STEPS: Mapping[Timeframe, timedelta] = {
    Timeframe.M1: timedelta(minutes=1),
    Timeframe.H1: timedelta(hours=1),
    Timeframe.D1: timedelta(days=1),
}
Pair = tuple[str, str]
_PRICES = ("open", "high", "low", "close")
_SECOND, _TICK = timedelta(seconds=1), timedelta(microseconds=1)
_UNITS: Mapping[Timeframe, str] = {Timeframe.M1: "minute", Timeframe.H1: "hour", Timeframe.D1: "day"}
_QUOTE = pl.Schema({"instrument_id": pl.Int32(), "price": pl.Float64(), "at": pl.Int64()})


class Dialect(Protocol):
    """One of the two APIs."""

    @property
    def pairs_per_call(self) -> int:
        """Return of how many pairs one call may ask the latest prices."""
        ...

    def history(self, pair: Pair, timeframe: Timeframe, window: Interval) -> tuple[str, Params]:
        """Return path and query for the candles of a window."""
        ...

    def read_history(self, document: object, pair: Pair, timeframe: Timeframe) -> pl.DataFrame:
        """Return `opened_at`, prices, volume in coins and the time as it was sent; made-up candles are left out.

        Raises:
            Malformed: The document holds no candles, or those of another pair.
            GranularityMismatch: They are of another length.
        """
        ...

    def latest(self, pairs: Iterable[Pair]) -> tuple[str, Params]:
        """Return path and query for the latest prices of pairs."""
        ...

    def read_latest(self, document: object, wanted: Mapping[Instrument, Pair]) -> pl.DataFrame:
        """Return `instrument_id`, `price` and `quoted_at` (UTC), null where nothing is told.

        Raises:
            Malformed: The document holds no prices.
        """
        ...


@dataclass(frozen=True, slots=True)
class DataApi:
    """`{"Data": [{"TIMESTAMP": s, "OPEN": ..., "VOLUME": ...}], "Err": {}}`.

    Attributes:
        market: The index whose prices are asked.
    """

    market: str

    @property
    def pairs_per_call(self) -> int:
        """Return how many instruments are named in one call."""
        return 50

    def history(self, pair: Pair, timeframe: Timeframe, window: Interval) -> tuple[str, Params]:
        """Return path and query for the candles of a window; `fill=false` asks for none that are made up.

        Without `groups` a row has 26 fields in 700 bytes, and reading them would be most of the work.
        """
        fixed: dict[str, str | int] = {
            "market": self.market,
            "instrument": "-".join(pair),
            "aggregate": 1,
            "fill": "false",
            "groups": "ID,OHLC,VOLUME",
        }
        return f"/index/cc/v1/historical/{_UNITS[timeframe]}s", {**fixed, **_counted_back(timeframe, window, "to_ts")}

    def read_history(self, document: object, pair: Pair, timeframe: Timeframe) -> pl.DataFrame:
        """Return the candles; each tells its instrument and its unit, and the first one's are held against what was asked."""
        rows = document.get("Data") if isinstance(document, Mapping) else None
        names = {name.upper(): name for name in (*_PRICES, "volume")}
        first = next((row for row in rows if isinstance(row, Mapping)), {}) if isinstance(rows, list) else {}
        told, unit = first.get("INSTRUMENT", "-".join(pair)), first.get("UNIT", _UNITS[timeframe])
        if told != "-".join(pair):
            raise Malformed(NAME, f"the answer holds candles of {told} where those of {'-'.join(pair)} were asked")
        if str(unit).lower() != _UNITS[timeframe]:
            raise _mismatch(timeframe, f"candles of a {unit}")
        return _columns(rows, "TIMESTAMP", names, timeframe)

    def latest(self, pairs: Iterable[Pair]) -> tuple[str, Params]:
        """Return path and query for the latest values of an index."""
        return "/index/cc/v1/latest/tick", {"market": self.market, "instruments": ",".join(map("-".join, pairs))}

    def read_latest(self, document: object, wanted: Mapping[Instrument, Pair]) -> pl.DataFrame:
        """Return the value of each instrument and when it last changed."""
        told = document.get("Data") if isinstance(document, Mapping) else None
        if not isinstance(told, Mapping):
            raise Malformed(NAME, "the answer holds no prices: expected `Data` with one object for each instrument")
        rows = [(one, told.get("-".join(pair)), "VALUE", "VALUE_LAST_UPDATE_TS") for one, pair in wanted.items()]
        return _quotes(rows)


@dataclass(frozen=True, slots=True)
class MinApi:
    """`{"Response": "Success", "Data": {"Data": [{"time": s, "open": ..., "volumefrom": ...}]}}`, older ones one `Data` less.

    Attributes:
        market: The exchange whose prices are asked; its own index is `CCCAGG`.
    """

    market: str

    @property
    def pairs_per_call(self) -> int:
        """Return how many pairs are named in one call: its list of coins may have 300 characters."""
        return 25

    def history(self, pair: Pair, timeframe: Timeframe, window: Interval) -> tuple[str, Params]:
        """Return path and query for the candles of a window; it answers one more than is asked."""
        fixed: dict[str, str | int] = {"fsym": pair[0], "tsym": pair[1], "e": self.market, "aggregate": 1}
        return f"/data/v2/histo{_UNITS[timeframe]}", {**fixed, **_counted_back(timeframe, window, "toTs")}

    def read_history(self, document: object, pair: Pair, timeframe: Timeframe) -> pl.DataFrame:  # noqa: ARG002
        """Return the candles; zeros are before the listing. It names no pair, and its length only if it is added up."""
        held = document if isinstance(document, Mapping) else {}
        inner = held.get("Data")
        rows, held = (inner.get("Data"), inner) if isinstance(inner, Mapping) else (inner, held)
        if held.get("Aggregated"):
            raise _mismatch(timeframe, "candles that are added up")
        return _columns(rows, "time", {**{name: name for name in _PRICES}, "volumefrom": "volume"}, timeframe)

    def latest(self, pairs: Iterable[Pair]) -> tuple[str, Params]:
        """Return path and query for the prices of coins in all currencies that are wanted."""
        coins, currencies = zip(*pairs, strict=True)
        lists = {"fsyms": ",".join(dict.fromkeys(coins)), "tsyms": ",".join(dict.fromkeys(currencies))}
        return "/data/pricemultifull", {**lists, "e": self.market}

    def read_latest(self, document: object, wanted: Mapping[Instrument, Pair]) -> pl.DataFrame:
        """Return the price of each pair and when it was last traded."""
        told = document.get("RAW") if isinstance(document, Mapping) else None
        if not isinstance(told, Mapping):
            raise Malformed(NAME, "the answer holds no prices: expected `RAW` with one object for each coin")
        rows = []
        for one, (coin, currency) in wanted.items():
            held = told.get(coin)
            rows.append((one, held.get(currency) if isinstance(held, Mapping) else None, "PRICE", "LASTUPDATE"))
        return _quotes(rows)


def _counted_back(timeframe: Timeframe, window: Interval, name: str) -> dict[str, int]:
    # The candle that holds the last second of the window is the last one told.
    last = window.end - _SECOND
    return {"limit": max(1, ceil(window.length / STEPS[timeframe])), name: round(last.timestamp())}


def _columns(rows: object, at: str, names: Mapping[str, str], timeframe: Timeframe) -> pl.DataFrame:
    if not isinstance(rows, list) or (rows and not any(isinstance(row, Mapping) and at in row for row in rows)):
        raise Malformed(NAME, f"the answer holds no candles: expected a list of objects with `{at}`")
    schema = pl.Schema({at: pl.Int64(), **dict.fromkeys(names, pl.Float64())})
    told = typed_columns(rows, schema).rename(dict(names))
    columns = told.with_columns(instant_of_seconds(at).alias("opened_at"))
    if not (columns["opened_at"].drop_nulls().cast(pl.Int64) % (STEPS[timeframe] // _TICK) == 0).all():
        raise _mismatch(timeframe, f"candles that do not begin where {timeframe} ones do")
    is_flat = pl.all_horizontal(pl.col(name) == pl.col("open") for name in _PRICES[1:])
    return columns.filter(~((pl.col("volume") == 0) & is_flat).fill_null(value=False))


def _mismatch(timeframe: Timeframe, found: str) -> GranularityMismatch:
    return GranularityMismatch(NAME, f"the answer holds {found}; asked were {timeframe} ones")


def _quotes(told: Iterable[tuple[Instrument, object, str, str]]) -> pl.DataFrame:
    rows = []
    for one, fields, price, at in told:
        held = fields if isinstance(fields, Mapping) else {}
        rows.append((one.instrument_id, _number(held.get(price)), _number(held.get(at))))
    table = pl.DataFrame(rows, schema=_QUOTE, orient="row", strict=False)
    return table.select("instrument_id", "price", instant_of_seconds("at").alias("quoted_at"))


def _number(value: object) -> float | None:
    # Zero is no price, and no time.
    return value or None if isinstance(value, (int, float)) and not isinstance(value, bool) else None
