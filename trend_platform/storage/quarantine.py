"""The storage port of rows that were set aside, as people look at them; deciding happens in a `MarketTransaction`.

As with the ports in `base`, every implementation passes the same contract suite; methods are synchronous and may block.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which rows are meant; what is empty or `None` excludes none.

    Attributes:
        ids: Their numbers.
        instrument_ids: Their instruments; rows of an unknown instrument have none.
        timeframe: Their timeframe, `quote` for latest prices.
        rule: The rule that struck them first.
        undecided: Only those nobody has decided about.
    """

    ids: Sequence[int] = ()
    instrument_ids: Sequence[int] = ()
    timeframe: str | None = None
    rule: str | None = None
    undecided: bool = False


class Quarantine(Protocol):
    """Rows that were set aside, kept for good whatever is decided."""

    def rows(self, chosen: Chosen) -> pl.DataFrame:
        """Return rows (`ASIDE_SCHEMA`), sorted by their number."""
        ...
