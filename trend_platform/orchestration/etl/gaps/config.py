"""Run config of a repair: what a person can say in the launchpad."""

import dagster as dg
from pydantic import Field


class RepairConfig(dg.Config):
    """Which gaps, and how many calls they may take."""

    symbols: list[str] = Field(default=[], description="Symbols such as BTC-USD; empty takes the whole universe.")
    max_calls: int = Field(
        default=0,
        ge=0,
        description="Calls it may make; 0 takes what the setting repair.calls_per_day leaves of the day.",
    )
