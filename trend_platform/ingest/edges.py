"""The edges of a series that was asked in parts: what lies before its first candle or after its last one.

Candles within a day are asked some ten thousand at a time, side by side. A part that brings nothing cannot tell a listing
from a silence; once all parts are stored, the series can. Pure.
"""

from dataclasses import replace
from datetime import datetime

import numpy as np

from trend_platform.domain.calendars import TradingCalendar, from_us, get_calendar
from trend_platform.domain.coverage import Gap, GapReason, Ledger, Span
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Spans
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.account import DELISTED_AFTER
from trend_platform.ingest.holes import looked_at

# What a part without candles may have been called before the series was known.
_UNTOLD = frozenset({GapReason.UNKNOWN, GapReason.NO_TRADES})


def with_edges(instrument: Instrument, timeframe: Timeframe, provider: str, since: datetime, ledger: Ledger) -> Ledger:
    """Return the ledger with the silence at either edge called what it is, if it lasts.

    Args:
        instrument: The instrument.
        timeframe: The series; of candles within a day.
        provider: Whose answers are looked at.
        since: Only looks from then on are; earlier ones keep their reason.
        ledger: What is known of the series.
    """
    calendar = get_calendar(instrument.calendar)
    ends = _first_and_last(calendar, timeframe, ledger)
    if ends is None:
        return ledger
    first, last = ends
    mine = [
        gap
        for gap in ledger.gaps
        if gap.provider == provider and gap.last_checked_at >= since and gap.reason in _UNTOLD
    ]
    before = _lasting(calendar, [gap for gap in mine if gap.interval.end <= first])
    after = _lasting(calendar, [gap for gap in mine if gap.interval.start > last])
    if not before and not after:
        return ledger
    named = {
        gap.interval: _named(gap, GapReason.BEFORE_LISTING, f"its first candle is {first:%Y-%m-%d %H:%M}")
        for gap in before
    }
    named |= {
        gap.interval: _named(gap, GapReason.AFTER_DELISTING, f"its last candle is {last:%Y-%m-%d %H:%M}")
        for gap in after
    }
    return replace(ledger, gaps=tuple(named.get(gap.interval, gap) for gap in ledger.gaps))


def _first_and_last(
    calendar: TradingCalendar, timeframe: Timeframe, ledger: Ledger
) -> tuple[datetime, datetime] | None:
    # The first and the last candle that the ledger accounts for as stored.
    first = next((stamp for span in ledger.spans if (stamp := _stored(calendar, timeframe, ledger, span, 0))), None)
    last = next(
        (stamp for span in reversed(ledger.spans) if (stamp := _stored(calendar, timeframe, ledger, span, -1))), None
    )
    return (first, last) if first is not None and last is not None else None


def _stored(calendar: TradingCalendar, timeframe: Timeframe, ledger: Ledger, span: Span, which: int) -> datetime | None:
    opens = calendar.candle_opens(timeframe, span.interval)
    there = np.flatnonzero(looked_at(ledger.gaps, opens) < 0)
    return from_us(opens[there[which]]) if len(there) else None


def _lasting(calendar: TradingCalendar, gaps: list[Gap]) -> list[Gap]:
    # Within a day silence says little: it must be one of many sessions, as `account` has it.
    silent = Spans.of(gap.interval for gap in gaps)
    sessions = sum(len(calendar.sessions_in(span)) for span in silent)
    return gaps if sessions >= DELISTED_AFTER else []


def _named(gap: Gap, reason: GapReason, words: str) -> Gap:
    return replace(gap, reason=reason, evidence=f"{gap.evidence}; {words}")
