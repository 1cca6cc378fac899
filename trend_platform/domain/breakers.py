"""When a provider is left alone, and for how long: the rules of a circuit breaker, as values. Pure.

Who counts failures and asks again is `ingest.breaker`; where trips are remembered is the storage's.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from trend_platform.errors import (
    AuthFailed,
    Blocked,
    Malformed,
    ProviderError,
    QuotaExhausted,
    WaitError,
)

_SICK = (WaitError, AuthFailed, Blocked, Malformed)
_AT_ONCE = (AuthFailed, Blocked)
# A quota of a month is looked at again all the same: it may have been that of one symbol, or have been raised.
_LONGEST = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """How soon a provider is left alone.

    Attributes:
        failures: So many failures in a row open the breaker.
        rest: How long it stays open the first time; each further time in a row twice as long.
        longest_rest: What the doubling ends at; also the rest after a wall for bots, or a quota that does not say when it
            begins anew.
        probe_within: How long the one question that tries whether the provider is back may take.
    """

    failures: int = 5
    rest: timedelta = timedelta(seconds=30)
    longest_rest: timedelta = timedelta(minutes=15)
    probe_within: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Trip:
    """An open breaker.

    Attributes:
        until: From then on one question may try whether the provider is back.
        openings: How often in a row it opened.
        passes: Whether the fault is of the kind that passes by itself, so that whoever has nobody else may go on asking.
        reason: What happened, in words; never a secret.
    """

    until: datetime
    openings: int
    passes: bool
    reason: str


def is_sick(error: ProviderError) -> bool:
    """Return whether an error says something about the provider's health, rather than about what was asked."""
    return isinstance(error, _SICK)


def is_final(error: ProviderError) -> bool:
    """Return whether asking again soon is no use after one such error, even for whoever has nobody else."""
    return isinstance(error, AuthFailed)


def trip_after(
    error: ProviderError, failures: int, before: Trip | None, now: datetime, policy: BreakerPolicy
) -> Trip | None:
    """Return the trip that a failure leads to, `None` while the breaker stays closed.

    Args:
        error: The failure; one that says nothing of the provider's health never opens.
        failures: How many there were in a row, this one included.
        before: The trip whose probe failed; `None` for a breaker that was closed.
        now: The present instant.
        policy: How soon to open.
    """
    if not is_sick(error) or not (before or isinstance(error, _AT_ONCE) or failures >= policy.failures):
        return None
    openings = 1 + (before.openings if before else 0)
    rest = _rest(error, openings, policy)
    many = f"{failures} failures in a row, the last one: " if failures > 1 else ""
    message = str(error).removeprefix(f"{error.provider}: ")
    return Trip(now + rest, openings, not is_final(error), f"{many}{message}")


def _rest(error: ProviderError, openings: int, policy: BreakerPolicy) -> timedelta:
    rest = min(policy.longest_rest, policy.rest * (1 << min(openings - 1, 20)))
    asked = timedelta(seconds=error.retry_after_seconds or 0) if isinstance(error, WaitError) else timedelta(0)
    if isinstance(error, Blocked) or (isinstance(error, QuotaExhausted) and not asked):
        rest = policy.longest_rest
    return max(rest, min(asked, _LONGEST))
