"""What the next provider is asked: holes and failures of one become needs for the others; order is the user's.

A replacement never relabels: each stored row keeps the provider that sent it. Whether rows of a lesser provider are
asked again when a better one is back is a policy, and is reported. Pure.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from trend_platform.domain.coverage import Ledger
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Spans
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.needs import Need, Wanted, need_in
from trend_platform.ingest.plan import Offer


def next_needs(
    left_open: Mapping[tuple[str, int], Spans], instruments: Mapping[int, Instrument], timeframe: Timeframe
) -> tuple[Need, ...]:
    """Return the needs for what was asked and not settled, by instrument."""
    spans: dict[int, Spans] = {}
    for (_, instrument_id), open_ in left_open.items():
        spans[instrument_id] = spans.get(instrument_id, Spans()) | open_
    needs = (need_in(instruments[one], timeframe, open_) for one, open_ in sorted(spans.items()))
    return tuple(need for need in needs if need.spans)


def better_now(
    wanted: Wanted, needs: Sequence[Need], ledgers: Mapping[int, Ledger], offers: Sequence[Offer], now: datetime
) -> tuple[tuple[Need, ...], dict[str, int]]:
    """Return the needs with what a lesser provider served and a better one offers again, and how much that is.

    The better one is the first offer that serves the instrument; the count is of candles, by the provider replaced.
    """
    open_ = {need.instrument.instrument_id: Spans(need.spans) for need in needs}
    replaced: Counter[str] = Counter()
    for instrument in wanted.instruments:
        one = instrument.instrument_id
        first = next((offer for offer in offers if offer.serves(instrument, wanted.timeframe)), None)
        for span in ledgers.get(one, Ledger()).spans:
            if first is None or span.provider == first.provider:
                continue
            again = need_in(instrument, wanted.timeframe, Spans((span.interval,)) & wanted.days_of(instrument))
            part = first.part_of(again, now) if again.spans else again
            if part.spans:
                open_[one] = open_.get(one, Spans()) | Spans(part.spans)
                replaced[span.provider] += part.candles
    instruments = {instrument.instrument_id: instrument for instrument in wanted.instruments}
    merged = (need_in(instruments[one], wanted.timeframe, spans) for one, spans in open_.items())
    return tuple(need for need in merged if need.spans), dict(replaced)
