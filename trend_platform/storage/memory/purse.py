"""The `Purse` port in memory: a sum per provider and day."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from threading import Lock

from trend_platform.storage.money import fits
from trend_platform.storage.readings import Allowance


@dataclass(slots=True)
class MemoryPurse:
    """What was spent, by provider and day of UTC."""

    _spent: dict[tuple[str, date], float] = field(default_factory=lambda: defaultdict(float))
    _lock: Lock = field(default_factory=Lock)

    def take(self, provider: str, day: date, dollars: float, allowance: Allowance) -> bool:
        """Count `dollars` as spent if neither day nor month pass their allowance by it; return whether that was so."""
        with self._lock:
            mine = {at: spent for (whose, at), spent in self._spent.items() if whose == provider}
            of_month = sum(spent for at, spent in mine.items() if (at.year, at.month) == (day.year, day.month))
            if not fits(mine.get(day, 0.0), of_month, dollars, allowance):
                return False
            self._spent[provider, day] += dollars
            return True

    def give_back(self, provider: str, day: date, dollars: float) -> None:
        """Count what was taken and not spent as not spent; never below nothing."""
        with self._lock:
            self._spent[provider, day] = max(0.0, self._spent[provider, day] - dollars)

    def spent(self, provider: str, days: Sequence[date]) -> float:
        """Return what was spent on these days, in dollars."""
        with self._lock:
            return sum(self._spent.get((provider, day), 0.0) for day in set(days))
