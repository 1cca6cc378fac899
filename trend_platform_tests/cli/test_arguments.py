from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.cli.arguments import (
    output_file,
    read_as_of,
    read_day,
    read_instant,
    read_pairs,
    read_ranges,
    read_symbols,
)
from trend_platform.domain.ranges import HISTORICAL_RANGES, Range
from trend_platform.errors import UsageError


@given(st.lists(st.sampled_from(HISTORICAL_RANGES), min_size=1, unique=True))
def test_ranges_come_out_shortest_first_however_they_are_written(ranges: list[Range]) -> None:
    written = ", ".join(range_.lower() for range_ in ranges)
    assert read_ranges(written) == tuple(range_ for range_ in HISTORICAL_RANGES if range_ in ranges)


def test_a_symbol_in_the_place_of_the_range_is_told_where_it_belongs() -> None:
    with pytest.raises(UsageError, match="the range comes first"):
        read_ranges("AAPL")


@pytest.mark.parametrize("text", ["1D", ",", ""])
def test_what_names_no_daily_range_is_refused_with_those_that_exist(text: str) -> None:
    with pytest.raises(UsageError, match="7D 1M 3M 6M YTD 1Y 3Y 5Y MAX"):
        read_ranges(text)


def test_symbols_are_made_canonical_and_kept_once() -> None:
    assert read_symbols(["aapl,btc/usd", "AAPL", "brk-b"]) == ("AAPL", "BTC-USD", "BRK.B")


def test_no_symbols_are_no_symbols() -> None:
    assert read_symbols(None) == ()


def test_a_range_among_the_symbols_is_told_how_to_join_ranges() -> None:
    with pytest.raises(UsageError, match="1Y,5y"):
        read_symbols(["5y"])


def test_a_day_that_is_none_is_refused_by_its_option() -> None:
    with pytest.raises(UsageError, match=r"--as-of '2018-02-30' is no date; write it like 2018-02-07"):
        read_day("2018-02-30", "--as-of")


def test_a_future_as_of_is_refused() -> None:
    with pytest.raises(UsageError, match="lies in the future: today is 2026-03-04"):
        read_as_of("2026-03-05", date(2026, 3, 4))


def test_as_of_may_be_today_or_absent() -> None:
    assert read_as_of("2026-03-04", date(2026, 3, 4)) == date(2026, 3, 4)
    assert read_as_of(None, date(2026, 3, 4)) is None


@pytest.mark.parametrize(
    ("text", "hour"),
    [("2024-07-03", 0), ("2024-07-03T14:30Z", 14), ("2024-07-03 10:30-04:00", 14), ("2024-07-03T14:30", 14)],
)
def test_an_instant_is_utc_unless_it_says_otherwise(text: str, hour: int) -> None:
    instant = read_instant(text, "--start")
    assert (instant.tzinfo, instant.date(), instant.hour) == (UTC, date(2024, 7, 3), hour)


def test_an_instant_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="--start 'yesterday' is no time"):
        read_instant("yesterday", "--start")


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_survives_being_written_and_read(instant: datetime) -> None:
    assert read_instant(instant.isoformat(), "--end") == instant


def test_pairs_are_read_at_the_first_equals_sign() -> None:
    assert read_pairs(["opened_at=date", "close=adj=close"], "--column") == {"opened_at": "date", "close": "adj=close"}


@pytest.mark.parametrize("text", ["date", "=date", "opened_at="])
def test_half_a_pair_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="write it like --column opened_at=date"):
        read_pairs([text], "--column")


def test_an_output_in_a_missing_folder_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere is not there; create it first"):
        output_file(tmp_path / "nowhere" / "candles.csv")


def test_an_output_that_is_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder"):
        output_file(tmp_path)


def test_the_option_that_names_no_folder_is_the_one_that_is_blamed(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--html .*nowhere"):
        output_file(tmp_path / "nowhere" / "coverage.html", "--html")


@pytest.mark.parametrize("text", ["", " ", ","])
def test_an_empty_symbol_does_not_mean_all_of_them(text: str) -> None:
    with pytest.raises(UsageError, match="names no symbol"):
        read_symbols([text])
