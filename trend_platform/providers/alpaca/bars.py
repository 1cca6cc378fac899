"""From Alpaca's pages to columns: `{"bars": {"AAPL": [{t, o, h, l, c, v, n, vw}]}, "next_page_token": ...}`.

`t` is the bar's open; a day of shares opens at midnight New York. Crypto's `v`, `n` and `vw` are left out: since June 2023
they count the trades of Alpaca's own small exchange. A page holds some of the asked symbols, sorted, the last one in part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import numpy as np
import polars as pl

from trend_platform.domain.instruments import Instrument
from trend_platform.domain.quarantine import empty_quarantine
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import GranularityMismatch, Malformed
from trend_platform.providers.alpaca.classing import NAME
from trend_platform.providers.alpaca.symbols import SHARES
from trend_platform.providers.instants import instants_of_text
from trend_platform.providers.records import typed_columns, unreadable

_PRICES = {"o": "open", "h": "high", "l": "low", "c": "close"}
_TRADED = {"v": "volume", "vw": "vwap", "n": "trade_count"}
_COIN_ROW = pl.Schema({"t": pl.String(), **dict.fromkeys(_PRICES, pl.Float64())})
_ROW = pl.Schema({**_COIN_ROW, "v": pl.Float64(), "vw": pl.Float64(), "n": pl.Int64()})
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class BarsPage:
    """One page of bars.

    Attributes:
        columns: `instrument_id`, `opened_at`, prices, and of shares `volume`, `vwap`, `trade_count`; in the page's order.
        held: Ids of the instruments in it, in the page's order.
        token: What asks for the following page; `None` on the last one.
        rejected: Quarantine frame of rows without a readable time.
        calls: Attempts made to get it.
    """

    columns: pl.DataFrame
    held: tuple[int, ...]
    token: str | None
    rejected: pl.DataFrame
    calls: int


def read_page(
    document: object, instruments: Mapping[str, Instrument], timeframe: Timeframe, now: datetime, calls: int = 1
) -> BarsPage:
    """Read one page.

    Args:
        document: The answer's JSON.
        instruments: The asked instruments by Alpaca's symbol; all shares, or none.
        timeframe: The length of the bars that were asked.
        now: The present instant.
        calls: Attempts made to get it.

    Raises:
        Malformed: The document holds no bars, or those of another symbol.
        GranularityMismatch: The bars do not begin where bars of that length do.
    """
    parts, token = _parts(document, instruments)
    held = tuple(instruments[ticker].instrument_id for ticker in parts)
    rows = [row for part in parts.values() for row in part]
    is_share = any(one.asset_class in SHARES for one in instruments.values())
    columns = typed_columns(rows, _ROW if is_share else _COIN_ROW)
    ids = pl.Series("instrument_id", np.repeat(held, [len(part) for part in parts.values()]).astype(np.int32))
    opened_at = instants_of_text(columns["t"])
    if is_share and timeframe is Timeframe.D1:
        opened_at = _sessions(opened_at)
    placed = (
        columns.drop("t").rename({**_PRICES, **_TRADED}, strict=False).with_columns(ids, opened_at.alias("opened_at"))
    )
    _check(opened_at, timeframe)
    is_timed = opened_at.is_not_null()
    if is_timed.all():
        return BarsPage(placed, held, token, empty_quarantine(), calls)
    rejected = _rejected(rows, ids, (~is_timed).arg_true(), timeframe, now)
    return BarsPage(placed.filter(is_timed), held, token, rejected, calls)


def _parts(document: object, instruments: Mapping[str, Instrument]) -> tuple[dict[str, Sequence[object]], str | None]:
    if not isinstance(document, Mapping) or "bars" not in document:
        raise Malformed(NAME, "the answer holds no bars: expected an object with `bars` by symbol")
    # No bars at all is an empty object or null.
    bars, token = document["bars"] or {}, document.get("next_page_token")
    if not isinstance(bars, Mapping) or not all(isinstance(part, list) for part in bars.values()):
        raise Malformed(NAME, f"`bars` holds {type(bars).__name__} where lists by symbol were expected")
    others = [str(ticker) for ticker in bars if ticker not in instruments]
    if others:
        raise Malformed(NAME, f"the answer holds bars of {', '.join(others[:5])}, which nobody asked for")
    return dict(bars), str(token) if token else None


def _sessions(opened_at: pl.Series) -> pl.Series:
    local = opened_at.dt.convert_time_zone("America/New_York")
    if not (local.dt.time().drop_nulls() == time()).all():
        first = local.filter(local.dt.time() != time())[0]
        raise GranularityMismatch(
            NAME, f"a day begins at {first} where it does at midnight New York: of another length?"
        )
    return local.dt.replace_time_zone(None).dt.replace_time_zone("UTC")


def _check(opened_at: pl.Series, timeframe: Timeframe) -> None:
    step = timedelta(days=1) if timeframe is Timeframe.D1 else timeframe.step
    off = opened_at.filter(opened_at.cast(pl.Int64) % (step // _TICK) != 0)
    if off.len():
        raise GranularityMismatch(
            NAME, f"a bar is stamped {off[0]}, where none of {timeframe} begins: of another length?"
        )


def _rejected(
    rows: Sequence[object], ids: pl.Series, numbers: pl.Series, timeframe: Timeframe, now: datetime
) -> pl.DataFrame:
    frames = [empty_quarantine()]
    for number in numbers.to_list():
        one = int(ids[number])
        frames.append(unreadable(rows, [number], instrument_id=one, timeframe=timeframe, provider=NAME, now=now))
    return pl.concat(frames)
