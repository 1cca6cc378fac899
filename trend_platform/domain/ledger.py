"""How a ledger takes in what was just learnt: new spans and gaps replace older knowledge of the same place.

Pure algebra on `coverage` values. What a missing candle means is decided by whoever asked.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from trend_platform.domain.coverage import Gap, Ledger, Span
from trend_platform.domain.intervals import Interval, Spans

CountExpected = Callable[[Interval], int]
"""Says how many candles the series' calendar expects in an interval."""


def record(ledger: Ledger, spans: Sequence[Span], gaps: Sequence[Gap], count: CountExpected) -> Ledger:
    """Return `ledger` with `spans` and `gaps` as the newest knowledge.

    Older spans are cut where a new one lies; older gaps are cut where a new span or a new gap lies, and recounted.
    """
    spoken_for = Spans.of((*(span.interval for span in spans), *(gap.interval for gap in gaps)))
    kept_spans = [part for span in ledger.spans for part in _cut_span(span, Spans.of(new.interval for new in spans))]
    kept_gaps = [part for gap in ledger.gaps for part in _cut_gap(gap, spoken_for, count)]
    return Ledger(_merged([*kept_spans, *spans]), tuple(sorted([*kept_gaps, *gaps], key=lambda gap: gap.interval)))


def forgotten(ledger: Ledger, spans: Spans, count: CountExpected) -> Ledger:
    """Return `ledger` without what it says of `spans`, so that they are asked again."""
    kept_spans = [part for span in ledger.spans for part in _cut_span(span, spans)]
    kept_gaps = [part for gap in ledger.gaps for part in _cut_gap(gap, spans, count)]
    return Ledger(tuple(kept_spans), tuple(kept_gaps))


def gaps_within(ledger: Ledger, wanted: Spans, count: CountExpected) -> list[Gap]:
    """Return the ledger's gaps cut to `wanted` and recounted."""
    found: list[Gap] = []
    for gap in ledger.gaps:
        for part in Spans((gap.interval,)) & wanted:
            missing = gap.missing if part == gap.interval else count(part)
            if missing:
                found.append(replace(gap, interval=part, missing=missing))
    return found


def _cut_span(span: Span, by: Spans) -> Iterable[Span]:
    return (replace(span, interval=part) for part in Spans((span.interval,)) - by)


def _cut_gap(gap: Gap, by: Spans, count: CountExpected) -> Iterable[Gap]:
    if not by or gap.interval.end <= by.intervals[0].start or gap.interval.start >= by.intervals[-1].end:
        yield gap
        return
    for part in Spans((gap.interval,)) - by:
        missing = gap.missing if part == gap.interval else count(part)
        if missing:
            yield replace(gap, interval=part, missing=missing)


def _merged(spans: list[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for span in sorted((span for span in spans if span.interval), key=lambda span: span.interval):
        last = merged[-1] if merged else None
        if last and last.provider == span.provider and last.interval.end >= span.interval.start:
            whole = Interval(last.interval.start, max(last.interval.end, span.interval.end))
            merged[-1] = replace(last, interval=whole, asked_at=max(last.asked_at, span.asked_at))
        else:
            merged.append(span)
    return tuple(merged)
