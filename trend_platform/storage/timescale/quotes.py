"""The `Quotes` port on the table `quotes`: adding, the newest one of each instrument, forgetting."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl
from psycopg import sql

from trend_platform.domain.quotes import QUOTE_KEY, QUOTE_SCHEMA, empty_quotes
from trend_platform.storage.changes import check_kind
from trend_platform.storage.timescale import quote_retention
from trend_platform.storage.timescale.binary import encode
from trend_platform.storage.timescale.database import Database, driver
from trend_platform.storage.timescale.deployment import price_kind
from trend_platform.storage.timescale.tables import SCHEMA

_COLUMNS: Final = sql.SQL(", ").join(map(sql.Identifier, QUOTE_SCHEMA))
_TABLE: Final = sql.Identifier(SCHEMA, "quotes")
_STAGED: Final = sql.Identifier("pg_temp", "staged_quotes")

_STAGE: Final = sql.SQL("CREATE TEMPORARY TABLE staged_quotes (LIKE {table}) ON COMMIT DROP").format(table=_TABLE)
_COPY: Final = sql.SQL("COPY {staged} ({columns}) FROM STDIN (FORMAT binary)").format(staged=_STAGED, columns=_COLUMNS)
# Sorted: two who add the same quotes wait for each other instead of locking each other out.
_ADD: Final = sql.SQL(
    "INSERT INTO {table} ({columns}) SELECT {columns} FROM {staged} "
    "ORDER BY instrument_id, quoted_at, provider ON CONFLICT DO NOTHING"
).format(table=_TABLE, columns=_COLUMNS, staged=_STAGED)
_LATEST: Final = sql.SQL(
    "SELECT {columns} FROM unnest(%s::int4[]) AS wanted(one) CROSS JOIN LATERAL ("
    "SELECT * FROM {table} WHERE instrument_id = wanted.one ORDER BY quoted_at DESC, provider DESC LIMIT 1) AS found"
).format(table=_TABLE, columns=_COLUMNS)


@dataclass(frozen=True, slots=True)
class TimescaleQuotes:
    """Quotes as they came, in one database.

    Attributes:
        database: The database.
    """

    database: Database

    def add(self, quotes: pl.DataFrame) -> int:
        """Store a judged quote frame; rows that are known by key are left alone. Return how many were new.

        Raises:
            SimulatedDataRefused: Simulated quotes for a database of real ones, or the reverse.
        """
        if quotes.is_empty():
            return 0
        with self.database.begin() as connection:
            check_kind(quotes, price_kind(connection))
            quote_retention.keep_chunks(connection)
            with driver(connection).cursor() as cursor:
                cursor.execute(_STAGE)
                with cursor.copy(_COPY) as copy:
                    for block in encode(quotes.select(QUOTE_SCHEMA.names())):
                        copy.write(block)
                return cursor.execute(_ADD).rowcount

    def latest(self, instrument_ids: Sequence[int]) -> pl.DataFrame:
        """Return the newest quote of each instrument by `quoted_at`, whoever gave it, as a quote frame."""
        with self.database.begin() as connection:
            quote_retention.keep_chunks(connection)
            with driver(connection).cursor(binary=True) as cursor:
                rows = cursor.execute(_LATEST, [sorted(set(instrument_ids))], prepare=False).fetchall()
        if not rows:
            return empty_quotes()
        return pl.DataFrame(rows, schema=QUOTE_SCHEMA, orient="row").sort(QUOTE_KEY)

    def forget_before(self, instant: datetime) -> int:
        """Drop quotes older than `instant`, of a hypertable those in chunks that are older as a whole; return how many went.

        Each instrument's newest quote of all stays.
        """
        return quote_retention.forget(self.database, instant)
