"""The port of corporate actions on the table `corporate_actions`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl
from sqlalchemy import Connection, select, text

from trend_platform.domain.actions import ACTION_KEY, ACTION_SCHEMA
from trend_platform.storage.timescale import touches
from trend_platform.storage.timescale.database import Database, driver
from trend_platform.storage.timescale.tables import corporate_actions as table
from trend_platform.storage.touches import touched_by_splits

# What makes an action another one than the one that is kept; who says the same again, or later, changes nothing.
_ADD: Final = text(
    """
    INSERT INTO market.corporate_actions AS known
        (instrument_id, kind, ex_date, ratio, amount, currency, detail, provider, fetched_at)
    SELECT instrument_id, kind, ex_date, ratio, amount, currency, detail, provider, fetched_at
    FROM unnest(CAST(:instrument_id AS int4[]), CAST(:kind AS text[]), CAST(:ex_date AS date[]), CAST(:ratio AS float8[]),
        CAST(:amount AS float8[]), CAST(:currency AS text[]), CAST(:detail AS text[]), CAST(:provider AS text[]),
        CAST(:fetched_at AS timestamptz[]))
        AS given(instrument_id, kind, ex_date, ratio, amount, currency, detail, provider, fetched_at)
    ON CONFLICT (instrument_id, kind, ex_date) DO UPDATE SET ratio = excluded.ratio, amount = excluded.amount,
        currency = excluded.currency, detail = excluded.detail, provider = excluded.provider,
        fetched_at = excluded.fetched_at
    WHERE (known.ratio, known.amount, known.currency, known.detail)
        IS DISTINCT FROM (excluded.ratio, excluded.amount, excluded.currency, excluded.detail)
    """
)
_REMOVE: Final = text(
    """
    DELETE FROM market.corporate_actions AS known
    USING unnest(CAST(:instrument_id AS int4[]), CAST(:kind AS text[]), CAST(:ex_date AS date[]))
        AS given(instrument_id, kind, ex_date)
    WHERE (known.instrument_id, known.kind, known.ex_date) = (given.instrument_id, given.kind, given.ex_date)
    """
)


@dataclass(frozen=True, slots=True)
class TimescaleActions:
    """Corporate actions of one database.

    Attributes:
        database: The database.
    """

    database: Database

    def of(self, instrument_ids: Sequence[int]) -> pl.DataFrame:
        """Return all that is known of these instruments as an action frame, sorted by its key."""
        wanted = select(*(table.c[name] for name in ACTION_SCHEMA)).where(
            table.c.instrument_id.in_(list(instrument_ids))
        )
        with self.database.begin() as connection:
            rows = connection.execute(wanted.order_by(*(table.c[name] for name in ACTION_KEY))).all()
        return pl.DataFrame([tuple(row) for row in rows], schema=ACTION_SCHEMA, orient="row")

    def record(self, added: pl.DataFrame, removed: pl.DataFrame) -> int:
        """Drop actions and keep others in one transaction; return how many rows are new, changed or gone."""
        with self.database.begin() as connection:
            changed = _remove(connection, removed) + _add(connection, added)
            if changed:
                touches.add(driver(connection), touched_by_splits([added, removed]), run_id=0)
            return changed


def _remove(connection: Connection, actions: pl.DataFrame) -> int:
    if actions.is_empty():
        return 0
    return connection.execute(_REMOVE, {name: actions[name].to_list() for name in ACTION_KEY}).rowcount


def _add(connection: Connection, actions: pl.DataFrame) -> int:
    if actions.is_empty():
        return 0
    return connection.execute(_ADD, {name: actions[name].to_list() for name in ACTION_SCHEMA}).rowcount
