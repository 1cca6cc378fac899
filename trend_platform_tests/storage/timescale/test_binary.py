"""The binary COPY stream, read back by a real server."""

from datetime import UTC, datetime

import polars as pl
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trend_platform.storage.timescale.binary import HEADER, TRAILER, encode

SCHEMA = pl.Schema(
    {
        "nth": pl.Int32,
        "word": pl.String,
        "at": pl.Datetime("us", "UTC"),
        "price": pl.Float64,
        "count": pl.Int64,
        "flag": pl.Boolean,
    }
)

TEXT = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=5)
INSTANTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  the strategy adds the zone
ROWS = st.lists(
    st.tuples(
        TEXT | st.none(),
        INSTANTS | st.none(),
        st.floats(allow_nan=False) | st.none(),
        st.integers(-(2**63), 2**63 - 1) | st.none(),
        st.booleans() | st.none(),
    ),
    max_size=30,
)


def through_server(connection: psycopg.Connection, frame: pl.DataFrame) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("SET timezone TO 'UTC'")
        cursor.execute("DROP TABLE IF EXISTS pg_temp.sent")
        cursor.execute(
            "CREATE TEMPORARY TABLE sent (nth int4, word text, at timestamptz, price float8, count int8, flag boolean)"
        )
        with cursor.copy("COPY sent FROM STDIN (FORMAT binary)") as copy:
            for block in encode(frame):
                copy.write(block)
        return cursor.execute("SELECT * FROM sent ORDER BY nth").fetchall()


@pytest.fixture(scope="module")
def connection(database_url: str):
    with psycopg.connect(database_url, autocommit=True) as opened:
        yield opened


@given(rows=ROWS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_frame_arrives_as_it_was(connection: psycopg.Connection, rows: list[tuple[object, ...]]) -> None:
    numbered = [(nth, *row) for nth, row in enumerate(rows)]
    frame = pl.DataFrame(numbered, schema=SCHEMA, orient="row")
    assert through_server(connection, frame) == numbered


def test_more_rows_than_one_block_arrive_in_their_order(connection: psycopg.Connection) -> None:
    frame = pl.DataFrame({"nth": pl.int_range(40_000, dtype=pl.Int32, eager=True)}).with_columns(
        pl.lit(None, dtype).alias(name) for name, dtype in SCHEMA.items() if name != "nth"
    )
    assert [nth for nth, *_ in through_server(connection, frame)] == list(range(40_000))


def test_rows_alike_in_texts_and_nulls_keep_their_order() -> None:
    frame = pl.DataFrame({"number": pl.Series([1, None, 2, None, 3], dtype=pl.Int32)})
    stream = b"".join(encode(frame))
    records = [b"\0\1\0\0\0\4" + number.to_bytes(4) for number in (1, 2, 3)]
    assert stream == HEADER + b"".join(records) + b"\0\1\xff\xff\xff\xff" * 2 + TRAILER


def test_a_dtype_without_a_binary_form_is_named() -> None:
    with pytest.raises(TypeError, match="column day has dtype Date"):
        list(encode(pl.DataFrame({"day": [datetime(2024, 1, 1, tzinfo=UTC).date()]})))
