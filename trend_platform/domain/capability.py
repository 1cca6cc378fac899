"""What a provider can be asked for, as people order and judge providers by it; what one can do is its `capabilities`."""

from enum import StrEnum

from trend_platform.domain.timeframes import Timeframe


class Capability(StrEnum):
    """A kind of question. Each has its own order of providers, its own circuit breakers and its own scores."""

    DAILY = "daily_history"
    INTRADAY = "intraday_history"
    LATEST = "latest"
    SPLITS = "splits"


def history_of(timeframe: Timeframe) -> Capability:
    """Return the capability that candles of a length belong to."""
    return Capability.INTRADAY if timeframe.is_intraday else Capability.DAILY
