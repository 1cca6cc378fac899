"""The ports for what some providers tell beside prices: dividends, delistings, their listing, whether markets are open.

Each is a small port of its own, so that a provider without it has nothing to pretend. Its capabilities say which it keeps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

import polars as pl

from trend_platform.domain.actions import DIVIDEND_SCHEMA, SPLIT_SCHEMA
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.providers.stamped import first_midnight

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class DividendAnswer:
    """The dividends of some instruments.

    Attributes:
        dividends: Dividend frame, sorted by instrument and day.
        calls: Calls that were made.
    """

    dividends: pl.DataFrame
    calls: int


@dataclass(frozen=True, slots=True)
class DelistingAnswer:
    """When some instruments were delisted.

    Attributes:
        delistings: Delisting frame, sorted by instrument and day; several rows where a symbol had several bearers.
        calls: Calls that were made.
    """

    delistings: pl.DataFrame
    calls: int


@dataclass(frozen=True, slots=True)
class ListingAnswer:
    """What a provider lists of one kind.

    Attributes:
        listing: Listing frame, sorted by symbol. Each row's `provider_symbol` is what the provider is asked by for `symbol`.
        left_out: Rows of that kind that have no canonical symbol, or share one with another.
        calls: Calls that were made.
    """

    listing: pl.DataFrame
    left_out: int
    calls: int


class MarketPhase(StrEnum):
    """Whether a market trades."""

    OPEN = "open"
    EXTENDED = "extended"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class MarketStatus:
    """Which markets trade now.

    Attributes:
        told_at: The provider's own clock.
        phases: By kind of instrument; kinds it says nothing of are left out.
        calls: Calls that were made.
    """

    told_at: datetime
    phases: Mapping[AssetClass, MarketPhase]
    calls: int = 1


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day on which a venue is closed or keeps other hours.

    Attributes:
        venue: As the provider names it, such as `NYSE`.
        day: The date at the venue.
        name: What people call it.
        opens_at: When it opens; `None` if it is closed all day.
        closes_at: When it closes; `None` if it is closed all day.
    """

    venue: str
    day: date
    name: str
    opens_at: datetime | None = None
    closes_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SpecialDays:
    """The special days that lie ahead.

    Attributes:
        days: Sorted by day and venue.
        calls: Calls that were made.
    """

    days: tuple[SpecialDay, ...]
    calls: int = 1


@runtime_checkable
class TellsDividends(Protocol):
    """A provider that tells dividends."""

    async def dividends(self, instruments: Sequence[Instrument], interval: Interval) -> DividendAnswer:
        """Fetch the dividends whose first session without them lies in `interval`; kinds that pay none are left out.

        Raises:
            ProviderError: Nothing usable came.
        """
        ...


@runtime_checkable
class TellsDelistings(Protocol):
    """A provider that tells of a symbol whether and when it was delisted."""

    async def delistings(self, instruments: Sequence[Instrument]) -> DelistingAnswer:
        """Fetch when these were delisted; those that trade and kinds it cannot tell of are left out.

        Raises:
            ProviderError: Nothing usable came.
        """
        ...


@runtime_checkable
class TellsListing(Protocol):
    """A provider that tells what it lists."""

    async def listing(self, kind: AssetClass) -> ListingAnswer:
        """Fetch what is traded of a kind in `capabilities.listings`.

        Raises:
            ProviderError: Nothing usable came.
            UsageError: It lists nothing of that kind.
        """
        ...


@runtime_checkable
class TellsMarketStatus(Protocol):
    """A provider that tells whether markets are open, and when they will not be."""

    async def market_status(self) -> MarketStatus:
        """Fetch which markets trade now.

        Raises:
            ProviderError: Nothing usable came.
        """
        ...

    async def special_days(self) -> SpecialDays:
        """Fetch the holidays and half days that lie ahead.

        Raises:
            ProviderError: Nothing usable came.
        """
        ...


def dividend_frame(columns: pl.DataFrame, provider: str, interval: Interval | None = None) -> pl.DataFrame:
    """Return the dividend frame of what a provider told; rows without sense are left out, those of one day added up.

    Args:
        columns: `instrument_id`, `ex_date`, `amount` and, where it is told, `currency`.
        provider: Name for the `provider` column.
        interval: Days by their midnight UTC; others are left out. `None` takes all.
    """
    told = columns if "currency" in columns.columns else columns.with_columns(pl.lit("USD").alias("currency"))
    key = ("instrument_id", "ex_date", "currency")
    added = told.filter(_is_sound("amount", interval)).group_by(key).agg(pl.col("amount").sum())
    named = added.with_columns(pl.lit(provider).alias("provider")).select(DIVIDEND_SCHEMA.names())
    return named.cast(DIVIDEND_SCHEMA).sort(key)


def split_frame(columns: pl.DataFrame, provider: str, interval: Interval | None = None) -> pl.DataFrame:
    """Return the split frame of what a provider told; rows without sense are left out, of one day the last one counts.

    Args:
        columns: `instrument_id`, `ex_date` and `ratio`.
        provider: Name for the `provider` column.
        interval: Days by their midnight UTC; others are left out. `None` takes all.
    """
    told = columns.filter(_is_sound("ratio", interval)).with_columns(pl.lit(provider).alias("provider"))
    key = ("instrument_id", "ex_date")
    return told.select(SPLIT_SCHEMA.names()).cast(SPLIT_SCHEMA).unique(key, keep="last").sort(key)


def _is_sound(value: str, interval: Interval | None) -> pl.Expr:
    is_sound = pl.col(value).is_finite() & (pl.col(value) > 0) & pl.col("ex_date").is_not_null()
    if interval is None:
        return is_sound
    first, last = first_midnight(interval.start).date(), (interval.end - _TICK).date()
    return is_sound & pl.col("ex_date").is_between(first, last)
