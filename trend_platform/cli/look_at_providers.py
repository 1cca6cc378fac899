"""A look at the providers at hand: who is left alone, and, where a person wants to know, whether each takes its key."""

import asyncio
from collections.abc import Iterator, Sequence

from trend_platform.cli.findings import Finding, broken, note, ok
from trend_platform.cli.session import Session
from trend_platform.ingest.build import provider_names
from trend_platform.ingest.key_check import KeyCheck, KeyState
from trend_platform.ingest.provider_report import ProviderState, report_providers
from trend_platform.ingest.source_report import SourceState, report_sources
from trend_platform.ingest.workshop import Workshop
from trend_platform.providers.source_registry import ConfiguredSources, known_sources
from trend_platform.providers.sources import Reading
from trend_platform.settings import Settings
from trend_platform.storage.base import PriceKind


def look_at_providers(session: Session, kind: PriceKind, *, check: bool) -> Iterator[Finding]:
    """Yield what is found about the providers at hand.

    Args:
        session: What the verbs work with.
        kind: Which prices are kept.
        check: Whether to ask each one whether it takes its key; takes one call of its quota.
    """
    names = provider_names(session.settings, kind)
    with session.workshop(ready=()) as workshop:
        states, sources = asyncio.run(_report(workshop, session.settings, names, check=check))
    for state in states:
        if check and state.is_asked:
            yield _key(f"key of {state.name}", state.key)
        for capability, trip in state.left_alone.items():
            until = f"{trip.until:%Y-%m-%d %H:%M:%S} UTC"
            yield note(f"provider {state.name}", f"left alone for {capability.value} until {until}: {trip.reason}")
    for source in sources:
        yield from _source(source, kind, check=check)


async def _report(
    workshop: Workshop, settings: Settings, names: Sequence[str], *, check: bool
) -> tuple[Sequence[ProviderState], Sequence[SourceState]]:
    states = await report_providers(workshop, settings.providers, names, names, check=check)
    configured = ConfiguredSources(settings, workshop.clock, shared=workshop.shared)
    return states, await report_sources(workshop, configured, known_sources(), check=check)


def _source(state: SourceState, kind: PriceKind, *, check: bool) -> Iterator[Finding]:
    # Posts are off by default: whoever enabled a source of them wants it, and learns here that it is not asked.
    if state.lacks_key and state.reading is Reading.SOCIAL and kind is PriceKind.REAL:
        yield note(f"source {state.name}", f"enabled, and not asked: {state.why_not}")
    elif check and state.is_asked and state.key.state is not KeyState.NOT_NEEDED:
        yield _key(f"key of {state.name} ({state.reading.value})", state.key)


def _key(what: str, key: KeyCheck) -> Finding:
    if key.state is KeyState.REFUSED:
        return broken(what, key.detail)
    return note(what, key.words) if key.state is KeyState.UNKNOWN else ok(what, key.words)
