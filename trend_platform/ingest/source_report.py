"""How the sources of economic series, news and posts stand: which are asked, and whether each one's key is taken.

Beside `provider_report`, which tells of those that bring prices. Nothing is asked but, where it is wanted, about keys.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

from trend_platform.ingest.key_check import KeyCheck, KeyState, check_source_key
from trend_platform.ingest.workshop import Workshop
from trend_platform.providers.source_registry import ConfiguredSources, SourceStanding
from trend_platform.providers.sources import Reading
from trend_platform.storage.base import PriceKind


@dataclass(frozen=True, slots=True)
class SourceState:
    """One source, as it stands.

    Attributes:
        name: Its name.
        reading: What it tells.
        is_enabled: Whether the settings let it take part.
        is_asked: Whether runs ask it.
        why_not: Why it is not asked; empty if it is.
        key: What is known of its key.
    """

    name: str
    reading: Reading
    is_enabled: bool
    is_asked: bool
    why_not: str
    key: KeyCheck

    @property
    def lacks_key(self) -> bool:
        """Whether it is enabled and is not asked for want of its key."""
        return self.is_enabled and self.key.state is KeyState.MISSING


async def report_sources(
    workshop: Workshop, configured: ConfiguredSources, names: Collection[str], *, check: bool
) -> tuple[SourceState, ...]:
    """Return how each of the named sources stands.

    Args:
        workshop: The ports; its own sources are not asked.
        configured: The sources as the settings have them.
        names: Which ones.
        check: Whether to ask each that is enabled and has a key whether it takes it; takes one call of its quota, and of X
            no money.
    """
    chosen = [one for one in configured.standings() if one.name in names]
    states = (_state(workshop, configured, one, check=check) for one in chosen)
    return tuple(await asyncio.gather(*states))


async def _state(
    workshop: Workshop, configured: ConfiguredSources, standing: SourceStanding, *, check: bool
) -> SourceState:
    key = _key(standing)
    if check and standing.is_ready and standing.key_variable:
        key = await _tried(workshop, configured, standing.name)
    is_simulated = workshop.storage.market.kind is PriceKind.SIMULATED
    why_not = standing.why_not or ("prices are simulated" if is_simulated else "")
    return SourceState(standing.name, standing.reading, standing.is_enabled, not why_not, why_not, key)


async def _tried(workshop: Workshop, configured: ConfiguredSources, name: str) -> KeyCheck:
    source = configured.opened_to_try(name)
    try:
        return await check_source_key(source, await workshop.shared.standing(name))
    finally:
        await source.close()


def _key(standing: SourceStanding) -> KeyCheck:
    if not standing.key_variable:
        return KeyCheck(KeyState.NOT_NEEDED)
    return KeyCheck(KeyState.PRESENT) if standing.has_key else KeyCheck(KeyState.MISSING)
