"""What a change did to a ledger, and how it is taken back: exactly, or, where others have been there since, in its places.

Pure algebra on `coverage` values.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from trend_platform.domain.coverage import Gap, Ledger, Span
from trend_platform.domain.intervals import Spans
from trend_platform.domain.ledger import CountExpected, forgotten


@dataclass(frozen=True, slots=True)
class LedgerChange:
    """What is no longer said of a series, and what is said instead.

    Attributes:
        removed: Spans and gaps that went.
        added: Spans and gaps that came.
    """

    removed: Ledger = field(default_factory=Ledger)
    added: Ledger = field(default_factory=Ledger)

    def __bool__(self) -> bool:
        return self.removed != self.added


def change_of(before: Ledger, after: Ledger) -> LedgerChange:
    """Return what turned `before` into `after`."""
    return LedgerChange(_without(before, after), _without(after, before))


def taken_back(ledger: Ledger, change: LedgerChange, count: CountExpected) -> Ledger:
    """Return `ledger` as it was before `change`.

    Where all that came is still said, the result is exactly what was said before. Where a later look has changed it, gaps
    are put back in the places of the change, and what only the change had covered is open again; the time of later looks
    stays.

    Args:
        ledger: What is said now.
        change: What is to be taken back.
        count: Says how many candles the calendar expects in an interval.
    """
    spans, gaps = set(ledger.spans), set(ledger.gaps)
    if spans.issuperset(change.added.spans) and gaps.issuperset(change.added.gaps):
        return _ordered(
            (spans - set(change.added.spans)) | set(change.removed.spans),
            (gaps - set(change.added.gaps)) | set(change.removed.gaps),
        )
    places = Spans.of(gap.interval for gap in (*change.added.gaps, *change.removed.gaps))
    gapless = forgotten(Ledger(gaps=ledger.gaps), places, count)
    opened = change.added.covered - change.removed.covered
    covered = forgotten(Ledger(spans=ledger.spans), opened, count)
    closed = change.removed.covered - change.added.covered - covered.covered
    back = [replace(span, interval=part) for span in change.removed.spans for part in Spans((span.interval,)) & closed]
    return _ordered([*covered.spans, *back], [*gapless.gaps, *change.removed.gaps])


def _without(ledger: Ledger, other: Ledger) -> Ledger:
    spans, gaps = set(other.spans), set(other.gaps)
    return Ledger(
        tuple(span for span in ledger.spans if span not in spans), tuple(gap for gap in ledger.gaps if gap not in gaps)
    )


def _ordered(spans: Iterable[Span], gaps: Iterable[Gap]) -> Ledger:
    return Ledger(
        tuple(sorted(spans, key=lambda span: span.interval)), tuple(sorted(gaps, key=lambda gap: gap.interval))
    )
