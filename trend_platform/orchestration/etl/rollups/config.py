"""Run config of the rolled candles: what a person can say in the launchpad."""

import dagster as dg
from pydantic import Field


class RollupConfig(dg.Config):
    """Whose candles, and whether all of them."""

    symbols: list[str] = Field(
        default=[], description="Symbols such as AAPL or BTC-USD; empty takes the whole universe."
    )
    everything: bool = Field(
        default=False, description="Roll up everything that is stored anew, not only what has changed."
    )
