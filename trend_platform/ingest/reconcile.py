"""Reconciling: of a sample of the series, a second provider is asked for the last candles, and both are compared.

What is found goes into the data-quality metrics and into the scores of both; no stored row changes. The sample is drawn by
symbol and day, so that a run that is repeated asks for the same ones again, and in the course of time all have their turn.
"""

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from trend_platform.domain.actions import split_adjusted, splits_known_by
from trend_platform.domain.calendars import from_us, get_calendar
from trend_platform.domain.capability import Capability
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.scores import ScoreKey
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import ProviderError
from trend_platform.ingest.asking import Asker
from trend_platform.ingest.plan import Offer, preferred
from trend_platform.ingest.prepare import Prepared
from trend_platform.ingest.scorebook import Scorebook
from trend_platform.ingest.tally import Tally
from trend_platform.ingest.workshop import Workshop
from trend_platform.providers.base import CandleRequest, Route
from trend_platform.quality.reconcile import Comparison, compare
from trend_platform.storage.measures import Metric

log = logging.getLogger(__name__)

METRIC: Final = "reconciliation"
"""What the measurements are called; their value is the share of candles that agree."""

CANDLES: Final = 60
"""So many of the last candles are compared."""

# A run of thousands of series does not become one of hundreds of questions more.
_MOST: Final = 10


async def reconcile(workshop: Workshop, prepared: Prepared, book: Scorebook, tally: Tally) -> None:
    """Compare a sample of the run's daily series with what a second provider tells of them.

    A second provider that does not answer is no failure of the run: there is nothing to compare then.

    Raises:
        UnavailableError: The database went away.
    """
    wanted, share = prepared.wanted, workshop.policy.reconcile_share
    if wanted.timeframe is not Timeframe.D1 or share <= 0 or len(prepared.offers) < 2 or not prepared.plan.calls:
        return
    asked = {one.instrument_id: one for call in prepared.plan.calls for one in call.request.instruments}
    today = workshop.clock.now().date().isoformat()
    sample = [one for one in asked.values() if _draw(one.symbol, today) < share][:_MOST]
    asker = Asker(workshop, Capability.DAILY, book)
    for instrument in sample:
        found = await _compared(asker, prepared, instrument, tally)
        if found is not None:
            workshop.storage.metrics.add([_metric(found, workshop.clock.now())])
            _score(book, found)


@dataclass(frozen=True, slots=True)
class _Found:
    instrument: Instrument
    provider: str
    other: str
    comparison: Comparison
    window: Interval


async def _compared(asker: Asker, prepared: Prepared, instrument: Instrument, tally: Tally) -> _Found | None:
    workshop = asker.workshop
    window = _window(workshop, instrument)
    stored = workshop.storage.market.candles([instrument.instrument_id], Timeframe.D1, window)
    mine = stored["provider"].mode().to_list() if stored.height else []
    second = next((one for one in _serving(prepared, instrument) if mine and one.provider not in mine), None)
    if second is None:
        return None
    provider = next(one for one in workshop.providers if one.name == second.provider)
    request = CandleRequest(Route.BY_SYMBOL, (instrument,), Timeframe.D1, window)
    try:
        answer = await asker.candles(provider, request, is_replaceable=True)
    except ProviderError as error:
        tally.calls[provider.name] += error.calls
        log.info("%s is not reconciled: %s", instrument.symbol, error)
        return None
    tally.calls[provider.name] += answer.calls
    known = splits_known_by(workshop.storage.market.splits([instrument.instrument_id]), workshop.clock.now())
    first = min(mine)
    ours = stored.filter((pl.col("provider") == first) & pl.col("is_final"))
    theirs = answer.candles.filter("is_final").unique("opened_at").sort("opened_at")
    comparison = compare(split_adjusted(ours, known), split_adjusted(theirs, known))
    return _Found(instrument, first, second.provider, comparison, window)


def _serving(prepared: Prepared, instrument: Instrument) -> list[Offer]:
    return [one for one in preferred(prepared.offers, instrument) if one.serves(instrument, Timeframe.D1)]


def _window(workshop: Workshop, instrument: Instrument) -> Interval:
    now = workshop.clock.now()
    calendar = get_calendar(instrument.calendar)
    until = calendar.closed_until(Timeframe.D1, now)
    opens = calendar.candle_opens(Timeframe.D1, Interval(until - timedelta(days=2 * CANDLES), until))
    return Interval(from_us(opens[-CANDLES:][0]), until) if len(opens) else Interval(until, until)


def _draw(symbol: str, day: str) -> float:
    digest = hashlib.blake2b(f"{symbol} {day}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64


def _metric(found: _Found, now: datetime) -> Metric:
    comparison = found.comparison
    details = {
        "verdict": comparison.verdict.value,
        "provider": found.provider,
        "other": found.other,
        "candles": comparison.candles,
        "ratio": comparison.ratio,
        "start": found.window.start.isoformat(),
        "end": found.window.end.isoformat(),
    }
    if comparison.is_disagreement:
        log.warning(
            "%s: %s and %s do not agree (%s, %.0f %% of %d candles fit)",
            *(found.instrument.symbol, found.provider, found.other, comparison.verdict),
            *(100 * comparison.agreeing, comparison.candles),
        )
    return Metric(now, METRIC, comparison.agreeing, found.instrument.instrument_id, Timeframe.D1, details)


def _score(book: Scorebook, found: _Found) -> None:
    # Who of the two is wrong cannot be told from two: over many series, whoever is wrong disagrees with everybody.
    if found.comparison.candles:
        for provider in (found.provider, found.other):
            key = ScoreKey(provider, Capability.DAILY, found.instrument.asset_class)
            book.counted(key, compared=1.0, disagreed=float(found.comparison.is_disagreement))
