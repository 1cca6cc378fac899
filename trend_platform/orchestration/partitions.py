"""The partitions of the platform: the nine historical ranges as one static dimension.

Symbols are a column and run config, never partitions. All ranges end with the same day, so the runs that Dagster makes of
neighbouring ones ask providers for their union once.
"""

from collections.abc import Iterable, Mapping

import dagster as dg

from trend_platform.domain.ranges import HISTORICAL_RANGES, Range

RANGES = dg.StaticPartitionsDefinition([range_.value for range_ in HISTORICAL_RANGES])
"""The nine ranges, shortest first, `MAX` last."""

RANGE_START_TAG = "dagster/asset_partition_range_start"
RANGE_END_TAG = "dagster/asset_partition_range_end"
PARTITION_TAG = "dagster/partition"


def tags_for(first: Range, last: Range) -> dict[str, str]:
    """Return the run tags by which one run serves all ranges from `first` to `last`, both included."""
    return {RANGE_START_TAG: first.value, RANGE_END_TAG: last.value}


def ranges_of_tags(tags: Mapping[str, str]) -> tuple[Range, ...]:
    """Return the ranges a run was launched for by its tags; none if it was launched without partitions."""
    first = tags.get(RANGE_START_TAG, tags.get(PARTITION_TAG))
    last = tags.get(RANGE_END_TAG, first)
    if first is None or last is None:
        return ()
    keys = [range_.value for range_ in HISTORICAL_RANGES]
    return HISTORICAL_RANGES[keys.index(first) : keys.index(last) + 1]


def ranges_of_keys(keys: Iterable[str]) -> tuple[Range, ...]:
    """Return the ranges of partition keys, in partition order."""
    wanted = set(keys)
    return tuple(range_ for range_ in HISTORICAL_RANGES if range_.value in wanted)
