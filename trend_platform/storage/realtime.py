"""The storage ports of the minute loop: quotes, what people look at, incidents, and the hot copy of latest prices.

As with the ports in `base`, every implementation passes the same contract suite; methods are synchronous and may block.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import polars as pl

from trend_platform.domain.instruments import Instrument


class Quotes(Protocol):
    """Quotes as they came, one row per instrument, provider and quoted time."""

    def add(self, quotes: pl.DataFrame) -> int:
        """Store a judged quote frame; rows that are known by key are left alone. Return how many were new.

        Raises:
            SimulatedDataRefused: Simulated quotes for a database of real ones, or the reverse.
        """
        ...

    def latest(self, instrument_ids: Sequence[int]) -> pl.DataFrame:
        """Return the newest quote of each instrument by `quoted_at`, whoever gave it, as a quote frame."""
        ...

    def forget_before(self, instant: datetime) -> int:
        """Drop quotes older than `instant`, whole chunks where the table has them; return how many rows went.

        Each instrument's newest quote of all stays.
        """
        ...


@dataclass(frozen=True, slots=True)
class Holding:
    """What a portfolio holds of one instrument.

    Attributes:
        instrument: The instrument.
        quantity: How much of it, in its own units; negative if short.
        cost: What one unit cost, where known.
    """

    instrument: Instrument
    quantity: float
    cost: float | None = None


class Interests(Protocol):
    """What people look at: watchlists, portfolios and the market overview. Their union is what is kept fresh."""

    def active(self) -> tuple[Instrument, ...]:
        """Return the union of all lists without instruments that left the universe, by symbol."""
        ...

    def watchlists(self) -> Mapping[str, tuple[Instrument, ...]]:
        """Return all watchlists by name, each in the order it was filled."""
        ...

    def watch(self, name: str, instruments: Sequence[Instrument]) -> int:
        """Append instruments to a watchlist, which is made if need be; return how many were new to it."""
        ...

    def unwatch(self, name: str, symbols: Sequence[str] = ()) -> int:
        """Take symbols off a watchlist, all of them if none is named; an empty list is gone. Return how many went."""
        ...

    def portfolios(self) -> Mapping[str, tuple[Holding, ...]]:
        """Return all portfolios by name, holdings by symbol."""
        ...

    def hold(self, name: str, holdings: Sequence[Holding]) -> None:
        """Put holdings into a portfolio, which is made if need be; one of the same instrument is replaced."""
        ...

    def release(self, name: str, symbols: Sequence[str] = ()) -> int:
        """Take symbols out of a portfolio, all of them if none is named; an empty one is gone. Return how many went."""
        ...

    def overview(self) -> tuple[Instrument, ...]:
        """Return the market overview list in the order it was filled."""
        ...

    def show(self, instruments: Sequence[Instrument]) -> int:
        """Append instruments to the overview; return how many were new to it."""
        ...

    def hide(self, symbols: Sequence[str] = ()) -> int:
        """Take symbols off the overview, all of them if none is named; return how many went."""
        ...


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that is wrong, or was: told once when it opens and once when it closes.

    Attributes:
        key: What is wrong, such as `stale:latest_prices` or `run_failed:daily_history`; one incident per key is open.
        summary: The sentence that was sent.
        opened_at: When it was first seen.
        last_seen_at: When it was last seen.
        closed_at: When it was found over; `None` while it is open.
        told_at: When its opening was delivered; `None` while no channel has taken it.
    """

    key: str
    summary: str
    opened_at: datetime
    last_seen_at: datetime
    closed_at: datetime | None = None
    told_at: datetime | None = None


class Incidents(Protocol):
    """The record of incidents."""

    def unfinished(self) -> tuple[Incident, ...]:
        """Return the open ones, oldest first."""
        ...

    def save(self, incidents: Sequence[Incident]) -> None:
        """Store incidents; one with the same key and `opened_at` is replaced."""
        ...

    def latest(self, count: int) -> tuple[Incident, ...]:
        """Return the last ones, newest first."""
        ...

    def forget_before(self, instant: datetime) -> int:
        """Drop incidents closed before `instant`; return how many went."""
        ...


class PriceCache(Protocol):
    """Latest prices for readers, kept hot and published; it may forget anything at any time."""

    def get(self, symbols: Sequence[str]) -> Mapping[str, bytes]:
        """Return the JSON of those that are there; none where the cache is down."""
        ...

    def put(self, prices: Mapping[str, bytes]) -> int:
        """Store and publish many in one pipeline; return how many were skipped because the cache is down."""
        ...

    def forget_others(self, keep: Collection[str]) -> int:
        """Drop the price of every symbol that is not in `keep`; return how many keys went, 0 where the cache is down."""
        ...
