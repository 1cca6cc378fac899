"""Naming the edges of series that were asked in parts, once the parts of a round are stored."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from trend_platform.domain.coverage import Ledger
from trend_platform.domain.intervals import Spans
from trend_platform.ingest.edges import with_edges
from trend_platform.ingest.needs import Wanted
from trend_platform.ingest.plan import PlannedCall
from trend_platform.ingest.workshop import Workshop

LeftOpen = Mapping[tuple[str, int], Spans]
"""What was asked and is not settled, by provider and instrument id."""


def name_edges(workshop: Workshop, run_id: int, wanted: Wanted, left_open: LeftOpen, since: datetime) -> LeftOpen:
    """Call the silence before the first and after the last candle of each series what it is; return what is open still.

    Args:
        workshop: The ports.
        run_id: The run on whose behalf.
        wanted: The series.
        left_open: What providers did not settle; series that are looked at although nothing of them is open have no spans.
        since: When the first of them was asked.

    Raises:
        UnavailableError: The database does not answer; nothing is changed.
    """
    instruments = {one.instrument_id: one for one in wanted.instruments}
    ids = sorted({one for _, one in left_open})
    with workshop.storage.market.begin(run_id) as transaction:
        transaction.lock(ids)
        before = transaction.ledgers(ids, wanted.timeframe)
        after = dict(before)
        for provider, one in left_open:
            after[one] = with_edges(instruments[one], wanted.timeframe, provider, since, after[one])
        transaction.replace_ledgers(wanted.timeframe, before, after)
    open_ = {key: spans - _named(before[key[1]], after[key[1]]) for key, spans in left_open.items()}
    return {key: spans for key, spans in open_.items() if spans}


def asked_in_parts(calls: Sequence[PlannedCall]) -> frozenset[tuple[str, int]]:
    """Return the series that several calls ask for, by provider and instrument id."""
    counts = Counter((call.provider, one.instrument_id) for call in calls for one in call.request.instruments)
    return frozenset(key for key, count in counts.items() if count > 1)


def _named(before: Ledger, after: Ledger) -> Spans:
    known = {gap.interval for gap in before.gaps if gap.reason.explains}
    return Spans.of(gap.interval for gap in after.gaps if gap.reason.explains and gap.interval not in known)
