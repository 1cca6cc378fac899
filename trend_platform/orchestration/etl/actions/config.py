"""Run config of corporate actions: what a person can say in the launchpad."""

from datetime import date

from pydantic import Field

from trend_platform.errors import UsageError
from trend_platform.orchestration.etl.config import SeriesConfig


class ActionsConfig(SeriesConfig):
    """Whose actions, and since when."""

    since: str = Field(default="", description="First day asked for, such as 2020-01-01; empty means the last weeks.")
    history: bool = Field(
        default=False, description="Ask for all there is of shares of which no split, or no dividend, is known."
    )
    provider: str = Field(default="", description="Ask only this provider; empty follows the order of the settings.")

    def first_day(self, today: date) -> date | None:
        """Return the first day asked for, `None` for the usual one.

        Raises:
            UsageError: `since` is no date, or lies in the future.
        """
        if not self.since:
            return None
        try:
            day = date.fromisoformat(self.since)
        except ValueError:
            raise UsageError(f"since {self.since!r} is no date: write it like {today}, or leave it empty") from None
        if day > today:
            raise UsageError(
                f"since {day} lies in the future: today is {today} (UTC); leave it empty for the last weeks"
            )
        return day
