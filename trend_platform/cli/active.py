"""Which instruments a verb of the minute loop is about: the ones that are named, else all that people look at."""

from collections.abc import Sequence

from trend_platform.domain.instruments import Instrument
from trend_platform.errors import UsageError
from trend_platform.ingest.workshop import Workshop


def named_or_active(workshop: Workshop, symbols: Sequence[str]) -> tuple[Instrument, ...]:
    """Return the instruments of canonical symbols, or the active ones: on a watchlist, in a portfolio, on the overview.

    Raises:
        UsageError: A symbol is not in the universe, or none is named and no list holds anything.
    """
    if symbols:
        return workshop.select(symbols)
    active = workshop.storage.interests.active()
    if not active:
        raise UsageError(
            "no list holds anything, so nothing is kept fresh: name symbols, or fill a list with "
            "`trend overview add SPY BTC-USD` or `trend watchlist add tech AAPL NVDA`"
        )
    return active
