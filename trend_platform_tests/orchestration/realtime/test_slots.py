from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.orchestration.realtime.slots import Memory, stamp

MINUTES = st.none() | st.datetimes(datetime(1990, 1, 1), datetime(2049, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001  hypothesis wants naive bounds
    lambda instant: instant.replace(second=0, microsecond=0)
)


@given(served=MINUTES, looked=MINUTES, known=st.frozensets(st.integers(1, 900)))
def test_a_memory_survives_its_cursor(served: datetime | None, looked: datetime | None, known: frozenset[int]) -> None:
    memory = Memory(served, looked, known)
    assert Memory.of(str(memory)) == memory


def test_a_whole_index_takes_a_few_characters() -> None:
    now = datetime(2026, 11, 20, 15, 3, tzinfo=UTC)
    known = frozenset({*range(1, 506), 600})
    assert str(Memory(now, now, known)) == "2026-11-20T15:03Z 2026-11-20T15:03Z 1-505,600"


@pytest.mark.parametrize("cursor", [None, "", "x", "1 2 3 4", "2026-11-20T15:03Z yesterday 1-3", "- - 1-x"])
def test_a_cursor_that_cannot_be_read_is_none(cursor: str | None) -> None:
    assert Memory.of(cursor) == Memory()


def test_a_stamp_is_in_utc_to_the_minute() -> None:
    assert stamp(datetime(2026, 11, 20, 15, 3, 59, tzinfo=UTC)) == "2026-11-20T15:03Z"
    assert stamp(None) == "-"
