"""The storage ports: what the use cases ask of a store, whichever it is.

Every implementation passes the same contract suite (`trend_platform_tests/contracts`). Methods are synchronous and may
block; a `Market` may be used from several threads, a `MarketTransaction` from one.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import polars as pl

from trend_platform.domain.coverage import Ledger
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.quarantine import Aside, Decision
from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.actions import Actions
from trend_platform.storage.coverage import CoverageReads
from trend_platform.storage.measures import ProviderScores, QualityMetrics
from trend_platform.storage.quarantine import Quarantine
from trend_platform.storage.readings import Economy, News, Posts, Purse
from trend_platform.storage.realtime import Incidents, Interests, Quotes
from trend_platform.storage.repairs import Repairs
from trend_platform.storage.rollups import Rollups
from trend_platform.storage.runs import Runs


class PriceKind(StrEnum):
    """Which prices a database holds; the two never meet in one."""

    REAL = "real"
    SIMULATED = "simulated"


@dataclass(frozen=True, slots=True)
class Upsert:
    """What became of the candles of one upsert, or of several; the counts add up to the rows given.

    Attributes:
        inserted: Rows that are new.
        corrected: Final candles whose values changed; each left a revision with the old values.
        completed: Forming candles that changed or became final.
        unchanged: Rows that said what was stored already; nothing was written for them.
    """

    inserted: int = 0
    corrected: int = 0
    completed: int = 0
    unchanged: int = 0

    def __add__(self, other: "Upsert") -> "Upsert":
        return Upsert(
            self.inserted + other.inserted,
            self.corrected + other.corrected,
            self.completed + other.completed,
            self.unchanged + other.unchanged,
        )

    @property
    def rows(self) -> int:
        """Return how many rows were given."""
        return self.inserted + self.corrected + self.completed + self.unchanged


class MarketTransaction(Protocol):
    """One unit of work on the market's tables: all of it is stored, or nothing."""

    def lock(self, instrument_ids: Sequence[int]) -> None:
        """Keep other writers away from these instruments until the transaction ends; deadlock-free in any order."""
        ...

    def upsert(self, candles: pl.DataFrame) -> Upsert:
        """Store candles: a candle frame of one timeframe, unique on its key.

        Raises:
            SimulatedDataRefused: Simulated candles for a database of real ones, or the reverse.
        """
        ...

    def stored_opens(self, instrument_ids: Sequence[int], timeframe: Timeframe, interval: Interval) -> pl.DataFrame:
        """Return `instrument_id`, `opened_at` of the candles stored in `interval`, this transaction's included."""
        ...

    def ledgers(self, instrument_ids: Sequence[int], timeframe: Timeframe) -> Mapping[int, Ledger]:
        """Return what is known of each series; an instrument nothing is known of has an empty ledger."""
        ...

    def replace_ledgers(self, timeframe: Timeframe, before: Mapping[int, Ledger], after: Mapping[int, Ledger]) -> None:
        """Make `after` the truth; only rows that differ from `before` are written."""
        ...

    def quarantine(self, rows: pl.DataFrame) -> int:
        """Set rows aside (quarantine frame); a row set aside before for the same reason is kept once. Return new ones."""
        ...

    def decide(self, ids: Sequence[int], decision: Decision, at: datetime) -> Sequence[int]:
        """Decide about rows set aside; return, sorted, the numbers of those for which that is new.

        What was released is decided for good; what was dropped can still be released.
        """
        ...

    def add_splits(self, splits: pl.DataFrame) -> int:
        """Store a split frame; known ones are left alone, a changed ratio is replaced. Return how many were new or changed."""
        ...


