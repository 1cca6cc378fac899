"""Run config of the assets in this folder: what a person can say in the launchpad."""

import dagster as dg
from pydantic import Field


class EconomicConfig(dg.Config):
    """Which series, and whether they must be due."""

    series: list[str] = Field(default=[], description="FRED's ids such as GDP; empty takes those of the settings.")
    force: bool = Field(default=False, description="Ask although no release is due.")


class NamedConfig(dg.Config):
    """Whose own news or posts."""

    symbols: list[str] = Field(
        default=[], description="Symbols such as AAPL or BTC-USD; empty takes those on lists, in turns."
    )
