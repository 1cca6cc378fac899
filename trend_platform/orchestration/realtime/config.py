"""Run config of the realtime assets: what a person can say in the launchpad, and what a sensor asks for."""

from datetime import UTC, datetime

import dagster as dg
from pydantic import Field

from trend_platform.errors import UsageError


class RefreshConfig(dg.Config):
    """Whose prices: the named symbols and those whose market traded lately; if neither is said, all active ones."""

    symbols: list[str] = Field(
        default=[], description="Symbols such as AAPL or BTC-USD, whether their market is open or not."
    )
    traded_since: str = Field(
        default="",
        description="Active symbols whose market was open at some time since then, such as 2026-11-20T15:03:00Z; "
        "this is what the sensor asks for.",
    )

    def since(self) -> datetime | None:
        """Return `traded_since` in UTC, `None` if it is not said.

        Raises:
            UsageError: It is no time, or has no zone.
        """
        if not self.traded_since:
            return None
        try:
            since = datetime.fromisoformat(self.traded_since)
        except ValueError:
            since = None
        if since is None or since.tzinfo is None:
            raise UsageError(
                f"traded_since {self.traded_since!r} is no time with a zone: write it like 2026-11-20T15:03:00Z"
            )
        return since.astimezone(UTC)
