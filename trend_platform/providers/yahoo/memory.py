"""The splits Yahoo told lately, so that a run asks for those of an instrument once. Nothing here outlives the process."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

_GOOD_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Told:
    since: datetime
    at: datetime
    splits: pl.DataFrame


class SplitMemory:
    """Keeps what an answer that reached up to its own present told of a symbol's splits, for an hour."""

    def __init__(self) -> None:
        self._told: dict[str, _Told] = {}

    def keep(self, ticker: str, since: datetime, at: datetime, splits: pl.DataFrame) -> None:
        """Remember all splits of a symbol between `since` and `at`."""
        self._told[ticker] = _Told(since, at, splits)

    def recall(self, ticker: str, since: datetime, now: datetime) -> pl.DataFrame | None:
        """Return the splits of a symbol since then, perhaps with earlier ones; `None` if they must be asked."""
        told = self._told.get(ticker)
        is_good = told is not None and told.since <= since and now - told.at < _GOOD_FOR
        return told.splits if told is not None and is_good else None
