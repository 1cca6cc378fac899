"""Run config of the scores: what a person can say in the launchpad."""

from pydantic import Field

from trend_platform.domain.timeframes import Timeframe
from trend_platform.orchestration.etl.config import SeriesConfig


class QualityConfig(SeriesConfig):
    """Whose days are scored, and how many of them."""

    timeframe: str = Field(default=Timeframe.D1.value, description="Of which candles, such as 1d or 1h.")
    days: int = Field(default=30, ge=1, description="How many days, today (UTC) the last one.")
