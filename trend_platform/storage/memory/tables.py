"""What a market in memory holds, as one value that a transaction replaces as a whole."""

from dataclasses import dataclass, field

import polars as pl

from trend_platform.domain.actions import ACTION_SCHEMA, splits_of
from trend_platform.domain.candles import CANDLE_SCHEMA
from trend_platform.domain.coverage import Ledger
from trend_platform.domain.quarantine import ASIDE_SCHEMA
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.changes import REVISION_SCHEMA
from trend_platform.storage.memory.repair_rows import KeptLedger, KeptRows
from trend_platform.storage.touches import TOUCHED_SCHEMA


@dataclass(frozen=True, slots=True)
class Tables:
    """The contents of a market.

    Attributes:
        candles: A candle frame of each timeframe.
        ledgers: The ledger of each series that has one.
        revisions: Old candles (`REVISION_SCHEMA`), oldest change first.
        quarantine: Rows set aside (`ASIDE_SCHEMA`), by number.
        actions: An action frame, sorted by its key.
        touched: Windows to roll up anew (`TOUCHED_SCHEMA`).
        kept_rows: What repairs made of candles, in their order.
        kept_ledgers: What repairs made of ledgers, in their order.
    """

    candles: dict[Timeframe, pl.DataFrame] = field(default_factory=dict)
    ledgers: dict[tuple[int, Timeframe], Ledger] = field(default_factory=dict)
    revisions: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REVISION_SCHEMA))
    quarantine: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ASIDE_SCHEMA))
    actions: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ACTION_SCHEMA))

    @property
    def splits(self) -> pl.DataFrame:
        """Return the splits as a split frame, sorted by instrument and day."""
        return splits_of(self.actions)

    touched: pl.DataFrame = field(default_factory=TOUCHED_SCHEMA.to_frame)
    kept_rows: tuple[KeptRows, ...] = ()
    kept_ledgers: tuple[KeptLedger, ...] = ()

    def of(self, timeframe: Timeframe) -> pl.DataFrame:
        """Return the candles of one timeframe."""
        return self.candles.get(timeframe, pl.DataFrame(schema=CANDLE_SCHEMA))
