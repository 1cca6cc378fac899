"""The budget of a provider's credentials: the port, and the one of a single process.

A budget grants turns; it never sleeps. Another one, kept in Redis and shared by all processes, passes the same contract
suite. Who waits for a turn is `limits`.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Protocol

from trend_platform.domain.budgets import PATIENCE_SECONDS, Correction, Grant, Standing, Window

_ROUNDING = 1e-9


class Budget(Protocol):
    """Counts what one provider's credentials have spent, against windows that all hold at once."""

    def reserve(self, weights: Sequence[float], longest_rest_seconds: float) -> Sequence[Grant] | None:
        """Set weights aside, each for the credential whose turn comes first; in order, none overtakes an earlier one.

        Args:
            weights: What is to be spent.
            longest_rest_seconds: Where even the first credential to be back rests longer, nothing is set aside.

        Returns:
            A grant per weight, or `None` if the budget cannot be reached.
        """
        ...

    def refund(self, weight: float, grant: Grant) -> None:
        """Give back what was set aside and will not be spent."""
        ...

    def correct(self, credential: int, corrections: Sequence[Correction], rest_seconds: float) -> None:
        """Learn what a provider says of a credential's windows, and let it rest so long (0: not)."""
        ...

    def standing(self) -> Sequence[Standing] | None:
        """Return what is left of each window of each credential; `None` if the budget cannot be reached."""
        ...


class Budgets(Protocol):
    """Opens the budgets of providers."""

    def of(self, provider: str, credentials: Sequence[str], windows: Sequence[Window]) -> Budget:
        """Return the budget of a provider's credentials; whoever names the same ones shares it.

        Args:
            provider: Its name.
            credentials: A fingerprint of each, from which no key can be read.
            windows: What each of them may spend.
        """
        ...


class LocalBudget:
    """The budget of this process alone, by a monotonic timer: a clock that is set back changes nothing.

    May be shared between threads.

    Args:
        windows: The limits of each credential.
        credentials: How many there are.
        timer: Counts seconds and never goes back.
    """

    def __init__(
        self, windows: Sequence[Window], credentials: int = 1, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self._timer, self._lock = timer, Lock()
        self._purses = [_Purse(windows) for _ in range(credentials)]

    def reserve(self, weights: Sequence[float], longest_rest_seconds: float = PATIENCE_SECONDS) -> Sequence[Grant]:
        """Set weights aside, each for the credential whose turn comes first, unless it rests longer."""
        with self._lock:
            return [self._grant(weight, self._timer(), longest_rest_seconds) for weight in weights]

    def spent(self, weight: float, grant: Grant) -> None:
        """Count what another budget granted."""
        with self._lock:
            self._purses[grant.credential].spend(weight, self._timer() + grant.wait_seconds)

    def refund(self, weight: float, grant: Grant) -> None:
        """Give back what was set aside and will not be spent."""
        with self._lock:
            self._purses[grant.credential].refund(weight, grant.turn / 1000)

    def correct(self, credential: int, corrections: Sequence[Correction], rest_seconds: float) -> None:
        """Learn what a provider says of a credential's windows, and let it rest so long (0: not)."""
        with self._lock:
            self._purses[credential].correct(corrections, rest_seconds, self._timer())

    def standing(self) -> Sequence[Standing]:
        """Return what is left of each window of each credential."""
        with self._lock:
            now = self._timer()
            return [one for number, purse in enumerate(self._purses) for one in purse.standing(number, now)]

    def _grant(self, weight: float, now: float, longest_rest: float) -> Grant:
        turns = [purse.turn(weight, now) for purse in self._purses]
        best = min(range(len(turns)), key=turns.__getitem__)
        wait = turns[best] - now
        is_reserved = wait <= PATIENCE_SECONDS and self._purses[best].rests(now) <= longest_rest
        if is_reserved:
            self._purses[best].spend(weight, turns[best])
        return Grant(wait, best, is_reserved, round(turns[best] * 1000))


class LocalBudgets:
    """The budgets of this process, for as long as it lives: clients that are opened again find what was spent before.

    Args:
        timer: Counts seconds and never goes back.
    """

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer, self._lock = timer, Lock()
        self._opened: dict[tuple[str, tuple[str, ...], tuple[Window, ...]], LocalBudget] = {}

    def of(self, provider: str, credentials: Sequence[str], windows: Sequence[Window]) -> LocalBudget:
        """Return the budget of a provider's credentials; whoever names the same ones and the same windows shares it."""
        key = provider, tuple(credentials), tuple(windows)
        with self._lock:
            return self._opened.setdefault(key, LocalBudget(windows, len(credentials), self._timer))


class _Purse:
    # What one credential has spent and when; it may spend no earlier than it last did, nor while it rests.
    def __init__(self, windows: Sequence[Window]) -> None:
        self._windows = [_Spent(window) for window in windows]
        self._last = self._rests_until = float("-inf")

    def turn(self, weight: float, now: float) -> float:
        at = max(now, self._last, self._rests_until)
        for spent in self._windows:
            at = max(at, spent.turn(weight, now))
        return at

    def rests(self, now: float) -> float:
        return max(0.0, self._rests_until - now)

    def spend(self, weight: float, at: float) -> None:
        self._last = max(self._last, at)
        for spent in self._windows:
            spent.add(weight, at + spent.window.length_seconds)

    def refund(self, weight: float, at: float) -> None:
        for spent in self._windows:
            spent.take_back(weight, at + spent.window.length_seconds)

    def correct(self, corrections: Sequence[Correction], rest_seconds: float, now: float) -> None:
        if rest_seconds > 0:
            self._rests_until = max(self._rests_until, now + rest_seconds)
        for one in corrections:
            self._windows[one.window].correct(one, now)

    def standing(self, credential: int, now: float) -> Sequence[Standing]:
        rests = self.rests(now)
        return [Standing(credential, spent.window, spent.used(now), rests) for spent in self._windows]


class _Spent:
    # Entries of weight and the instant they are free again, the earliest first.
    def __init__(self, window: Window) -> None:
        self.window = window
        self._entries: deque[tuple[float, float]] = deque()
        self._total = 0.0

    def turn(self, weight: float, now: float) -> float:
        over = self.used(now) + weight - self.window.weight
        at = now
        for free_at, spent in self._entries:
            if over <= _ROUNDING:
                break
            over -= spent
            at = free_at
        return at

    def used(self, now: float) -> float:
        while self._entries and self._entries[0][0] <= now:
            self._total -= self._entries.popleft()[1]
        if not self._entries:
            self._total = 0.0
        return self._total

    def add(self, weight: float, free_at: float) -> None:
        self._total += weight
        if not self._entries or self._entries[-1][0] <= free_at:
            self._entries.append((free_at, weight))
        else:
            self._entries = deque(sorted([*self._entries, (free_at, weight)]))

    def take_back(self, weight: float, free_at: float) -> None:
        for index, (at, spent) in enumerate(self._entries):
            if abs(at - free_at) < 1e-3 and spent >= weight:
                self._entries[index] = (at, spent - weight)
                self._total -= weight
                return

    def correct(self, told: Correction, now: float) -> None:
        self.used(now)
        # What is set aside for later turns has not reached the provider, and it has not counted it.
        later = sum(spent for free_at, spent in self._entries if free_at > now + self.window.length_seconds)
        unknown = told.used - (self._total - later)
        if unknown > _ROUNDING and told.until_seconds > 0:
            self.add(unknown, now + min(told.until_seconds, self.window.length_seconds))
