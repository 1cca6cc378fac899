"""What the next provider is asked: holes and failures of one become needs for the others; order is the user's.

A replacement never relabels: each stored row keeps the provider that sent it. Whether rows of a lesser provider are
asked again when a better one is back is a policy, and is reported. Pure.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from trend_platform.domain.coverage import Ledger
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Spans
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.needs import Need, Wanted, need_in
from trend_platform.ingest.plan import Offer, preferred


def besides(left_open: Mapping[tuple[str, int], Spans], again: Mapping[int, Spans]) -> dict[int, Spans]:
    """Return what was asked and not settled, by instrument id.

    What was asked `again` although it is stored needs nobody else: if the better provider fails, the rows stay as they are.
    """
    open_: dict[int, Spans] = {}
    for (_, one), spans in left_open.items():
        open_[one] = open_.get(one, Spans()) | (spans - again.get(one, Spans()))
    return open_


def next_needs(open_: Mapping[int, Spans], instruments: Sequence[Instrument], timeframe: Timeframe) -> tuple[Need, ...]:
    """Return the needs for what is open, by instrument id."""
    known = {instrument.instrument_id: instrument for instrument in instruments}
    needs = (need_in(known[one], timeframe, spans) for one, spans in sorted(open_.items()))
    return tuple(need for need in needs if need.spans)


@dataclass(frozen=True, slots=True)
class Better:
    """What lesser providers served and a better one offers again.

    Attributes:
        candles: How many candles, by the provider that served them.
        spans: Which spans, by instrument id.
    """

    candles: Mapping[str, int] = field(default_factory=dict)
    spans: Mapping[int, Spans] = field(default_factory=dict)

    def unneeded(self, needs: Sequence[Need]) -> Mapping[int, Spans]:
        """Return the spans that are not needed anyway."""
        needed = {need.instrument.instrument_id: Spans(need.spans) for need in needs}
        return {one: spans - needed.get(one, Spans()) for one, spans in self.spans.items()}


def better_now(
    wanted: Wanted,
    ledgers: Mapping[int, Ledger],
    offers: Sequence[Offer],
    now: datetime,
    resting: Collection[str] = (),
) -> Better:
    """Return what a lesser provider served and the first one that serves the instrument offers again.

    A first one that is left alone now (`resting`) is not back.
    """
    candles: Counter[str] = Counter()
    spans: dict[int, Spans] = {}
    for instrument in wanted.instruments:
        one = instrument.instrument_id
        serving = (offer for offer in preferred(offers, instrument) if offer.serves(instrument, wanted.timeframe))
        first = next(serving, None)
        if first is None or first.provider in resting:
            continue
        days = wanted.days_of(instrument)
        for span in ledgers.get(one, Ledger()).spans:
            if span.provider == first.provider:
                continue
            again = need_in(instrument, wanted.timeframe, Spans((span.interval,)) & days)
            part = first.part_of(again, now) if again.spans else again
            if part.spans:
                spans[one] = spans.get(one, Spans()) | Spans(part.spans)
                candles[span.provider] += part.candles
    return Better(dict(candles), spans)


def with_again(wanted: Wanted, needs: Sequence[Need], again: Mapping[int, Spans]) -> tuple[Need, ...]:
    """Return the needs together with what is to be asked again."""
    open_ = {need.instrument.instrument_id: Spans(need.spans) for need in needs}
    for one, spans in again.items():
        open_[one] = open_.get(one, Spans()) | spans
    instruments = {instrument.instrument_id: instrument for instrument in wanted.instruments}
    merged = (need_in(instruments[one], wanted.timeframe, spans) for one, spans in open_.items())
    return tuple(need for need in merged if need.spans)
