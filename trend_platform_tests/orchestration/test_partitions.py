from trend_platform.domain.ranges import HISTORICAL_RANGES, Range
from trend_platform.orchestration.partitions import RANGES, ranges_of_keys, ranges_of_tags, tags_for


def test_partition_keys_are_the_historical_ranges_in_order() -> None:
    assert list(RANGES.get_partition_keys()) == [range_.value for range_ in HISTORICAL_RANGES]


def test_tags_and_back() -> None:
    assert ranges_of_tags(tags_for(Range.D7, Range.Y1)) == HISTORICAL_RANGES[:6]
    assert ranges_of_tags(tags_for(Range.MAX, Range.MAX)) == (Range.MAX,)


def test_a_single_partition_is_a_range_of_one() -> None:
    assert ranges_of_tags({"dagster/partition": "3Y"}) == (Range.Y3,)


def test_a_run_without_partitions_has_no_ranges() -> None:
    assert ranges_of_tags({"dagster/max_runtime": "60"}) == ()


def test_keys_come_back_in_partition_order_and_once() -> None:
    assert ranges_of_keys(["MAX", "7D", "MAX"]) == (Range.D7, Range.MAX)
