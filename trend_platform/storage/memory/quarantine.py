"""The port of rows set aside, over a market in memory."""

from dataclasses import dataclass

import polars as pl

from trend_platform.storage.memory.market import MemoryMarket
from trend_platform.storage.quarantine import Chosen


@dataclass(frozen=True, slots=True)
class MemoryQuarantine:
    """Rows set aside.

    Attributes:
        market: Whose.
    """

    market: MemoryMarket

    def rows(self, chosen: Chosen) -> pl.DataFrame:
        """Return rows (`ASIDE_SCHEMA`), sorted by their number."""
        rows = self.market.asides()
        if chosen.ids:
            rows = rows.filter(pl.col("quarantine_id").is_in(list(chosen.ids)))
        if chosen.instrument_ids:
            rows = rows.filter(pl.col("instrument_id").is_in(list(chosen.instrument_ids)))
        if chosen.timeframe:
            rows = rows.filter(pl.col("timeframe") == chosen.timeframe)
        if chosen.rule:
            rows = rows.filter(pl.col("rule") == chosen.rule)
        return rows.filter(pl.col("decision").is_null()) if chosen.undecided else rows
