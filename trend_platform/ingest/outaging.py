"""Naming outages of venues in the ledgers, once a run has stored what it could."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import polars as pl

from trend_platform.domain.coverage import Gap, GapReason, Ledger
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval, Spans
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.outages import UNTOLD, Outage, Venue, holes, near, outages
from trend_platform.ingest.workshop import Workshop
from trend_platform.storage.coverage import AskedSeries


def name_outages(
    workshop: Workshop,
    run_id: int,
    timeframe: Timeframe,
    looked_at: Sequence[Instrument],
    lacking: Mapping[int, frozenset[str]],
    since: datetime,
) -> tuple[Outage, ...]:
    """Call holes what they are where the whole venue has none of their candles; return which.

    Args:
        workshop: The ports.
        run_id: The run on whose behalf.
        timeframe: Of which series.
        looked_at: The instruments of the run; the rest of the universe only bears witness.
        lacking: Per instrument id, which providers have answered without some of the candles that were asked.
        since: When the run began; holes that were looked at before keep their reason.

    Raises:
        UnavailableError: The database does not answer; nothing is changed.
    """
    coverage = workshop.storage.coverage
    mine = [one.instrument_id for one in looked_at]
    untold = coverage.gaps(AskedSeries(mine, [timeframe], reasons=[GapReason.UNKNOWN]))
    untold = untold.filter(pl.col("last_checked_at") >= since)
    if untold.is_empty():
        return ()
    everybody = {one.instrument_id: one for one in workshop.storage.universe.instruments()}
    asked = AskedSeries(list(everybody), [timeframe], _surroundings(untold, timeframe))
    venue = Venue(everybody, timeframe, coverage.gaps(asked), coverage.spans(asked), lacking)
    looked = venue.gaps.filter(pl.col("instrument_id").is_in(mine) & (pl.col("last_checked_at") >= since))
    named = outages(holes(looked), venue)
    if named:
        _store(workshop, run_id, timeframe, named)
    return tuple(named)


def _surroundings(untold: pl.DataFrame, timeframe: Timeframe) -> Interval:
    # As far around the holes as witnesses are heard.
    start, end = min(untold["start_at"].to_list()), max(untold["end_at"].to_list())
    reach = timedelta(microseconds=near(timeframe, (end - start) // timedelta(microseconds=1)))
    return Interval(start - reach, end + reach)


def _store(workshop: Workshop, run_id: int, timeframe: Timeframe, named: Sequence[Outage]) -> None:
    ids = sorted({one.instrument_id for one in named})
    with workshop.storage.market.begin(run_id) as transaction:
        transaction.lock(ids)
        before = transaction.ledgers(ids, timeframe)
        after = {
            one: _named(ledger, [each for each in named if each.instrument_id == one]) for one, ledger in before.items()
        }
        transaction.replace_ledgers(timeframe, before, after)


def _named(ledger: Ledger, found: Sequence[Outage]) -> Ledger:
    places = {outage.interval: outage for outage in found}
    inside = Spans.of(places)

    def name(gap: Gap) -> Gap:
        if gap.reason not in UNTOLD or gap.interval.start not in inside:
            return gap
        outage = next(each for place, each in places.items() if gap.interval.start in place)
        return replace(gap, reason=GapReason.VENUE_OUTAGE, evidence=f"{gap.evidence}; {outage.evidence}")

    return replace(ledger, gaps=tuple(map(name, ledger.gaps)))
