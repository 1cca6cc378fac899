"""The closed set of candle lengths. What a calendar makes of them lives in `calendars`."""

from datetime import timedelta
from enum import StrEnum

from trend_platform.errors import UsageError

_MINUTES = {"1m": 1, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "4h": 240, "12h": 720}


class Timeframe(StrEnum):
    """The length of a candle."""

    M1 = "1m"
    M5 = "5m"
    M15 = "15m"
    M30 = "30m"
    H1 = "1h"
    H4 = "4h"
    H12 = "12h"
    D1 = "1d"
    W1 = "1w"
    MO1 = "1mo"

    @property
    def is_intraday(self) -> bool:
        """Whether several candles fit into one session."""
        return self.value in _MINUTES

    @property
    def step(self) -> timedelta:
        """Return the length of an intraday candle.

        Raises:
            UsageError: The timeframe is a day or longer: its length is the calendar's to say.
        """
        if not self.is_intraday:
            raise UsageError(f"a {self.value} candle has no fixed length; ask the calendar for its open and close")
        return timedelta(minutes=_MINUTES[self.value])


def parse_timeframe(text: str) -> Timeframe:
    """Read a timeframe as people type it, such as `1d` or `1H`; `1M` means one month as little as it means one minute.

    Raises:
        UsageError: `text` is no known timeframe.
    """
    known = ", ".join(timeframe.value for timeframe in Timeframe)
    if text.strip() == "1M":
        raise UsageError(f"1M could be a minute or a month: write 1m or 1mo (known: {known})")
    try:
        return Timeframe(text.strip().lower())
    except ValueError:
        raise UsageError(f"{text!r} is no timeframe; known: {known}") from None