class Market(Protocol):
    """Candles, coverage, splits and quarantine of one database."""

    @property
    def kind(self) -> PriceKind:
        """Return which prices this database holds."""
        ...

    def begin(self, run_id: int) -> AbstractContextManager[MarketTransaction]:
        """Open a unit of work on behalf of an ingest run; leaving the context commits, an exception rolls back."""
        ...

    def recording(self, repair_id: int) -> "Market":
        """Return this market; what its transactions change is kept for that repair, each in its own transaction."""
        ...

    def candles(self, instrument_ids: Sequence[int], timeframe: Timeframe, interval: Interval) -> pl.DataFrame:
        """Return the stored candles in `interval` as a candle frame, on the basis they are stored on."""
        ...

    def recent(self, instrument_ids: Sequence[int], timeframe: Timeframe, before: datetime, count: int) -> pl.DataFrame:
        """Return, per instrument, the last `count` candles stamped before `before`, as a candle frame."""
        ...

    def ledgers(self, instrument_ids: Sequence[int], timeframe: Timeframe) -> Mapping[int, Ledger]:
        """Return what is known of each series; an instrument nothing is known of has an empty ledger."""
        ...

    def splits(self, instrument_ids: Sequence[int]) -> pl.DataFrame:
        """Return the known splits as a split frame, sorted by instrument and day."""
        ...

    def revisions(self, instrument_id: int, timeframe: Timeframe, interval: Interval) -> pl.DataFrame:
        """Return old values of corrected candles: a candle frame with `revised_at` and `run_id`, oldest change first."""
        ...

    def quarantined(
        self, instrument_ids: Sequence[int], timeframe: Timeframe | Aside, interval: Interval
    ) -> pl.DataFrame:
        """Return rows set aside whose `opened_at` lies in `interval`, as a quarantine frame."""
        ...

    def unreadable(self, instrument_ids: Sequence[int], timeframe: Timeframe | Aside) -> pl.DataFrame:
        """Return rows set aside whose time could not be read, as a quarantine frame; no interval holds them."""
        ...

    def count_candles(self, timeframe: Timeframe, windows: Mapping[int, Interval]) -> Mapping[int, int]:
        """Return how many candles are stored of each series in its window, by counting rows; none is 0."""
        ...


class Universe(Protocol):
    """The instruments the platform knows."""

    def instruments(self) -> tuple[Instrument, ...]:
        """Return all of them, by symbol."""
        ...

    def add(self, instruments: Sequence[Instrument]) -> tuple[Instrument, ...]:
        """Store instruments by symbol and return them with their ids; known symbols keep their id and are updated.

        The `instrument_id` of what is passed is ignored.
        """
        ...

    def rename(self, symbol: str, to: str) -> Instrument:
        """Give an instrument another symbol and return it; its id, and so all that is stored, stays.

        One that holds the new symbol and is no longer in the universe gets the old one.

        Raises:
            UsageError: `symbol` is not in the universe, or `to` is.
        """
        ...

    def remove(self, symbols: Sequence[str]) -> int:
        """Take instruments out of the universe; stored candles stay, and adding the symbol again finds them."""
        ...


@dataclass(frozen=True, slots=True)
class Storage:
    """One database, as the use cases see it.

    Attributes:
        market: Candles, coverage, splits, quarantine.
        universe: Instruments.
        runs: Ingest runs.
        quotes: Latest prices.
        interests: Watchlists, portfolios, the overview.
        incidents: What was wrong, and since when.
        economy: Economic series.
        news: Stories.
        posts: Social posts.
        purse: What was spent on them.
        scores: How providers serve.
        metrics: How good the data is.
        rollups: Candles rolled up from finer ones.
        actions: Splits, dividends, changes of symbol, delistings.
        coverage: What the ledgers say of many series at once.
        repairs: What repairs did, to be taken back.
        quarantine: Rows that were set aside, and what was decided about them.
    """

    market: Market
    universe: Universe
    runs: Runs
    quotes: Quotes
    interests: Interests
    incidents: Incidents
    economy: Economy
    news: News
    posts: Posts
    purse: Purse
    scores: ProviderScores
    metrics: QualityMetrics
    rollups: Rollups
    actions: Actions
    coverage: CoverageReads
    repairs: Repairs
    quarantine: Quarantine


class SeriesCache(Protocol):
    """Ready-made range series for readers, kept hot; it may forget anything at any time.

    The range `1D` is the hourly chart of the current session.
    """

    def get(self, symbol: str, range_: Range) -> bytes | None:
        """Return the JSON of a range, `None` where it is absent or the cache is down."""
        ...

    def put(self, series: Mapping[tuple[str, Range], bytes]) -> int:
        """Store many in one pipeline; return how many were skipped because the cache is down."""
        ...

    def forget(self, symbols: Sequence[str]) -> None:
        """Drop all ranges of these symbols, where the cache answers."""
        ...

    def forget_others(self, keep: Collection[str]) -> int:
        """Drop the series of every symbol that is not in `keep`; return how many keys went, 0 where the cache is down."""
        ...
