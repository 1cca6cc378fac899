"""What is there at the end of a run: each wanted series, counted from its rows and held against its ledger."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from itertools import zip_longest

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.coverage import Ledger
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval, Spans
from trend_platform.domain.ledger import gaps_within
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.needs import Wanted
from trend_platform.ingest.outcome import SeriesAccount
from trend_platform.ingest.plan import Offer, preferred
from trend_platform.ingest.workshop import Workshop
from trend_platform.storage.base import Market


def series_accounts(workshop: Workshop, wanted: Wanted, offers: tuple[Offer, ...]) -> tuple[SeriesAccount, ...]:
    """Return the account of each wanted series at this instant."""
    now = workshop.clock.now()
    market = workshop.storage.market
    settled = {one.instrument_id: settled_days(wanted, one, offers, now) for one in wanted.instruments}
    windows = {one: hull for one, days in settled.items() if (hull := days.hull)}
    counts = market.count_candles(wanted.timeframe, windows)
    ledgers = market.ledgers(list(settled), wanted.timeframe)
    provisional = _provisional(market, wanted.timeframe, settled, ledgers)
    return tuple(
        _account(
            wanted,
            one,
            settled[one.instrument_id],
            ledgers,
            counts.get(one.instrument_id, 0) - provisional[one.instrument_id],
        )
        for one in wanted.instruments
    )


def _provisional(
    market: Market, timeframe: Timeframe, settled: Mapping[int, Spans], ledgers: Mapping[int, Ledger]
) -> Counter[int]:
    # Rows no ledger accounts for were stored while they formed: until they are asked again, the candle is missing.
    counts: Counter[int] = Counter()
    rounds = zip_longest(*([(one, span) for span in _unasked(days, ledgers[one])] for one, days in settled.items()))
    for found in rounds:
        counts.update(market.count_candles(timeframe, dict(filter(None, found))))
    return counts


def _unasked(days: Spans, ledger: Ledger) -> Spans:
    return days - ledger.covered - Spans.of(gap.interval for gap in ledger.gaps)


def settled_days(wanted: Wanted, instrument: Instrument, offers: tuple[Offer, ...], now: datetime) -> Spans:
    """Return the wanted span of an instrument as far as its candles are settled at `now` with who serves it."""
    serving = next((one for one in preferred(offers, instrument) if one.serves(instrument, wanted.timeframe)), None)
    settled_at = now - serving.capabilities.settling(wanted.timeframe) if serving else now
    until = get_calendar(instrument.calendar).closed_until(wanted.timeframe, settled_at)
    return Spans(
        tuple(Interval(span.start, min(span.end, until)) for span in wanted.days_of(instrument) if span.start < until)
    )


def _account(
    wanted: Wanted, instrument: Instrument, days: Spans, ledgers: Mapping[int, Ledger], stored: int
) -> SeriesAccount:
    calendar = get_calendar(instrument.calendar)

    def count(interval: Interval) -> int:
        return len(calendar.candle_opens(wanted.timeframe, interval))

    ledger = ledgers.get(instrument.instrument_id, Ledger())
    gaps = gaps_within(ledger, days, count)
    unasked = sum(count(span) for span in _unasked(days, ledger))
    return SeriesAccount(instrument.symbol, sum(count(span) for span in days), stored, tuple(gaps), unasked)
