"""Run config of the historical assets: what a person can say in the launchpad."""

from datetime import date

import dagster as dg
from pydantic import Field

from trend_platform.errors import UsageError


class SeriesConfig(dg.Config):
    """Whose series."""

    symbols: list[str] = Field(
        default=[], description="Symbols such as AAPL or BTC-USD; empty takes the whole universe."
    )


class HistoryConfig(SeriesConfig):
    """What to ask for, up to which day, and of whom."""

    as_of: str = Field(default="", description="Last day of every range, such as 2026-11-20; empty means today (UTC).")
    refresh: bool = Field(default=False, description="Ask again for what is stored already; corrections are recorded.")
    provider: str = Field(default="", description="Ask only this provider; empty follows the order of the settings.")

    def last_day(self, today: date) -> date:
        """Return the last day of every range.

        Raises:
            UsageError: `as_of` is no date, or lies in the future.
        """
        if not self.as_of:
            return today
        try:
            day = date.fromisoformat(self.as_of)
        except ValueError:
            raise UsageError(f"as_of {self.as_of!r} is no date: write it like {today}, or leave it empty") from None
        if day > today:
            raise UsageError(f"as_of {day} lies in the future: today is {today} (UTC); leave it empty for today")
        return day
