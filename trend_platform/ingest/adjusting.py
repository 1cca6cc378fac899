"""Reading candles on a basis: as stored, on today's share count, or with dividends taken off; exact at every date.

One read of the candles, one of what happened to the share, one pass over the columns. Nothing is stored. What could not be
applied, and rows of several bases, are told with the candles, never left unseen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

import polars as pl

from trend_platform.domain.actions import (
    Adjustment,
    dividends_of,
    empty_dividends,
    empty_splits,
    splits_known_by,
    splits_of,
)
from trend_platform.domain.adjusting import CLOSE_WITHIN, adjusted, dividend_factors
from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.candles import empty_candles
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval, midnight
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.known import actions_known_at, read_known
from trend_platform.ingest.rolled_read import Found, read_candles
from trend_platform.ingest.workshop import Workshop
from trend_platform.wording import counted

# In which currency a venue quotes prices, where it is sure: a dividend in another one is not taken off.
_CURRENCIES: Final[Mapping[str, str]] = {"XNYS": "USD", "XNAS": "USD", "XTKS": "JPY", "XETR": "EUR", "XPAR": "EUR"}
_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class AdjustedRead:
    """Candles on a basis, and what they were adjusted by.

    Attributes:
        found: The candles, and which of them are rolled up; `basis` says what each price means.
        adjustment: The basis that was asked for.
        splits: Splits in force that come after the first candle (split frame).
        dividends: Dividends in force that do (frame of `dividend_factors`); without a `factor` they could not be applied.
    """

    found: Found
    adjustment: Adjustment
    splits: pl.DataFrame
    dividends: pl.DataFrame

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what a reader must know of these prices, in sentences; none where they are all alike and whole."""
        bases = dict(self.found.candles["basis"].value_counts().sort("basis").iter_rows())
        lost = self.dividends.filter(pl.col("factor").is_null())
        found = []
        if len(bases) > 1:
            mixed = " and ".join(f"{counted(count, 'candle')} {basis}" for basis, count in bases.items())
            found.append(f"prices of several bases stand side by side, {mixed}: split-adjusted reading puts all on one")
        if lost.height:
            named = [f"{day} ({amount:g} {money or ''})" for _, day, amount, money, *_ in lost.head(_NAMED).iter_rows()]
            more = f" and {lost.height - _NAMED} more" if lost.height > _NAMED else ""
            dividends = counted(lost.height, "dividend")
            found.append(
                f"{dividends} not taken off, for want of a close before in its currency: {', '.join(named)}{more}"
            )
        return tuple(found)


def read_adjusted(
    workshop: Workshop,
    instrument: Instrument,
    timeframe: Timeframe,
    interval: Interval,
    adjustment: Adjustment = Adjustment.RAW,
) -> AdjustedRead:
    """Return what is stored of a series on a basis, with rolled-up candles where nothing is.

    Args:
        workshop: The ports.
        instrument: Whose candles.
        timeframe: Their length.
        interval: Candles stamped inside it.
        adjustment: The basis. Actions announced for later days change nothing yet.

    Raises:
        UnavailableError: The database does not answer.
    """
    adjuster = Adjuster(workshop, instrument, adjustment)
    found = read_candles(workshop, instrument, timeframe, interval, adjuster if adjuster.changes else None)
    return AdjustedRead(found, adjustment, adjuster.splits, adjuster.dividends)


@dataclass(slots=True)
class Adjuster:
    """Brings candles of one instrument onto a basis, those of any read: as stored, as known on a day, rolled up.

    Attributes:
        workshop: The ports.
        instrument: Whose candles.
        adjustment: The basis.
        known_at: Only by what was known then; `None` by what is known now.
        splits: Splits that the last frame was adjusted by (split frame).
        dividends: Dividends that it was, or could not be (frame of `dividend_factors`).
    """

    workshop: Workshop
    instrument: Instrument
    adjustment: Adjustment
    known_at: datetime | None = None
    splits: pl.DataFrame = field(default_factory=empty_splits)
    dividends: pl.DataFrame = field(init=False)
    _known: pl.DataFrame | None = None

    def __post_init__(self) -> None:
        self.dividends = dividend_factors(empty_dividends(), empty_splits(), empty_candles())

    @property
    def changes(self) -> bool:
        """Return whether it does anything."""
        return self.adjustment is not Adjustment.RAW

    def __call__(self, candles: pl.DataFrame) -> pl.DataFrame:
        """Return a candle frame of one timeframe, as stored, on the basis."""
        if candles.is_empty() or not self.changes:
            return candles
        timeframe = Timeframe(candles["timeframe"][0])
        zone = get_calendar(self.instrument.calendar).timezone if timeframe.is_intraday else "UTC"
        # What comes before the first candle, or on its day, moves nothing.
        first = candles["opened_at"].head(1).dt.convert_time_zone(zone).dt.date().to_list()
        later = self._in_force().filter(pl.col("ex_date") > pl.lit(first[0]))
        self.splits = splits_of(later)
        if self.adjustment is Adjustment.ALL:
            self.dividends = self._factors(candles, timeframe, dividends_of(later))
        return adjusted(candles, self.adjustment, self.splits, self.dividends, zone)

    def _in_force(self) -> pl.DataFrame:
        if self._known is None:
            storage, one = self.workshop.storage, self.instrument.instrument_id
            if self.known_at is not None:
                self._known = actions_known_at(storage, one, self.known_at)
            else:
                self._known = splits_known_by(storage.actions.of([one]), self.workshop.clock.now())
        return self._known

    def _factors(self, candles: pl.DataFrame, timeframe: Timeframe, dividends: pl.DataFrame) -> pl.DataFrame:
        days: list[date] = dividends["ex_date"].to_list()
        if not days:
            return dividend_factors(dividends, self.splits, candles)
        stamps: list[datetime] = candles["opened_at"].tail(1).to_list()
        if timeframe is not Timeframe.D1 or stamps[0].date() < max(days) - timedelta(days=1):
            # The window holds no days, or ends before the last dividend: the closes are read beside it.
            needed = Interval(midnight(min(days)) - CLOSE_WITHIN, midnight(max(days)))
            candles = self._closes(needed)
        factors = dividend_factors(dividends, self.splits, candles)
        money = _CURRENCIES.get(self.instrument.calendar)
        if money is None:
            return factors
        # One in foreign money cannot be taken off; it stays in the list, without a factor.
        is_ours = pl.col("currency").is_null() | (pl.col("currency") == money)
        return factors.with_columns(pl.when(is_ours).then("factor").alias("factor"))

    def _closes(self, needed: Interval) -> pl.DataFrame:
        if self.known_at is None:
            return read_candles(self.workshop, self.instrument, Timeframe.D1, needed).candles
        return read_known(self.workshop, self.instrument, Timeframe.D1, needed, self.known_at).candles
