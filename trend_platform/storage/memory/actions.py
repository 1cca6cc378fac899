"""The port of corporate actions in memory, on the tables of a market in memory: what its transactions keep is seen here."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from trend_platform.domain.actions import ACTION_KEY, ACTION_SCHEMA
from trend_platform.storage.memory.market import MemoryMarket


@dataclass(frozen=True, slots=True)
class MemoryActions:
    """Corporate actions.

    Attributes:
        market: Whose tables hold them.
    """

    market: MemoryMarket

    def of(self, instrument_ids: Sequence[int]) -> pl.DataFrame:
        """Return all that is known of these instruments as an action frame, sorted by its key."""
        wanted = pl.Series(list(instrument_ids), dtype=pl.Int32).implode()
        return self.market.tables.actions.filter(pl.col("instrument_id").is_in(wanted))

    def record(self, added: pl.DataFrame, removed: pl.DataFrame) -> int:
        """Drop actions and keep others; return how many rows are new, changed or gone."""
        with self.market.changing() as transaction:
            before = transaction.tables.actions
            left = before.join(removed, on=ACTION_KEY, how="anti")
            return before.height - left.height + transaction.keep_actions(left, added.select(ACTION_SCHEMA.names()))
