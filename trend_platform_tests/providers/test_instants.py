"""Instants as text: Z and offsets, digits and their absence, and what is no instant."""

from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.candles import INSTANT
from trend_platform.providers.instants import instant_of_date, instants_of_text

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
AT = datetime(2026, 11, 19, 14, 30, tzinfo=UTC)


def _read(*texts: str | None) -> list[datetime | None]:
    found = instants_of_text(pl.Series(texts, dtype=pl.String()))
    assert found.dtype == INSTANT
    return found.to_list()


@given(st.integers(0, 4 * 10**15), ZONES)
def test_an_instant_comes_back_whatever_its_offset(microseconds: int, zone: timezone) -> None:
    instant = datetime.fromtimestamp(0, zone) + timedelta(microseconds=microseconds)
    assert _read(instant.isoformat()) == [instant]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-19T14:30:00Z", AT),
        ("2026-11-19T14:30:00.5Z", AT + timedelta(milliseconds=500)),
        ("2026-11-19T14:30:00.123456789Z", AT + timedelta(microseconds=123_456)),
        ("2026-11-19T09:30:00-05:00", AT),
        ("2026-11-19T14:30:00", None),
        ("2026-11-19", None),
        ("soon", None),
        (None, None),
    ],
)
def test_a_text_names_an_instant_or_none(text: str | None, instant: datetime | None) -> None:
    assert _read(text) == [instant]


def test_one_column_may_hold_both_spellings() -> None:
    assert _read("2026-11-19T14:30:00Z", None, "2026-11-19T15:30:00+01:00", "x") == [AT, None, AT, None]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("Thu, 19 Nov 2026 14:30:00 GMT", AT),
        ("Thu, 19 Nov 2026 09:30:00 -0500", AT),
        ("Thu, 19 Nov 2026 14:30:00 -0000", AT),
        ("2026-11-19T14:30:00Z", None),
        ("Thu, 99 Nov 2026 14:30:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:00 -2359", None),
        ("soon", None),
        ("", None),
    ],
)
def test_a_date_of_a_header_names_an_instant_or_none(text: str, instant: datetime | None) -> None:
    assert instant_of_date(text) == instant
