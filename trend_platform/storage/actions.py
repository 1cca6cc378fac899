"""The storage port of what happens to shares: splits, dividends, changes of symbol, delistings.

As with the ports in `base`, every implementation passes the same contract suite; methods are synchronous and may block.
One action is kept per instrument, kind and day: who is believed where providers disagree is decided before anything is kept.
"""

from collections.abc import Sequence
from typing import Protocol

import polars as pl


class Actions(Protocol):
    """Corporate actions of one database; `Market.splits` reads the same rows."""

    def of(self, instrument_ids: Sequence[int]) -> pl.DataFrame:
        """Return all that is known of these instruments as an action frame, sorted by its key."""
        ...

    def record(self, added: pl.DataFrame, removed: pl.DataFrame) -> int:
        """Drop actions and keep others, all of them or nothing; return how many rows are new, changed or gone.

        Args:
            added: Action frame, unique on its key. A row that says the same as the one kept leaves that one alone, with
                who said it and when; another one replaces it.
            removed: Action frame; only its key counts. Rows that are not there are no fault.
        """
        ...
