"""What a repair in memory keeps of the candles and ledgers that its transactions change."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from trend_platform.domain.candles import CANDLE_KEY
from trend_platform.domain.coverage import Ledger
from trend_platform.domain.ledger_changes import LedgerChange, change_of
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.changes import Changes


@dataclass(frozen=True, slots=True, eq=False)
class KeptRows:
    """The candles of one upsert.

    Attributes:
        repair_id: The repair.
        run_id: The ingest run.
        timeframe: That of all candles.
        inserted: Candles that were new, as they were stored.
        changed: Candles that were changed, as they were stored.
        before: The latter as they were before.
    """

    repair_id: int
    run_id: int
    timeframe: Timeframe
    inserted: pl.DataFrame
    changed: pl.DataFrame
    before: pl.DataFrame


@dataclass(frozen=True, slots=True)
class KeptLedger:
    """What one transaction made of a ledger.

    Attributes:
        repair_id: The repair.
        instrument_id: Of which instrument.
        timeframe: Of which of its series.
        change: What went and what came.
    """

    repair_id: int
    instrument_id: int
    timeframe: Timeframe
    change: LedgerChange


def kept_rows(repair_id: int, run_id: int, timeframe: Timeframe, changes: Changes, stored: pl.DataFrame) -> KeptRows:
    """Return what is kept of an upsert; `stored` are the candles from before it."""
    changed = pl.concat([changes.corrected, changes.completed])
    before = stored.join(changed, on=CANDLE_KEY, how="semi")
    return KeptRows(repair_id, run_id, timeframe, changes.new, changed, before)


def kept_ledgers(
    repair_id: int, timeframe: Timeframe, before: Mapping[int, Ledger], after: Mapping[int, Ledger]
) -> tuple[KeptLedger, ...]:
    """Return what is kept of replaced ledgers; those that say the same are left out."""
    changes = {
        one: change_of(before.get(one, Ledger()), after.get(one, Ledger())) for one in before.keys() | after.keys()
    }
    return tuple(KeptLedger(repair_id, one, timeframe, change) for one, change in sorted(changes.items()) if change)
