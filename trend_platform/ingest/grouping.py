"""Which parts of which series one request asks for: cut where they are long, together where a provider takes several. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from trend_platform.domain.intervals import Interval
from trend_platform.ingest.needs import Need
from trend_platform.providers.base import Capabilities


@dataclass(frozen=True, slots=True)
class Piece:
    """A span of one series that is asked at once.

    Attributes:
        span: The span.
        need: What it is a part of.
    """

    span: Interval
    need: Need


Group = Sequence[Piece]
"""What one request asks for: the hull of its spans, of all its instruments."""


def grouped(capabilities: Capabilities, needs: Iterable[Need], size: int) -> Iterator[Group]:
    """Yield what each request asks for, oldest first.

    Args:
        capabilities: Those of who is asked.
        needs: All of one timeframe.
        size: Candles within a day that one request is expected to bring at most, rounded to whole pages.
    """
    one = capabilities.candles_per_call
    most = max(one, size // one * one) if one else size
    pieces = [Piece(part, need) for need in needs for span in need.joined(one) for part in need.cut(span, most)]
    pieces.sort(key=lambda piece: (piece.span, piece.need.instrument.symbol))
    at_once = capabilities.symbols_per_call
    if at_once == 1 or not pieces or not pieces[0].need.timeframe.is_intraday:
        return (pieces[at : at + at_once] for at in range(0, len(pieces), at_once))
    return _filled(pieces, at_once, most)


def hull_of(group: Group) -> Interval:
    """Return the span that a request for a group asks for."""
    return Interval(min(piece.span.start for piece in group), max(piece.span.end for piece in group))


def _filled(pieces: Sequence[Piece], at_once: int, most: int) -> Iterator[Group]:
    # Minutes are many: nobody joins a group that would ask for more of the others than fits into one request.
    group: list[Piece] = []
    hull, total = pieces[0].span, 0
    for piece in pieces:
        wider = hull_of([Piece(hull, piece.need), piece])
        mine = piece.need.count(wider)
        if group and wider != hull:
            mine += sum(other.need.count(wider) for other in group) - total
        if group and (len(group) == at_once or total + mine > most):
            yield group
            group, wider, total, mine = [], piece.span, 0, piece.need.count(piece.span)
        group.append(piece)
        hull, total = wider, total + mine
    yield group
