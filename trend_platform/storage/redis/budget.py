"""The budget that all processes share, in Redis: one round trip for any number of turns, by the clock of the server.

Down, it answers `None` and whoever asks keeps the limits by itself; it never raises for that. What is counted is the
script's (`budget_script`); what a provider's limits are is its capabilities'.
"""

import logging
import math
from collections.abc import Sequence
from typing import Final

import redis
from pydantic import SecretStr

from trend_platform.domain.budgets import PATIENCE_SECONDS, Correction, Grant, Standing, Window
from trend_platform.domain.clock import Clock
from trend_platform.storage.redis.budget_script import CORRECT, REFUND, RESERVE, STANDING
from trend_platform.storage.redis.connection import connect
from trend_platform.storage.redis.guard import GuardedClient
from trend_platform.storage.redis.keys import budget_key

_GRAINS: Final = 256
"""Into so many parts a window is divided; what is spent is free again at the end of its part, never earlier."""


class RedisBudget:
    """The budget of one provider's credentials in Redis or Valkey; may be shared between threads."""

    def __init__(self, client: GuardedClient, keys: Sequence[str], windows: Sequence[Window]) -> None:
        self._client, self._keys, self._windows = client, tuple(keys), tuple(windows)
        self._shape = [len(windows), *(part for window in windows for part in _shape(window))]

    def reserve(
        self, weights: Sequence[float], longest_rest_seconds: float = PATIENCE_SECONDS
    ) -> Sequence[Grant] | None:
        """Set weights aside, each for the credential whose turn comes first, unless it rests longer; `None` while down."""
        arguments = [*self._shape, PATIENCE_SECONDS * 1000, longest_rest_seconds * 1000, *weights]
        told = self._run(RESERVE, self._keys, arguments)
        if told is None:
            return None
        return [Grant(wait / 1000, credential, bool(is_reserved), turn) for wait, credential, is_reserved, turn in told]

    def refund(self, weight: float, grant: Grant) -> None:
        """Give back what was set aside and will not be spent, where the server answers."""
        self._tell(REFUND, grant.credential, [*self._shape, weight, grant.turn])

    def correct(self, credential: int, corrections: Sequence[Correction], rest_seconds: float) -> None:
        """Learn what a provider says of a credential's windows, where the server answers."""
        told = [part for one in corrections for part in (one.window, one.used, one.until_seconds * 1000)]
        self._tell(CORRECT, credential, [*self._shape, rest_seconds * 1000, *told])

    def standing(self) -> Sequence[Standing] | None:
        """Return what is left of each window of each credential; `None` while the server is down."""
        told = self._run(STANDING, self._keys, self._shape)
        if told is None:
            return None
        places = [(credential, window) for credential in range(len(self._keys)) for window in self._windows]
        return [
            Standing(credential, window, float(used), rests / 1000)
            for (credential, window), (used, rests) in zip(places, told, strict=True)
        ]

    def _run(self, script: str, keys: Sequence[str], arguments: Sequence[float]) -> list[list[int]] | None:
        answer = self._client.ask(lambda client: client.register_script(script)(keys=keys, args=arguments))
        return answer if isinstance(answer, list) else None

    def _tell(self, script: str, credential: int, arguments: Sequence[float]) -> None:
        self._client.ask(lambda client: client.register_script(script)(keys=[self._keys[credential]], args=arguments))


class RedisBudgets:
    """Opens the budgets of providers on one server."""

    def __init__(self, client: redis.Redis, clock: Clock) -> None:
        self._guarded = GuardedClient(client, clock, "the shared budgets", logging.DEBUG)

    def of(self, provider: str, credentials: Sequence[str], windows: Sequence[Window]) -> RedisBudget:
        """Return the budget of a provider's credentials; whoever names the same ones shares it."""
        return RedisBudget(self._guarded, [budget_key(provider, one) for one in credentials], windows)

    def close(self) -> None:
        """Close the connections."""
        self._guarded.close()


def open_budgets(url: SecretStr, clock: Clock) -> RedisBudgets:
    """Return the budgets at `url`; no connection is made before one is first used.

    Raises:
        ConfigurationError: `url` is no Redis URL.
    """
    return RedisBudgets(connect(url), clock)


def _shape(window: Window) -> tuple[float, int, int]:
    length = math.ceil(window.length_seconds * 1000)
    return window.weight, length, max(1, length // _GRAINS)
