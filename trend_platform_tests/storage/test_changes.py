"""What an upsert amounts to: every row is counted once, whatever is stored."""

from datetime import timedelta

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.storage.changes import compare
from trend_platform_tests.storage.candle_frames import FIRST, candles

ROWS = st.dictionaries(
    st.tuples(st.integers(1, 2), st.integers(0, 5)),
    st.tuples(st.sampled_from([None, 0.0, 1.0]), st.booleans()),
    min_size=1,
    max_size=12,
)


def frame(rows: dict[tuple[int, int], tuple[float | None, bool]]) -> pl.DataFrame:
    said = pl.DataFrame(
        [(one, FIRST + timedelta(days=day), *values) for (one, day), values in rows.items()],
        schema={
            "instrument_id": pl.Int32,
            "opened_at": pl.Datetime("us", "UTC"),
            "volume": pl.Float64,
            "is_final": pl.Boolean,
        },
        orient="row",
    )
    return (
        candles(1, 2, count=6)
        .join(said, on=["instrument_id", "opened_at"], suffix="_said")
        .with_columns(volume="volume_said", is_final="is_final_said")
        .drop("volume_said", "is_final_said")
    )


def expected(value: tuple[float | None, bool], stored: tuple[float | None, bool] | None) -> str:
    if stored is None:
        return "new"
    if value == stored or (stored[1] and not value[1]):
        return "unchanged"
    return "corrected" if stored[1] else "completed"


@given(incoming=ROWS, stored=ROWS)
def test_each_row_is_new_corrected_completed_or_unchanged(
    incoming: dict[tuple[int, int], tuple[float | None, bool]], stored: dict[tuple[int, int], tuple[float | None, bool]]
) -> None:
    fates = [expected(value, stored.get(key)) for key, value in incoming.items()]
    changes = compare(frame(incoming), frame(stored).sample(fraction=1, shuffle=True, seed=1))
    assert changes.new.height == fates.count("new")
    assert changes.corrected.height == fates.count("corrected")
    assert changes.completed.height == fates.count("completed")
    assert changes.unchanged == fates.count("unchanged")
    assert changes.upsert.rows == len(incoming)
    assert changes.new.columns == frame(incoming).columns
