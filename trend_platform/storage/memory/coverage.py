"""Questions about coverage in memory: the ledgers of a market, laid out as frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from trend_platform.domain.coverage import Gap, Ledger, Span
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.coverage import GAP_SCHEMA, SERIES_KEY, SPAN_SCHEMA, AskedSeries
from trend_platform.storage.differences import Difference, differences
from trend_platform.storage.memory.market import MemoryMarket

_ORDER = (*SERIES_KEY, "start_at")


@dataclass(frozen=True, slots=True)
class MemoryCoverage:
    """The ledgers of one market in memory.

    Attributes:
        market: The market.
    """

    market: MemoryMarket

    def spans(self, asked: AskedSeries) -> pl.DataFrame:
        """Return spans by series and time."""
        rows = [(*_head(one), one.asked_at) for ledger in self._ledgers(asked) for one in ledger.spans]
        return _met(pl.DataFrame(rows, schema=SPAN_SCHEMA, orient="row"), asked)

    def gaps(self, asked: AskedSeries) -> pl.DataFrame:
        """Return gaps by series and time."""
        rows = [_gap_row(one) for ledger in self._ledgers(asked) for one in ledger.gaps]
        found = _met(pl.DataFrame(rows, schema=GAP_SCHEMA, orient="row"), asked)
        reasons = [reason.value for reason in asked.reasons]
        return found.filter(pl.col("reason").is_in(reasons)) if reasons else found

    def differences(self, instruments: Sequence[Instrument]) -> tuple[Difference, ...]:
        """Return where the ledgers of all timeframes and the rows disagree; this one counts rows."""
        found: list[Difference] = []
        for instrument in instruments:
            for length in Timeframe:
                one = instrument.instrument_id
                ledger = self.market.tables.ledgers.get((one, length), Ledger())
                stored, filled = self._counts(one, length, ledger.spans), self._counts(one, length, ledger.gaps)
                found += differences(instrument, length, ledger, stored, filled)
        return tuple(found)

    def _counts(self, one: int, length: Timeframe, parts: Sequence[Gap | Span]) -> dict[tuple[int, datetime], int]:
        counts = [self.market.count_candles(length, {one: part.interval})[one] for part in parts]
        return {(one, part.interval.start): count for part, count in zip(parts, counts, strict=True)}

    def _ledgers(self, asked: AskedSeries) -> list[Ledger]:
        wanted, lengths = set(asked.instrument_ids), set(asked.timeframes)
        known = self.market.tables.ledgers
        return [
            ledger for (one, length), ledger in known.items() if one in wanted and (not lengths or length in lengths)
        ]


def _head(one: Gap | Span) -> tuple[object, ...]:
    return (
        one.instrument_id,
        one.timeframe.value,
        one.interval.start,
        one.interval.end,
        *(() if isinstance(one, Gap) else (one.provider,)),
    )


def _gap_row(gap: Gap) -> tuple[object, ...]:
    looks = (gap.attempts, gap.first_seen_at, gap.last_checked_at, gap.next_check_at, gap.is_believed)
    return *_head(gap), gap.missing, gap.reason.value, gap.provider, gap.evidence, *looks


def _met(rows: pl.DataFrame, asked: AskedSeries) -> pl.DataFrame:
    if asked.interval is not None:
        rows = rows.filter((pl.col("start_at") < asked.interval.end) & (pl.col("end_at") > asked.interval.start))
    return rows.sort(_ORDER)
