"""Telling that a venue stood still: a hole that no other market of the venue traded through is the venue's, not the provider's.

For coins the venue is the exchange that was asked; for listed instruments it is the exchange of the calendar, and then one
provider's word is not enough: a provider that lost a day lost it for everybody, so two must have answered without it. Only
holes that the market's own silences do not explain are looked at. Pure: frames of the ledger in, outages out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np
import polars as pl

from trend_platform.domain.calendars import DAY_US, from_us
from trend_platform.domain.counting import get_counter
from trend_platform.domain.coverage import GapReason
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.wording import counted

UNTOLD: Final = (GapReason.UNKNOWN, GapReason.NO_TRADES)
"""Reasons that an outage may stand behind; a silence only where a hole goes on, because an answer ended in its middle."""

_OBSERVED: Final = [reason.value for reason in GapReason if reason.is_observation]
# A market may open some candles before the others, or see a last trade after them.
_SHARE: Final = 0.9
_NAMED: Final = 3
# A market that has been silent for long bears no witness: it must have traded within so many candles, or as long as the hole
# is up to a week, on one of its sides.
_NEAR_CANDLES: Final = 60
_NEAR_AT_MOST: Final = 7 * DAY_US

Bounds = tuple[int, int]
"""A half-open interval in microseconds."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A hole that is the venue's.

    Attributes:
        instrument_id: In whose series.
        interval: Where.
        evidence: What says so.
    """

    instrument_id: int
    interval: Interval
    evidence: str


@dataclass(frozen=True, slots=True, eq=False)
class Venue:
    """What the ledgers say of the markets of one venue.

    Attributes:
        instruments: The markets.
        timeframe: Of which of their series.
        gaps: Their gaps, as frame of `GAP_SCHEMA`.
        spans: What providers have answered for, as frame of `SPAN_SCHEMA`.
        lacking: Per instrument id, who has answered without candles that were asked of them in this run.
    """

    instruments: Mapping[int, Instrument]
    timeframe: Timeframe
    gaps: pl.DataFrame
    spans: pl.DataFrame
    lacking: Mapping[int, frozenset[str]]


def holes(gaps: pl.DataFrame) -> pl.DataFrame:
    """Return the holes that gaps of the untold reasons make together, one of them unknown: `outages` looks at them."""
    ordered = gaps.filter(pl.col("reason").is_in([str(one) for one in UNTOLD])).sort("instrument_id", "start_at")
    is_next = (pl.col("start_at") == pl.col("end_at").shift(1)) & pl.all_horizontal(
        pl.col(name) == pl.col(name).shift(1) for name in ("instrument_id", "provider")
    )
    numbered = ordered.with_columns((~is_next.fill_null(value=False)).cum_sum().alias("hole"))
    whole = numbered.group_by("hole", maintain_order=True).agg(
        pl.col("instrument_id", "provider", "start_at").first(), pl.col("end_at").last(), pl.col("reason")
    )
    return whole.filter(pl.col("reason").list.contains(GapReason.UNKNOWN.value))


def outages(holes: pl.DataFrame, venue: Venue) -> list[Outage]:
    """Return which holes (`instrument_id`, `start_at`, `end_at`, `provider`, in whole) are outages of the venue."""
    found = []
    for one, start, end, provider in holes.select(
        "instrument_id", pl.col("start_at", "end_at").cast(pl.Int64), "provider"
    ).iter_rows():
        instrument = venue.instruments[one]
        if _needs_two(instrument) and len(venue.lacking.get(one, frozenset())) < 2:
            continue
        evidence = _evidence(venue, instrument, provider, (start, end))
        if evidence:
            found.append(Outage(one, Interval(from_us(start), from_us(end)), evidence))
    return found


def _needs_two(instrument: Instrument) -> bool:
    return instrument.asset_class is not AssetClass.CRYPTO


def _evidence(venue: Venue, instrument: Instrument, provider: str, hole: Bounds) -> str:
    # What the other markets of the venue say: nothing if one of them traded, or none can be asked.
    counter = get_counter(instrument.calendar, venue.timeframe)
    expected = int(counter.count(*np.array(hole).reshape(2, 1))[0])
    named = []
    for other in _witnesses(venue, instrument, provider, hole):
        absent = _absent(venue, other, hole)
        if absent < _SHARE * expected:
            return ""
        named.append(f"{other.symbol} ({absent:,})")
    if not named:
        return ""
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    place = provider if not _needs_two(instrument) else instrument.calendar
    looks = f", by {' and '.join(sorted(venue.lacking[instrument.instrument_id]))}" if _needs_two(instrument) else ""
    return (
        f"no other market of {place} has its {counted(expected, 'candle')}{looks}: absent there as well "
        f"{', '.join(named[:_NAMED])}{more}"
    )


def _witnesses(venue: Venue, instrument: Instrument, provider: str, hole: Bounds) -> list[Instrument]:
    # Markets of the same venue that were answered for all of the hole, and traded shortly before it or after it.
    mine = pl.col("instrument_id") != instrument.instrument_id
    spans = venue.spans.filter(mine if _needs_two(instrument) else mine & (pl.col("provider") == provider))
    start, end = hole
    covered = _clipped(spans, hole).group_by("instrument_id", maintain_order=True)
    whole = covered.agg((pl.col("end_at") - pl.col("start_at")).sum().alias("length")).filter(
        pl.col("length") == end - start
    )
    peers = [venue.instruments[one] for one in whole["instrument_id"] if one in venue.instruments]
    reach = near(venue.timeframe, end - start)
    return [
        one
        for one in peers
        if one.calendar == instrument.calendar
        and _needs_two(one) is _needs_two(instrument)
        and (_traded(venue, one, (start - reach, start)) or _traded(venue, one, (end, end + reach)))
    ]


def near(timeframe: Timeframe, length: int) -> int:
    """Return how far from a hole of that length a witness must have traded, both in microseconds."""
    step = timeframe.step // timedelta(microseconds=1) if timeframe.is_intraday else DAY_US
    return max(_NEAR_CANDLES * step, min(length, _NEAR_AT_MOST))


def _traded(venue: Venue, one: Instrument, bounds: Bounds) -> bool:
    covered = _count(venue, one, _clipped(venue.spans.filter(pl.col("instrument_id") == one.instrument_id), bounds))
    return covered > _absent(venue, one, bounds)


def _absent(venue: Venue, one: Instrument, bounds: Bounds) -> int:
    mine = (pl.col("instrument_id") == one.instrument_id) & pl.col("reason").is_in(_OBSERVED)
    return _count(venue, one, _clipped(venue.gaps.filter(mine), bounds))


def _clipped(rows: pl.DataFrame, bounds: Bounds) -> pl.DataFrame:
    clipped = rows.select("instrument_id", pl.col("start_at", "end_at").cast(pl.Int64).clip(*bounds))
    return clipped.filter(pl.col("start_at") < pl.col("end_at"))


def _count(venue: Venue, one: Instrument, parts: pl.DataFrame) -> int:
    counter = get_counter(one.calendar, venue.timeframe)
    return int(counter.count(parts["start_at"].to_numpy(), parts["end_at"].to_numpy()).sum())
