"""The port every provider implements, and the values that cross it.

A provider turns a request into candles and nothing else: it does not judge, store, retry on another source or know
what is wanted. It raises a `ProviderError` when it has nothing usable, and says how far it came when it has a part.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

import polars as pl

from trend_platform.domain.candles import Basis
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.quarantine import empty_quarantine
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import ProviderError


class Route(StrEnum):
    """A way of asking: the history of some instruments, or one session of the whole market."""

    BY_SYMBOL = "by_symbol"
    BY_SESSION = "by_session"


@dataclass(frozen=True, slots=True)
class Quota:
    """So much weight may be spent in any window of that length.

    Attributes:
        weight: Sum of the weights of the calls allowed in one window.
        period_seconds: Length of the window, in seconds.
    """

    weight: float
    period_seconds: float


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a provider can be asked, and what asking costs.

    Attributes:
        asset_classes: The kinds of instruments it knows.
        timeframes: The candle lengths it serves.
        basis: What its prices mean.
        by_session: Asset classes of which it gives one whole session of the market in one call.
        symbols_per_call: Instruments one `BY_SYMBOL` request may name.
        candles_per_call: Candles one call returns at most; `None` if a call returns the whole interval.
        quotas: Limits it sets; all of them hold at once.
        weight_per_call: What one call for candles spends of the quotas.
        concurrency: Requests it may have under way at once.
        seconds_per_call: What a call usually takes, in seconds; for estimates only.
        settles_after: How long after its close a candle is final with this provider.
        settles_within_day: The same for candles shorter than a day, where it differs; `None` where it does not.
        serves_forming: Whether it gives the candle that is still forming; if not, the day is asked once it has settled.
        has_splits: Whether it can be asked for splits.
        quotes: The kinds of instruments it gives latest prices of; none if it gives none.
        symbols_per_quote_call: Instruments one call for latest prices may name; `None` if there is no limit.
        has_dividends: Whether it is a `TellsDividends`.
        has_delistings: Whether it is a `TellsDelistings`.
        listings: The kinds of instruments it lists; if there are any, it is a `TellsListing`.
        has_market_status: Whether it is a `TellsMarketStatus`.
        leaves_out_silence: Whether it gives no candle where nothing was traded, so that a short absence says just that.
    """

    asset_classes: frozenset[AssetClass]
    timeframes: frozenset[Timeframe]
    basis: Basis
    by_session: frozenset[AssetClass] = frozenset()
    symbols_per_call: int = 1
    candles_per_call: int | None = None
    quotas: tuple[Quota, ...] = ()
    weight_per_call: float = 1.0
    concurrency: int = 8
    seconds_per_call: float = 0.2
    settles_after: timedelta = timedelta(0)
    settles_within_day: timedelta | None = None
    serves_forming: bool = True
    has_splits: bool = False
    quotes: frozenset[AssetClass] = frozenset()
    symbols_per_quote_call: int | None = 1
    has_dividends: bool = False
    has_delistings: bool = False
    listings: frozenset[AssetClass] = frozenset()
    has_market_status: bool = False
    leaves_out_silence: bool = False

    def settling(self, timeframe: Timeframe) -> timedelta:
        """Return how long after its close a candle of that length is final."""
        within = self.settles_within_day
        return within if within is not None and timeframe.is_intraday else self.settles_after


@dataclass(frozen=True, slots=True)
class CandleRequest:
    """What a provider is asked for.

    Attributes:
        route: By symbol or by session.
        instruments: Whose candles; never more than `symbols_per_call` by symbol, any number by session.
        timeframe: The length of the candles.
        interval: Candles stamped inside it; for `BY_SESSION` exactly one UTC day.
    """

    route: Route
    instruments: tuple[Instrument, ...]
    timeframe: Timeframe
    interval: Interval


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider answered.

    Attributes:
        candles: Candle frame of the asked instruments inside the asked interval, as the provider gave them: unjudged,
            prices null where it sent none, possibly with duplicate keys. `is_final` and `fetched_at` are set.
        answered: The part of the asked interval that this answer speaks for, from its start. Shorter than asked when a
            later page failed.
        calls: Calls that were made, failed ones and retries included.
        rejected: Quarantine frame of rows that could not be made candles at all.
        nothing_there: Ids of asked instruments the provider does not know.
        failure: Why the answer ends before the asked interval does; `None` if it is whole.
        evidence: What was observed, for the ledger, such as `2 pages, 1254 rows, request 3f2a`.
        reached: Where the answer ends for an instrument it speaks for longer than `answered`, by its id: pages that hold
            several instruments one after the other end in the middle of one of them.
    """

    candles: pl.DataFrame
    answered: Interval
    calls: int
    rejected: pl.DataFrame = field(default_factory=empty_quarantine)
    nothing_there: frozenset[int] = frozenset()
    failure: ProviderError | None = None
    evidence: str = ""
    reached: Mapping[int, datetime] = field(default_factory=dict)

    def answered_of(self, instrument_id: int) -> Interval:
        """Return the part of the asked interval that this answer speaks for, of one asked instrument."""
        return Interval(self.answered.start, self.reached.get(instrument_id, self.answered.end))


@dataclass(frozen=True, slots=True)
class SplitAnswer:
    """The splits of some instruments.

    Attributes:
        splits: Split frame, sorted by instrument and day.
        calls: Calls that were made.
    """

    splits: pl.DataFrame
    calls: int


@dataclass(frozen=True, slots=True)
class QuoteAnswer:
    """The latest prices of some instruments, as the provider gave them: unjudged.

    Attributes:
        quotes: Quote frame; at most one row per instrument. An instrument without a price is left out.
        calls: Calls that were made, failed ones and retries included.
        nothing_there: Ids of asked instruments the provider does not know or has no price of.
        failures: Per asked instrument id whose call failed, why; the other calls' rows are in `quotes`.
    """

    quotes: pl.DataFrame
    calls: int
    nothing_there: frozenset[int] = frozenset()
    failures: Mapping[int, ProviderError] = field(default_factory=dict)


class Provider(Protocol):
    """An outside source of prices."""

    @property
    def name(self) -> str:
        """Return its name as in settings and in each candle's `provider` column."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """Return what it can be asked."""
        ...

    def symbol_of(self, instrument: Instrument) -> str | None:
        """Return how the provider spells an instrument, `None` if it cannot serve it."""
        ...

    def reach(self, instrument: Instrument, timeframe: Timeframe, now: datetime) -> datetime | None:
        """Return the earliest stamp it can serve at `now`, `None` if it reaches back to the listing."""
        ...

    async def candles(self, request: CandleRequest) -> Answer:
        """Fetch candles.

        Raises:
            ProviderError: Nothing usable came; the class says what to do next.
        """
        ...

    async def splits(self, instruments: Sequence[Instrument], interval: Interval) -> SplitAnswer:
        """Fetch the splits whose first session lies in `interval`.

        Raises:
            ProviderError: Nothing usable came.
        """
        ...

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:
        """Fetch the latest prices of `instruments`, all of kinds in `capabilities.quotes`, in as few calls as it allows.

        A call that fails costs its own instruments only.

        Raises:
            ProviderError: Nothing usable came of any call.
        """
        ...

    async def close(self) -> None:
        """Release connections; the provider is not used afterwards."""
        ...
