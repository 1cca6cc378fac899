"""Who can be asked for what, and how well each has served lately: what `trend sources` shows, and readers of the API get.

Nothing is asked of a provider here but, where it is wanted, whether it takes its key.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from trend_platform.domain.breakers import Trip
from trend_platform.domain.budgets import Standing
from trend_platform.domain.capability import Capability
from trend_platform.domain.scores import Score, ScoreKey
from trend_platform.errors import TrendError
from trend_platform.ingest.key_check import KeyCheck, KeyState, check_key
from trend_platform.ingest.workshop import Workshop
from trend_platform.providers.base import Capabilities, Provider
from trend_platform.providers.registry import open_provider
from trend_platform.settings import ProviderSettings, ProvidersSettings, variable_of
from trend_platform.storage.base import PriceKind


@dataclass(frozen=True, slots=True)
class ProviderState:
    """One provider, as it stands.

    Attributes:
        name: Its name.
        is_enabled: Whether the settings let it take part.
        is_asked: Whether it is at hand: enabled, with all it needs, and in the order.
        why_not: Why it is not asked; empty if it is.
        key: What is known of its key.
        capabilities: What it can be asked; `None` where it could not be opened.
        left_alone: The capabilities in which it is left alone now, and why.
        standings: What is left of its quotas; none where nobody counts.
        scores: How it has served, by capability and asset class.
    """

    name: str
    is_enabled: bool
    is_asked: bool
    why_not: str
    key: KeyCheck
    capabilities: Capabilities | None = None
    left_alone: Mapping[Capability, Trip] = field(default_factory=dict)
    standings: Sequence[Standing] = ()
    scores: Mapping[ScoreKey, Score] = field(default_factory=dict)

    @property
    def last_failure(self) -> tuple[datetime, str] | None:
        """Return the last failure and when it was, `None` if none is known."""
        failures = [(one.failed_at, one.last_error) for one in self.scores.values() if one.failed_at is not None]
        return max(failures, default=None)

    def can(self) -> Sequence[str]:
        """Return the capabilities it has, by name."""
        able = self.capabilities
        if able is None:
            return ()
        has = {
            Capability.DAILY: any(not one.is_intraday for one in able.timeframes),
            Capability.INTRADAY: any(one.is_intraday for one in able.timeframes),
            Capability.LATEST: bool(able.quotes),
            Capability.SPLITS: able.has_splits,
        }
        return [capability.value for capability, is_there in has.items() if is_there]


async def report_providers(
    workshop: Workshop, settings: ProvidersSettings, names: Sequence[str], at_hand: Sequence[str], *, check: bool
) -> tuple[ProviderState, ...]:
    """Return how each of the named providers stands.

    Args:
        workshop: The ports; its own providers are not asked.
        settings: What the user set for all of them.
        names: Which ones.
        at_hand: Those that runs ask, in order.
        check: Whether to ask each that is enabled and has its key whether it takes it, one call each; whoever answers is no
            longer left alone.

    Raises:
        UnavailableError: The database does not answer.
    """
    now = workshop.clock.now()
    scores = workshop.storage.scores.all(now, workshop.policy.half_life)
    states = (_state(workshop, settings, name, at_hand, scores, check=check) for name in names)
    return tuple(await asyncio.gather(*states))


async def _state(
    workshop: Workshop,
    settings: ProvidersSettings,
    name: str,
    at_hand: Sequence[str],
    scores: Mapping[ScoreKey, Score],
    *,
    check: bool,
) -> ProviderState:
    mine: ProviderSettings = getattr(settings, name)
    provider, fault = _opened(workshop, settings, name) if mine.is_ready else (None, "")
    try:
        key = _key(mine, fault)
        if provider and check:
            key = await _checked(workshop, provider, key)
        standings = await workshop.shared.standing(name) if provider else ()
        trips = {one: await asyncio.to_thread(workshop.breakers.trips.of, name, one) for one in Capability}
    finally:
        if provider:
            await provider.close()
    now = workshop.clock.now()
    return ProviderState(
        name=name,
        is_enabled=mine.enabled,
        is_asked=name in at_hand and provider is not None,
        why_not=fault if fault and mine.is_ready else _why_not(workshop.storage.market.kind, mine, name, at_hand),
        key=key,
        capabilities=provider.capabilities if provider else None,
        left_alone={one: trip for one, trip in trips.items() if trip and now < trip.until},
        standings=tuple(standings),
        scores={one: score for one, score in scores.items() if one.provider == name},
    )


async def _checked(workshop: Workshop, provider: Provider, key: KeyCheck) -> KeyCheck:
    found = await check_key(provider, workshop.clock, await workshop.shared.standing(provider.name))
    if found.state is not KeyState.VALID:
        return found
    await asyncio.to_thread(_close_breakers, workshop, provider.name)
    return KeyCheck(key.state, found.detail) if key.state is KeyState.NOT_NEEDED else found


def _opened(workshop: Workshop, settings: ProvidersSettings, name: str) -> tuple[Provider | None, str]:
    # One that cannot be opened says why, and the others are shown all the same.
    try:
        return open_provider(name, settings, workshop.clock, shared=workshop.shared), ""
    except TrendError as error:
        return None, str(error)


def _key(mine: ProviderSettings, fault: str) -> KeyCheck:
    if mine.api_key is not None:
        return KeyCheck(KeyState.PRESENT)
    is_needed = any("key" in name for name in mine.needs)
    return KeyCheck(KeyState.MISSING, fault) if is_needed else KeyCheck(KeyState.NOT_NEEDED)


def _why_not(kind: PriceKind, mine: ProviderSettings, name: str, at_hand: Sequence[str]) -> str:
    if name in at_hand and mine.is_ready:
        return ""
    if not mine.enabled:
        return "not enabled"
    if kind is PriceKind.SIMULATED:
        return "prices are simulated"
    if mine.lacks:
        return f"lacks {', '.join(variable_of(f'providers.{name}.{one}') for one in mine.lacks)}"
    if name == "simulated":
        return "prices are real"
    return "asked only if TREND_PROVIDERS names it" if mine.by_name_only else "not in the order"


def _close_breakers(workshop: Workshop, name: str) -> None:
    for capability in Capability:
        workshop.breakers.trips.close(name, capability)
