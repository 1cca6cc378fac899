"""The partitions of candles within a day: UTC days by timeframes, and the blocks of them that one run serves.

A candle belongs to the UTC day it is stamped in. Symbols are a column and run config, never partitions.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType

import dagster as dg

from trend_platform.domain.intervals import Interval, Spans, days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.candle_fetch import INTRADAY
from trend_platform.orchestration.partitions import PARTITION_TAG, RANGE_END_TAG, RANGE_START_TAG

FIRST_DAY = "2010-01-01"
"""Minutes of older days are asked with `trend candles fetch`; Dagster's pages stay quick up to 100,000 partitions."""

DAY, TIMEFRAME = "day", "timeframe"

DAYS = dg.DailyPartitionsDefinition(start_date=FIRST_DAY, end_offset=1)
"""From the first day up to the present one, which is under way."""

DAYS_AND_TIMEFRAMES = dg.MultiPartitionsDefinition(
    {DAY: DAYS, TIMEFRAME: dg.StaticPartitionsDefinition([timeframe.value for timeframe in INTRADAY])}
)

Blocks = Mapping[Timeframe, Spans]
"""Whole UTC days, by timeframe, in the order of their length."""

NO_BLOCKS: Blocks = MappingProxyType({})


def key_of(day: date, timeframe: Timeframe) -> dg.MultiPartitionKey:
    """Return the partition of one day and timeframe."""
    return dg.MultiPartitionKey({DAY: day.isoformat(), TIMEFRAME: timeframe.value})


def tags_for_block(first: date, last: date, timeframe: Timeframe, through: Timeframe | None = None) -> dict[str, str]:
    """Return the tags by which one run serves a block: all days from `first` to `last`, all timeframes up to `through`."""
    return {RANGE_START_TAG: key_of(first, timeframe), RANGE_END_TAG: key_of(last, through or timeframe)}


def blocks_of_keys(keys: Iterable[str]) -> Blocks:
    """Return what partition keys such as `2026-11-20|1m` mean."""
    found: dict[Timeframe, list[Interval]] = {}
    for key in keys:
        day, timeframe = _parts(key)
        found.setdefault(timeframe, []).append(days(day, day))
    return {one: Spans.of(found[one]) for one in INTRADAY if one in found}


def blocks_of_tags(tags: Mapping[str, str]) -> Blocks:
    """Return the block that a run was launched for by its tags; nothing if it was launched without partitions."""
    first = tags.get(RANGE_START_TAG, tags.get(PARTITION_TAG))
    last = tags.get(RANGE_END_TAG, first)
    if first is None or last is None:
        return NO_BLOCKS
    (first_day, shortest), (last_day, longest) = _parts(first), _parts(last)
    between = INTRADAY[INTRADAY.index(shortest) : INTRADAY.index(longest) + 1]
    return {one: Spans((days(first_day, last_day),)) for one in between}


def _parts(key: str) -> tuple[date, Timeframe]:
    # Dagster joins the values of the dimensions in the order of their names.
    day, timeframe = key.split("|")
    return date.fromisoformat(day), Timeframe(timeframe)
