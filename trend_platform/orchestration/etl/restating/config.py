"""Run config of `restate_candles`: what a person can say in the launchpad."""

from collections.abc import Sequence

import dagster as dg
from pydantic import Field

from trend_platform.domain.timeframes import Timeframe, parse_timeframe
from trend_platform.errors import UsageError
from trend_platform.ingest.candle_fetch import FETCHED


class RestateConfig(dg.Config):
    """Whose candles, and which lengths."""

    symbols: list[str] = Field(default=[], description="Symbols such as AAPL; empty takes the whole universe.")
    timeframes: list[str] = Field(default=[], description="Such as 1d or 1m; empty takes all that are fetched.")

    def lengths(self) -> Sequence[Timeframe]:
        """Return the timeframes.

        Raises:
            UsageError: One is no timeframe, or is never fetched.
        """
        chosen = tuple(map(parse_timeframe, self.timeframes)) or FETCHED
        if strangers := [one.value for one in chosen if one not in FETCHED]:
            raise UsageError(f"{' '.join(strangers)} candles are never fetched: name some of {' '.join(FETCHED)}")
        return chosen
