"""What an upsert amounts to: incoming candles against stored ones, decided once for every store.

Pure: frames in, frames out. Reading and writing them is each store's own.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from trend_platform.domain.candles import CANDLE_SCHEMA, CANDLE_VALUES, INSTANT
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import SimulatedDataRefused, UsageError
from trend_platform.storage.base import PriceKind, Upsert

REVISION_SCHEMA: Final = pl.Schema({**CANDLE_SCHEMA, "revised_at": INSTANT, "run_id": pl.Int64()})
"""An old candle, when its successor was fetched, and the run that stored the successor."""

SIMULATED_PROVIDER: Final = "simulated"

_KEY = ("instrument_id", "opened_at")


@dataclass(frozen=True, slots=True)
class Changes:
    """Incoming candles by what has to be done with them; each a candle frame.

    Attributes:
        new: Not stored yet.
        corrected: Final, stored as final with other values.
        completed: Stored as forming, and different now.
        unchanged: How many say what is stored, or are forming where a final candle is stored.
    """

    new: pl.DataFrame
    corrected: pl.DataFrame
    completed: pl.DataFrame
    unchanged: int

    @property
    def upsert(self) -> Upsert:
        """Return the counts."""
        return Upsert(self.new.height, self.corrected.height, self.completed.height, self.unchanged)


def compare(incoming: pl.DataFrame, stored: pl.DataFrame) -> Changes:
    """Sort `incoming` by what is stored of it.

    Args:
        incoming: A candle frame of one timeframe.
        stored: Candles of that timeframe, in any order; columns `instrument_id`, `opened_at` and those of
            `CANDLE_VALUES`. Others than those of `incoming` may be among them.
    """
    stored = stored.select(*_KEY, *CANDLE_VALUES).sort(_KEY)
    if _same_keys(incoming, stored):
        beside = stored.select(pl.col(name).alias(f"{name}_stored") for name in CANDLE_VALUES)
        paired = pl.concat([incoming, beside], how="horizontal")
    else:
        paired = incoming.join(stored, on=_KEY, how="left", suffix="_stored", maintain_order="left")
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_stored")) for name in CANDLE_VALUES)
    changed = paired.filter(differs)
    final_stored = pl.col("is_final_stored")
    new = changed.filter(final_stored.is_null())
    corrected = changed.filter(final_stored & pl.col("is_final"))
    completed = changed.filter(~final_stored)
    left = incoming.height - new.height - corrected.height - completed.height
    columns = incoming.columns
    return Changes(new.select(columns), corrected.select(columns), completed.select(columns), left)


def joined(changes: Sequence[Changes]) -> Changes:
    """Return the changes of several parts of an upsert as one; at least one part."""
    return Changes(
        pl.concat(part.new for part in changes),
        pl.concat(part.corrected for part in changes),
        pl.concat(part.completed for part in changes),
        sum(part.unchanged for part in changes),
    )


def only_timeframe(candles: pl.DataFrame) -> Timeframe:
    """Return the timeframe all rows of a candle frame have.

    Raises:
        UsageError: There is more than one.
    """
    found = candles["timeframe"].unique().to_list()
    if len(found) != 1:
        raise UsageError(f"an upsert takes candles of one timeframe, found {sorted(found)}: store them one by one")
    return Timeframe(found[0])


def check_kind(prices: pl.DataFrame, kind: PriceKind) -> None:
    """Refuse candles or quotes that do not belong into a database of `kind`.

    Raises:
        SimulatedDataRefused: Simulated prices for a database of real ones, or the reverse.
    """
    providers = set(prices["provider"].unique())
    strangers = providers - {SIMULATED_PROVIDER} if kind is PriceKind.SIMULATED else providers & {SIMULATED_PROVIDER}
    if strangers:
        raise SimulatedDataRefused(
            f"this database holds {kind.value} prices and prices of {', '.join(sorted(strangers))} were about to be "
            "stored in it: use the database of the other kind (see `trend doctor`)"
        )


def check_known(instruments: Sequence[Instrument], known: Container[int]) -> None:
    """Refuse instruments whose id no store knows.

    Raises:
        UsageError: There is one; lists are made of instruments of the universe.
    """
    strangers = [one.symbol for one in instruments if one.instrument_id not in known]
    if strangers:
        raise UsageError(f"not in the universe: {', '.join(strangers)}; add them with `trend instruments add`")


def _same_keys(incoming: pl.DataFrame, stored: pl.DataFrame) -> bool:
    return incoming.height == stored.height and all(incoming[name].equals(stored[name]) for name in _KEY)
