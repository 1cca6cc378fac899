"""Time stamps of files: every spelling of one instant is that instant, and what cannot be read is null."""

from datetime import UTC, date, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.files.stamps import StampReader

DAILY = StampReader(Timeframe.D1, "UTC")
HOURLY = StampReader(Timeframe.H1, "UTC")
NEW_YORK = "America/New_York"
DAY = datetime(2018, 2, 7, tzinfo=UTC)
HOUR = datetime(2018, 2, 7, 14, 30, tzinfo=UTC)


def _read(reader: StampReader, *values: object, dtype: pl.DataType | None = None) -> list[datetime | None]:
    return reader.read(pl.Series(values, dtype=dtype)).to_list()


@pytest.mark.parametrize(
    "text",
    [
        "2018-02-07",
        " 2018-02-07 ",
        "2018/02/07",
        "20180207",
        "2018-02-07T00:00:00",
        "2018-02-07 00:00:00",
        "2018-02-07 09:30",
        "2018-02-07T00:00:00Z",
        "2018-02-07 00:00:00-05:00",
        "2018-02-07 00:00:00+0900",
        "2018-02-07T00:00:00.000000Z",
        "1517961600",
        "1517961600000",
        "1517961600000000",
        "1517961600000000000",
    ],
)
def test_a_day_is_midnight_utc_of_its_date_however_it_is_written(text: str):
    assert _read(DAILY, text) == [DAY]


@pytest.mark.parametrize(
    "text",
    [
        "2018-02-07T14:30:00Z",
        "2018-02-07 14:30:00",
        "2018-02-07 14:30",
        "2018-02-07T14:30Z",
        "2018-02-07 14:30:00.000",
        "2018-02-07 09:30:00-05:00",
        "2018-02-07T23:30:00+0900",
        "1518013800",
        "1518013800000",
        "1518013800000000",
        "1518013800000000000",
    ],
)
def test_an_hour_is_its_instant_however_it_is_written(text: str):
    assert _read(HOURLY, text) == [HOUR]


def test_spellings_may_be_mixed_in_one_column():
    assert _read(HOURLY, "2018-02-07T14:30:00Z", "1518013800", "2018-02-07 09:30:00-05:00") == [HOUR] * 3
    assert _read(DAILY, "2018-02-07", "1517961600000", "2018/02/07") == [DAY] * 3


@pytest.mark.parametrize("text", ["", "yesterday", "2018-13-45", "2018-02-30", "07.02.2018", "12:30"])
@pytest.mark.parametrize("reader", [DAILY, HOURLY])
def test_what_cannot_be_read_is_null(reader: StampReader, text: str):
    assert _read(reader, text, "2018-02-07") == [None, DAY]


def test_numbers_are_epochs_by_their_size_or_dates_by_their_look():
    assert _read(HOURLY, 1_518_013_800, 1_518_013_800_000) == [HOUR, HOUR]
    assert _read(HOURLY, 1_518_013_800.0) == [HOUR]
    assert _read(DAILY, 20180207, 20180208) == [DAY, DAY + timedelta(days=1)]


def test_stamps_without_a_zone_are_in_the_zone_of_the_settings():
    reader = StampReader(Timeframe.H1, NEW_YORK)
    assert _read(reader, "2018-02-07 09:30:00") == [HOUR]
    assert _read(reader, "2018-02-07T14:30:00Z") == [HOUR]
    assert _read(reader, datetime(2018, 2, 7, 9, 30)) == [HOUR]  # noqa: DTZ001  naive stamps are what it is about


def test_an_epoch_of_a_daily_candle_is_the_date_in_the_zone_of_the_settings():
    assert _read(StampReader(Timeframe.D1, NEW_YORK), 1_517_979_600) == [DAY]
    assert _read(StampReader(Timeframe.D1, "Asia/Tokyo"), 1_517_929_200) == [DAY]


def test_a_time_that_clocks_skip_is_null_and_one_they_show_twice_is_the_first():
    reader = StampReader(Timeframe.H1, NEW_YORK)
    assert _read(reader, "2024-03-10 02:30:00", "2024-11-03 01:30:00") == [
        None,
        datetime(2024, 11, 3, 5, 30, tzinfo=UTC),
    ]


def test_a_format_of_ones_own_is_used_and_nothing_else():
    reader = StampReader(Timeframe.D1, "UTC", "%d.%m.%Y")
    assert _read(reader, "07.02.2018", "2018-02-07") == [DAY, None]
    zoned = StampReader(Timeframe.H1, "UTC", "%d.%m.%Y %H:%M %z")
    assert _read(zoned, "07.02.2018 09:30 -0500") == [HOUR]


def test_typed_columns_are_read_as_they_are():
    assert _read(DAILY, date(2018, 2, 7)) == [DAY]
    tokyo = pl.Series([datetime(2018, 2, 6, 15, tzinfo=UTC)]).dt.convert_time_zone("Asia/Tokyo")
    assert DAILY.read(tokyo).to_list() == [DAY]
    assert HOURLY.read(tokyo).to_list() == [datetime(2018, 2, 6, 15, tzinfo=UTC)]
    assert _read(DAILY, datetime(2018, 2, 7), dtype=pl.Datetime("ns")) == [DAY]  # noqa: DTZ001
    assert _read(DAILY, True) == [None]


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2099, 1, 1)),  # noqa: DTZ001  the zone is added below
    st.integers(-12, 14),
)
def test_any_instant_survives_being_written_with_any_offset(instant: datetime, offset: int):
    aware = instant.replace(microsecond=0, tzinfo=timezone(timedelta(hours=offset)))
    assert _read(HOURLY, aware.isoformat(), aware.isoformat(sep=" ")) == [aware, aware]
    assert _read(DAILY, aware.isoformat()) == [datetime(aware.year, aware.month, aware.day, tzinfo=UTC)]
