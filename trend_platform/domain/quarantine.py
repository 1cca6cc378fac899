"""The quarantine frame: rows that were set aside, each with the rule that struck it, what it said, and what was decided."""

from enum import StrEnum
from functools import cache
from typing import Final

import polars as pl

from trend_platform.domain.candles import INSTANT

QUARANTINE_SCHEMA: Final = pl.Schema(
    {
        "instrument_id": pl.Int32(),
        "timeframe": pl.String(),
        "opened_at": INSTANT,
        "provider": pl.String(),
        "rule": pl.String(),
        "reason": pl.String(),
        "payload": pl.String(),
        "fetched_at": INSTANT,
    }
)
"""One row set aside. `opened_at` is null where the row's time could not be read; `payload` is the row as JSON."""

ASIDE_SCHEMA: Final = pl.Schema(
    {
        "quarantine_id": pl.Int64(),
        **QUARANTINE_SCHEMA,
        "run_id": pl.Int64(),
        "decision": pl.String(),
        "decided_at": INSTANT,
    }
)
"""A row set aside as it is kept: with its number, the run that set it aside, and what people decided, if they have."""


class Decision(StrEnum):
    """What people decided about a row that was set aside."""

    RELEASED = "released"
    DROPPED = "dropped"


class Aside(StrEnum):
    """What stands in the `timeframe` column of rows set aside that are no candles; `opened_at` is then their own time."""

    QUOTE = "quote"


@cache
def empty_quarantine() -> pl.DataFrame:
    """Return a quarantine frame without rows; frames are never changed in place, so one serves all."""
    return pl.DataFrame(schema=QUARANTINE_SCHEMA)
