"""Named windows on any day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval, Spans, days, midnight
from trend_platform.domain.ranges import (
    HISTORICAL_RANGES,
    Range,
    months_before,
    parse_range,
    range_window,
    wanted_days,
)
from trend_platform.errors import UsageError

any_day = st.dates(date(1900, 1, 1), date(2100, 12, 31))
trailing = [Range.D1, Range.D7, Range.M1, Range.M3, Range.M6, Range.Y1, Range.Y3, Range.Y5]


@pytest.mark.parametrize(
    ("range_", "as_of", "first"),
    [
        (Range.D1, date(2018, 2, 7), date(2018, 2, 7)),
        (Range.D7, date(2018, 2, 7), date(2018, 2, 1)),
        (Range.Y5, date(2018, 2, 7), date(2013, 2, 8)),
        (Range.M1, date(2023, 2, 28), date(2023, 2, 1)),
        (Range.M1, date(2023, 3, 30), date(2023, 2, 28)),
        (Range.M1, date(2024, 3, 30), date(2024, 2, 29)),
        (Range.M3, date(2024, 12, 31), date(2024, 10, 1)),
        (Range.M6, date(2024, 1, 15), date(2023, 7, 16)),
        (Range.Y1, date(2024, 2, 28), date(2023, 2, 28)),
        (Range.Y1, date(2024, 2, 29), date(2023, 3, 1)),
        (Range.YTD, date(2024, 1, 1), date(2024, 1, 1)),
        (Range.YTD, date(2024, 12, 31), date(2024, 1, 1)),
        (Range.MAX, date(2024, 12, 31), date(1962, 1, 2)),
    ],
)
def test_a_range_begins_on_its_day(range_: Range, as_of: date, first: date) -> None:
    assert range_window(range_, as_of) == days(first, as_of)


@given(st.sampled_from(list(Range)), any_day)
def test_a_range_ends_with_its_day(range_: Range, as_of: date) -> None:
    assert range_window(range_, as_of).end == midnight(as_of + timedelta(days=1))


@given(any_day)
def test_a_longer_range_holds_the_shorter_ones(as_of: date) -> None:
    starts = [range_window(range_, as_of).start for range_ in trailing]
    assert starts == sorted(starts, reverse=True)


@given(st.sampled_from(list(Range)), any_day)
def test_tomorrows_window_never_reaches_further_back(range_: Range, as_of: date) -> None:
    if range_ is not Range.MAX:
        assert range_window(range_, as_of).start <= range_window(range_, as_of + timedelta(days=1)).start


@given(any_day, st.integers(0, 1200))
def test_months_are_counted_and_the_day_kept_where_it_exists(day: date, months: int) -> None:
    found = months_before(day, months)
    assert (day.year * 12 + day.month) - (found.year * 12 + found.month) == months
    assert found.day == day.day or (found.day < day.day and (found + timedelta(days=1)).day == 1)


def test_before_the_first_day_of_prices_everything_is_nothing() -> None:
    assert not range_window(Range.MAX, date(1950, 6, 1))
    stock = Instrument(1, "KO", AssetClass.STOCK, "XNYS")
    assert not wanted_days(Range, stock, date(1950, 6, 1))


def test_wanted_days_stay_within_the_lifetime() -> None:
    listed = Instrument(1, "META", AssetClass.STOCK, "XNYS", listed_on=date(2012, 5, 18), delisted_on=date(2018, 1, 2))
    assert wanted_days([Range.MAX, Range.Y1], listed, date(2018, 2, 7)) == Spans(
        (days(date(2012, 5, 18), date(2018, 1, 1)),)
    )


def test_bitcoin_does_not_reach_back_to_1962() -> None:
    bitcoin = Instrument(1, "BTC-USD", AssetClass.CRYPTO, "24/7")
    assert wanted_days([Range.MAX], bitcoin, date(2018, 2, 7)) == Spans((days(date(2010, 7, 17), date(2018, 2, 7)),))


def test_a_lifetime_that_ends_before_it_began_is_empty() -> None:
    odd = Instrument(1, "ODD", AssetClass.STOCK, "XNYS", listed_on=date(2020, 1, 1), delisted_on=date(2019, 1, 1))
    assert odd.lifetime == Interval(midnight(date(2020, 1, 1)), midnight(date(2020, 1, 1)))


def test_ranges_are_read_as_people_type_them() -> None:
    assert [parse_range(text) for text in ("5y", " ytd ", "Max", "1m")] == [Range.Y5, Range.YTD, Range.MAX, Range.M1]
    with pytest.raises(UsageError, match="'2Y' is no range; known: 1D 7D"):
        parse_range("2Y")


def test_the_nine_historical_ranges_keep_their_order() -> None:
    assert [range_.value for range_ in HISTORICAL_RANGES] == ["7D", "1M", "3M", "6M", "YTD", "1Y", "3Y", "5Y", "MAX"]
