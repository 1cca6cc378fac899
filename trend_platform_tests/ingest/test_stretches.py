from datetime import UTC, datetime, timedelta
from itertools import pairwise

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.candles import INSTANT
from trend_platform.ingest.stretches import APART, stretches

START = datetime(2019, 1, 1, tzinfo=UTC)


def frame(hours: list[int]) -> pl.DataFrame:
    stamps = [START + timedelta(hours=one) for one in hours]
    return pl.DataFrame({"opened_at": stamps}, schema={"opened_at": INSTANT}).with_row_index("row")


@given(st.lists(st.integers(0, 24 * 365), max_size=30))
def test_no_row_is_lost_and_stretches_lie_apart(hours: list[int]):
    parts = stretches(frame(hours))
    assert pl.concat(parts).sort("row").equals(frame(hours))
    ends = [(part["opened_at"].min(), part["opened_at"].max()) for part in parts]
    for (_, end), (start, _) in pairwise(ends):
        assert start - end > APART
    for part in parts:
        assert all(step <= APART for step in part["opened_at"].sort().diff().drop_nulls())


def test_rows_that_lie_close_are_one_stretch_and_stay_as_they_are():
    rows = frame([5, 1, 300])
    assert [part.equals(rows) for part in stretches(rows)] == [True]
