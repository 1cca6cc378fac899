"""Rolling up what was touched: the use case that brings all coarser candles in line with the finer ones.

It works off the windows that ingests, repairs and corrections leave behind, one instrument and one transaction at a time; a
killed run is completed by the next one. Nothing is fetched here.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import numpy as np
import polars as pl

from trend_platform.domain.calendars import from_us, get_calendar, period_ends, to_us
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.rollup import coarser
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.rolled_series import Series
from trend_platform.ingest.workshop import Workshop
from trend_platform.storage.rollups import Restored
from trend_platform.storage.touches import TOUCHED_SCHEMA

_TICK: Final = timedelta(microseconds=1)

OnRolled = Callable[[int, int, str], None]
"""Told after each instrument: how many are done, of how many, and its symbol."""


@dataclass(frozen=True, slots=True)
class RollupOutcome:
    """What a roll-up did.

    Attributes:
        symbols: The instruments that had touched windows.
        windows: How many windows were worked off.
        restored: What became of rolled-up candles, by timeframe.
        refused: Candles that were not made because their parts stand on different bases, by symbol and timeframe.
        seconds: How long it took.
    """

    symbols: tuple[str, ...] = ()
    windows: int = 0
    restored: Mapping[Timeframe, Restored] = field(default_factory=dict)
    refused: Mapping[tuple[str, Timeframe], int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def total(self) -> Restored:
        """Return what became of all of them."""
        return sum(self.restored.values(), Restored())

    def as_dict(self) -> dict[str, object]:
        """Return the outcome as plain values."""
        return {
            "symbols": list(self.symbols),
            "windows": self.windows,
            "timeframes": {
                length.value: {"written": one.written, "removed": one.removed, "unchanged": one.unchanged}
                for length, one in self.restored.items()
            },
            "refused": [
                {"symbol": symbol, "timeframe": length.value, "candles": count}
                for (symbol, length), count in self.refused.items()
            ],
            "seconds": self.seconds,
        }


def refresh_rollups(
    workshop: Workshop, instruments: Sequence[Instrument] | None = None, on_rolled: OnRolled | None = None
) -> RollupOutcome:
    """Roll up again exactly what touched windows reach, and settle candles whose period has ended since.

    Args:
        workshop: The ports.
        instruments: Whose windows; all of the universe if `None`. Windows of others wait.
        on_rolled: Told after each instrument.

    Raises:
        UnavailableError: The database went away; instruments that were done stay done.
    """
    storage, began = workshop.storage, workshop.clock.now()
    known = {one.instrument_id: one for one in storage.universe.instruments() if instruments is None} | {
        one.instrument_id: one for one in instruments or ()
    }
    storage.rollups.touch(_ended(workshop, known))
    due = {one: spans for one, spans in storage.rollups.touched().items() if one in known}
    restored: dict[Timeframe, Restored] = {}
    refused: Counter[tuple[str, Timeframe]] = Counter()
    for done, one in enumerate(due, start=1):
        series = Series(storage.market, known[one], workshop.clock.now())
        with storage.rollups.begin(one) as rollup:
            series.refresh(rollup)
        for length, stored in series.restored.items():
            restored[length] = restored.get(length, Restored()) + stored
        refused.update({(known[one].symbol, length): count for length, count in series.refused.items() if count})
        if on_rolled:
            on_rolled(done, len(due), known[one].symbol)
    return RollupOutcome(
        tuple(known[one].symbol for one in due),
        sum(len(spans) for series in due.values() for spans in series.values()),
        {length: restored[length] for length in Timeframe if length in restored},
        dict(refused),
        (workshop.clock.now() - began).total_seconds(),
    )


def touch_all(workshop: Workshop, instruments: Sequence[Instrument], timeframe: Timeframe | None = None) -> None:
    """Touch all that is stored of some instruments, so that the next refresh rolls everything up anew.

    Args:
        workshop: The ports.
        instruments: Whose candles.
        timeframe: Only from candles of this length; from all of them if `None`.
    """
    rows = []
    ids = [one.instrument_id for one in instruments]
    for source in (one for one in Timeframe if coarser(one) and timeframe in {None, one}):
        for one, ledger in workshop.storage.market.ledgers(ids, source).items():
            if hull := ledger.covered.hull:
                rows.append((one, source.value, hull.start, max(hull.end, workshop.clock.now())))
    workshop.storage.rollups.touch(pl.DataFrame(rows, schema=TOUCHED_SCHEMA, orient="row"))


def count_due(workshop: Workshop) -> int:
    """Return how many windows wait: touched ones, and those of candles whose period has ended since they were made."""
    known = {one.instrument_id: one for one in workshop.storage.universe.instruments()}
    touched = [series for one, series in workshop.storage.rollups.touched().items() if one in known]
    return sum(len(spans) for series in touched for spans in series.values()) + _ended(workshop, known).height


def _ended(workshop: Workshop, known: Mapping[int, Instrument]) -> pl.DataFrame:
    # A candle that was made while its period ran says so until somebody looks again, even if nothing more traded in it.
    forming = workshop.storage.rollups.forming().filter(pl.col("instrument_id").is_in(list(known)))
    now = workshop.clock.now()
    rows = []
    for one, name, opened_at, source in forming.iter_rows():
        timeframe, calendar = Timeframe(name), get_calendar(known[one].calendar)
        stamp = np.array([to_us(opened_at)])
        close = from_us(calendar.candle_closes(timeframe, stamp)[0])
        if close <= now and timeframe in {Timeframe.W1, Timeframe.MO1}:
            rows.append((one, Timeframe.D1.value, opened_at, from_us(period_ends(timeframe, stamp)[0])))
        elif close <= now:
            rows.append((one, source, close - _TICK, close))
    return pl.DataFrame(rows, schema=TOUCHED_SCHEMA, orient="row")
