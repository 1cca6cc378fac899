"""Limits on calls: so much weight in any window of a length, first come, first served.

The port is `Limiter`. The count is kept by a budget (`budgets`), in this process or shared with others; what a provider's
limits are belongs to its capabilities; what happens after a refusal to `retrying`.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from trend_platform.domain.budgets import PATIENCE_SECONDS, Grant, Standing, Window
from trend_platform.errors import QuotaExhausted, RateLimited, UsageError, WaitError
from trend_platform.providers.base import Quota
from trend_platform.providers.budgets import Budget, LocalBudget
from trend_platform.providers.quota_headers import corrections_in

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Turn:
    """Leave to make one call.

    Attributes:
        waited_seconds: How long it took to come.
        credential: With which credential, counted from 0.
    """

    waited_seconds: float = 0.0
    credential: int = 0


@dataclass(frozen=True, slots=True)
class _Granted:
    # A grant and the budget that gave it, which takes back what is not spent.
    grant: Grant
    budget: Budget


_Waiting = tuple[float, asyncio.Future[_Granted]]


class Limiter(Protocol):
    """Lets calls through when their quotas allow."""

    async def acquire(self, weight: float = 1.0) -> Turn:
        """Wait until `weight` may be spent, and spend it.

        Raises:
            UsageError: No window is large enough for `weight`, so waiting would never end.
            QuotaExhausted: The allowance is used up for longer than anybody waits; nothing was spent.
            RateLimited: The provider asked to be left alone for longer than is waited for; nothing was spent.
        """
        ...

    async def observed(
        self, headers: Mapping[str, str], credential: int = 0, rest_seconds: float | None = None
    ) -> None:
        """Learn from an answer what is left; the client calls this with every answer, refusals included.

        Args:
            headers: Headers by lower-case name; those that say nothing of a limit are passed over.
            credential: With which credential it was asked.
            rest_seconds: How long a refusal asks to be left alone; `None` if it was none, or does not say.
        """
        ...

    async def standing(self) -> Sequence[Standing]:
        """Return what is left of each window of each credential."""
        ...


class AloneNotice:
    """Says once that the shared budget is out of reach, whoever notices first, and once that it is back."""

    def __init__(self) -> None:
        self._is_alone = False

    def tell(self, *, is_alone: bool) -> None:
        """Hear how the last attempt to reach it went."""
        if is_alone and not self._is_alone:
            _log.warning(
                "Redis does not answer, and with it the budget that all processes share: until it does, this process keeps "
                "the limits of providers by itself, and several processes together may exceed them"
            )
        elif self._is_alone and not is_alone:
            _log.warning("Redis answers again: the limits of providers are shared by all processes")
        self._is_alone = is_alone


class BudgetLimiter:
    """Waits for turns that a budget grants: a shared one while it can be reached, this process's own otherwise.

    Callers are served in the order they came: a heavy call is not overtaken by light ones. All that wait while the
    shared budget is being asked are asked for together, so a crowd costs one round trip.

    Args:
        provider: Its name, for errors.
        windows: The limits; without any, nothing waits.
        credentials: How many credentials rotate.
        local: The budget of this process; one of its own if `None`.
        shared: The budget shared with other processes; `None` where there is none.
        longest_rest_seconds: The longest rest after a refusal that is waited for; while it lasts longer, calls are refused.
        notice: Says that the shared budget is out of reach; limiters that have one in common say it once.
        timer: Counts seconds and never goes back.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        provider: str,
        windows: Sequence[Window],
        *,
        credentials: int = 1,
        local: LocalBudget | None = None,
        shared: Budget | None = None,
        longest_rest_seconds: float = PATIENCE_SECONDS,
        notice: AloneNotice | None = None,
        timer: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._provider, self._windows, self._sleep = provider, tuple(windows), sleep
        self._local, self._shared = local or LocalBudget(windows, credentials, timer), shared
        self._longest_rest = longest_rest_seconds
        self._notice = notice or AloneNotice()
        self._waiting: list[_Waiting] = []
        self._asking: asyncio.Task[None] | None = None

    async def acquire(self, weight: float = 1.0) -> Turn:
        """Wait until `weight` may be spent under every limit of a credential, and spend it.

        Raises:
            UsageError: `weight` is more than a whole window allows.
            QuotaExhausted: No credential may spend it within the hour.
            RateLimited: Every credential rests after a refusal, for longer than is waited for.
        """
        for window in self._windows:
            _check(weight, window)
        granted = await self._granted(weight)
        grant = granted.grant
        if not grant.is_reserved:
            raise self._refusal(grant.wait_seconds)
        if grant.wait_seconds > 0:
            try:
                await self._sleep(grant.wait_seconds)
            except BaseException:
                granted.budget.refund(weight, grant)
                raise
        return Turn(grant.wait_seconds, grant.credential)

    async def observed(
        self, headers: Mapping[str, str], credential: int = 0, rest_seconds: float | None = None
    ) -> None:
        """Learn from an answer what is left, and tell it to all that share the budget."""
        corrections = corrections_in(headers, self._windows)
        if not corrections and not rest_seconds:
            return
        before = self._local.standing()
        self._local.correct(credential, corrections, rest_seconds or 0.0)
        if self._shared is not None and (rest_seconds or self._local.standing() != before):
            await asyncio.to_thread(self._shared.correct, credential, corrections, rest_seconds or 0.0)

    async def standing(self) -> Sequence[Standing]:
        """Return what is left, of the shared budget where it can be reached."""
        if self._shared is None:
            return self._local.standing()
        told = await asyncio.to_thread(self._shared.standing)
        self._notice.tell(is_alone=told is None)
        return self._local.standing() if told is None else told

    def _refusal(self, wait: float) -> WaitError:
        if wait <= PATIENCE_SECONDS:
            told = f"it refused before and is left alone for another {wait:.0f} s; nothing was sent"
            return RateLimited(self._provider, told, wait)
        told = f"its allowance is used up for another {wait / 3600:.1f} h; nothing was sent"
        return QuotaExhausted(self._provider, told, wait)

    async def _granted(self, weight: float) -> _Granted:
        if self._shared is None:
            return _Granted(self._local.reserve([weight], self._longest_rest)[0], self._local)
        mine: asyncio.Future[_Granted] = asyncio.get_running_loop().create_future()
        self._waiting.append((weight, mine))
        # A task of its own asks for all: a caller that is cancelled must not take the others' turns with it.
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask_for_all(self._shared))
        return await mine

    async def _ask_for_all(self, shared: Budget) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                told = await asyncio.to_thread(shared.reserve, [weight for weight, _ in batch], self._longest_rest)
            except asyncio.CancelledError:
                _give_up([*batch, *self._waiting])
                raise
            except Exception as error:  # noqa: BLE001  whoever waits is told; nobody else looks at this task
                _tell(batch, error)
            else:
                self._hand_out(batch, self._from(shared, [weight for weight, _ in batch], told))

    def _hand_out(self, batch: Sequence[_Waiting], grants: Sequence[_Granted]) -> None:
        for (weight, future), granted in zip(batch, grants, strict=True):
            if future.cancelled():
                granted.budget.refund(weight, granted.grant)
            else:
                future.set_result(granted)

    def _from(self, shared: Budget, weights: Sequence[float], told: Sequence[Grant] | None) -> list[_Granted]:
        self._notice.tell(is_alone=told is None)
        if told is None:
            return [_Granted(grant, self._local) for grant in self._local.reserve(weights, self._longest_rest)]
        for weight, grant in zip(weights, told, strict=True):
            if grant.is_reserved:
                self._local.spent(weight, grant)
        return [_Granted(grant, shared) for grant in told]


class SlidingWindowLimiter(BudgetLimiter):
    """The limits of this process alone, for one credential.

    Args:
        quotas: The limits; without any, nothing waits.
        margin_seconds: Added to each window, because calls that leave a period apart may arrive closer together.
        timer: Counts seconds and never goes back.
        sleep: Waits so many seconds.
    """

    def __init__(
        self,
        quotas: Sequence[Quota],
        *,
        margin_seconds: float = 0.0,
        timer: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        windows = [Window(quota.weight, quota.period_seconds, margin_seconds) for quota in quotas]
        super().__init__("the provider", windows, timer=timer, sleep=sleep)


def _check(weight: float, window: Window) -> None:
    if weight > window.weight:
        raise UsageError(
            f"a call of weight {weight:g} never fits into a quota of {window.weight:g} in {window.period_seconds:g} s"
        )


def _give_up(batch: Sequence[_Waiting]) -> None:
    for _, future in batch:
        future.cancel()


def _tell(batch: Sequence[_Waiting], error: Exception) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
