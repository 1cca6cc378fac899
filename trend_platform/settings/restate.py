"""How long after its end a candle is asked again, since providers correct what they said. A pure model.

What it means lives with the use case, `ingest.restate`.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Fetched = Literal["1m", "5m", "15m", "30m", "1h", "4h", "12h", "1d"]
"""The timeframes that providers are asked for, as the domain has them: settings import nothing of it."""

_DAYS: Mapping[Fetched, int] = {"1m": 2, "5m": 2, "15m": 2, "30m": 2, "1h": 2, "4h": 2, "12h": 2, "1d": 7}


class RestateSettings(BaseModel):
    """How long candles are asked again, and how many may change before somebody is told.

    Attributes:
        days: How far back, in days, by timeframe; 0 never asks again. What is not named keeps its default: seven days for
            daily candles (late prints, cancelled trades and consolidated volumes of US stocks settle within some sessions),
            two for those within a day (they cost more calls, and change with the session's own corrections).
        providers: The same for single providers, over `days`; those that never restate can be set to 0.
        alert_share: Somebody is told if a larger share of a run's final candles had prices that changed.
        alert_candles: And not for fewer than so many of them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: Mapping[Fetched, int] = Field(default_factory=dict)
    providers: Mapping[str, Mapping[Fetched, int]] = Field(default_factory=dict)
    alert_share: float = Field(default=0.01, ge=0, le=1)
    alert_candles: int = Field(default=3, ge=1)

    def days_of(self, provider: str, timeframe: str) -> int:
        """Return how many days back candles of a provider are asked again."""
        tables = (self.providers.get(provider, {}), self.days, _DAYS)
        return next((days for table in tables for name, days in table.items() if name == timeframe), 0)
