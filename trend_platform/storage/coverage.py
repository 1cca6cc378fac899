"""The storage port of questions about coverage: many series at once, as columns, answered from the ledger alone.

`Market.ledgers` gives what is known of a series as values, for those who change it; here are frames, for those who count and
report. No question but the proof looks at a candle, so none becomes slower as the candles become more. As with the ports in `base`, every
implementation passes the same contract suite; methods are synchronous and may block.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import polars as pl

from trend_platform.domain.candles import INSTANT
from trend_platform.domain.coverage import GapReason
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.differences import Difference

SPAN_SCHEMA: Final = pl.Schema(
    {
        "instrument_id": pl.Int32(),
        "timeframe": pl.String(),
        "start_at": INSTANT,
        "end_at": INSTANT,
        "provider": pl.String(),
        "asked_at": INSTANT,
    }
)
"""What providers have answered for; half open."""

GAP_SCHEMA: Final = pl.Schema(
    {
        "instrument_id": pl.Int32(),
        "timeframe": pl.String(),
        "start_at": INSTANT,
        "end_at": INSTANT,
        "missing": pl.Int64(),
        "reason": pl.String(),
        "provider": pl.String(),
        "evidence": pl.String(),
        "attempts": pl.Int64(),
        "first_seen_at": INSTANT,
        "last_checked_at": INSTANT,
        "next_check_at": INSTANT,
        "is_believed": pl.Boolean(),
    }
)
"""Expected candles that are not there, uncut; half open."""

SERIES_KEY: Final = ("instrument_id", "timeframe")


@dataclass(frozen=True, slots=True)
class AskedSeries:
    """Which part of the ledger is asked for.

    Attributes:
        instrument_ids: Whose series.
        timeframes: Of which lengths; none asks for all.
        interval: What meets this interval; `None` asks for everything.
        reasons: Gaps for these reasons; none asks for all.
    """

    instrument_ids: Sequence[int]
    timeframes: Sequence[Timeframe] = ()
    interval: Interval | None = None
    reasons: Sequence[GapReason] = ()


class CoverageReads(Protocol):
    """The ledgers of one database, as frames."""

    def spans(self, asked: AskedSeries) -> pl.DataFrame:
        """Return spans (`SPAN_SCHEMA`) by series and time."""
        ...

    def gaps(self, asked: AskedSeries) -> pl.DataFrame:
        """Return gaps (`GAP_SCHEMA`) by series and time."""
        ...

    def differences(self, instruments: Sequence[Instrument]) -> tuple[Difference, ...]:
        """Return where the ledgers of all timeframes and the rows disagree; this one counts rows."""
        ...
