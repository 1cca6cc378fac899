"""The `Quotes` port in memory: one quote frame, replaced as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Final

import polars as pl

from trend_platform.domain.quotes import QUOTE_KEY, QUOTE_SCHEMA, empty_quotes
from trend_platform.storage.base import PriceKind
from trend_platform.storage.changes import check_kind

# Of two providers that quote the same instant the one whose name comes last is taken: the same in every store.
_NEWEST_LAST: Final = ("instrument_id", "quoted_at", "provider")


@dataclass(slots=True)
class MemoryQuotes:
    """Quotes as they came.

    Attributes:
        kind: Which prices it holds.
    """

    kind: PriceKind
    _stored: pl.DataFrame = field(default_factory=empty_quotes)
    _lock: Lock = field(default_factory=Lock)

    def add(self, quotes: pl.DataFrame) -> int:
        """Store a judged quote frame; rows that are known by key are left alone. Return how many were new.

        Raises:
            SimulatedDataRefused: Simulated quotes for a store of real ones, or the reverse.
        """
        check_kind(quotes, self.kind)
        with self._lock:
            new = quotes.unique(QUOTE_KEY, keep="first").join(self._stored, on=QUOTE_KEY, how="anti")
            self._stored = pl.concat([self._stored, new.select(QUOTE_SCHEMA.names())])
        return new.height

    def latest(self, instrument_ids: Sequence[int]) -> pl.DataFrame:
        """Return the newest quote of each instrument by `quoted_at`, whoever gave it, as a quote frame."""
        wanted = pl.Series(list(instrument_ids), dtype=QUOTE_SCHEMA["instrument_id"])
        return _newest(self._stored.filter(pl.col("instrument_id").is_in(wanted.implode())))

    def forget_before(self, instant: datetime) -> int:
        """Drop quotes older than `instant`, except each instrument's newest; return how many went."""
        with self._lock:
            before = self._stored
            young = before.filter(pl.col("quoted_at") >= instant)
            self._stored = pl.concat([young, _newest(before).filter(pl.col("quoted_at") < instant)])
        return before.height - self._stored.height


def _newest(quotes: pl.DataFrame) -> pl.DataFrame:
    return quotes.sort(_NEWEST_LAST).unique("instrument_id", keep="last").sort(QUOTE_KEY)
