"""What all providers of one process share: the budget of their credentials, the archive of their answers.

It is handed to `registry.open_provider` and reaches each client while the provider is opened; a provider itself knows
nothing of it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from trend_platform.domain.budgets import Standing
from trend_platform.providers.archiving import Archive
from trend_platform.providers.budgets import Budgets, LocalBudgets
from trend_platform.providers.limits import AloneNotice, Limiter
from trend_platform.providers.patience import Patience


@dataclass(frozen=True)
class Shared:
    """What the clients of one process share.

    Attributes:
        budgets: Where the budgets are kept that other processes spend from too; `None` for limits of this process alone.
        archive: Keeps each answer; `None` keeps none.
        is_metered: Whether calls spend anything; not where answers come from the archive.
        local: The budgets of this process: all there is where `budgets` is `None` or out of reach.
        limiters: Per provider, the limiters of its clients; filled while providers are opened.
        notice: Says once for all of them that the budgets are out of reach.
        patience: How they retry, where that is not left to each provider's settings.
    """

    budgets: Budgets | None = None
    archive: Archive | None = None
    is_metered: bool = True
    local: LocalBudgets = field(default_factory=LocalBudgets)
    limiters: dict[str, list[Limiter]] = field(default_factory=dict)
    notice: AloneNotice = field(default_factory=AloneNotice)
    patience: Patience = field(default_factory=Patience)

    async def standing(self, provider: str) -> Sequence[Standing]:
        """Return what is left of each window of each credential of a provider that is open here; none if it has none."""
        return [one for limiter in self.limiters.get(provider, ()) for one in await limiter.standing()]


_IN_FORCE: ContextVar[Shared | None] = ContextVar("shared_by_providers", default=None)


@contextmanager
def sharing(shared: Shared) -> Iterator[None]:
    """Let the clients that are opened inside the block share `shared`."""
    token = _IN_FORCE.set(shared)
    try:
        yield
    finally:
        _IN_FORCE.reset(token)


def in_force() -> Shared:
    """Return what clients opened now share; by default nothing is shared and nothing kept."""
    return _IN_FORCE.get() or Shared()
