"""Run config of `intraday_candles`: what a person can say in the launchpad."""

from collections.abc import Sequence

import dagster as dg
from pydantic import Field

from trend_platform.domain.instruments import Instrument
from trend_platform.errors import UsageError
from trend_platform.ingest.workshop import Workshop


class IntradayConfig(dg.Config):
    """Whose candles, whether stored ones are asked again, and of whom."""

    symbols: list[str] = Field(
        default=[],
        description="Symbols such as AAPL or BTC-USD; empty takes all on watchlists, in portfolios, on the overview.",
    )
    refresh: bool = Field(default=False, description="Ask again for what is stored already; corrections are recorded.")
    provider: str = Field(default="", description="Ask only this provider; empty follows the order of the settings.")


def chosen(workshop: Workshop, symbols: Sequence[str]) -> tuple[Instrument, ...]:
    """Return the instruments of these symbols, the active ones if none is named.

    Raises:
        UsageError: A symbol is not in the universe, or none is named and nothing is active.
    """
    if symbols:
        return workshop.select(symbols)
    active = workshop.storage.interests.active()
    if not active:
        raise UsageError(
            "nothing is on a watchlist, in a portfolio or on the overview: name symbols in the run's config, "
            "or put some there with `trend overview add SPY BTC-USD`"
        )
    return active
