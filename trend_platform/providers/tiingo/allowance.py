"""Tiingo's allowance of distinct symbols in a month, counted before a call is spent on one too many.

It counts what this process asks; the provider counts all, and its refusal is `classing`'s.
"""

from collections.abc import Iterable
from datetime import datetime

from trend_platform.domain.clock import Clock
from trend_platform.errors import QuotaExhausted
from trend_platform.providers.tiingo.classing import NAME, NEW_YORK, seconds_to_next_month


class MonthlySymbols:
    """The distinct symbols asked in the current month of New York.

    Args:
        most: How many the plan allows; `None` counts none.
        clock: The time.
    """

    def __init__(self, most: int | None, clock: Clock) -> None:
        self._most, self._clock = most, clock
        self._month = (0, 0)
        self._asked: set[str] = set()

    def admit(self, ticker: str) -> None:
        """Count a symbol that is about to be asked.

        Raises:
            QuotaExhausted: It would be one too many this month.
        """
        if self.admitted([ticker]):
            return
        wait = seconds_to_next_month(self._clock.now())
        raise QuotaExhausted(
            NAME,
            f"{self._most} distinct symbols were asked this month, as many as the plan allows, and {ticker} is another: "
            "raise TREND_PROVIDERS__TIINGO__SYMBOLS_PER_MONTH if your plan allows more",
            wait,
        )

    def admitted(self, tickers: Iterable[str]) -> list[str]:
        """Count the symbols that may be asked and return them, in order: those asked before, and others while there is room."""
        self._turn_page(self._clock.now())
        allowed = []
        for ticker in tickers:
            if ticker in self._asked or self._most is None or len(self._asked) < self._most:
                self._asked.add(ticker)
                allowed.append(ticker)
        return allowed

    def _turn_page(self, now: datetime) -> None:
        local = now.astimezone(NEW_YORK)
        if (local.year, local.month) != self._month:
            self._month = (local.year, local.month)
            self._asked.clear()
