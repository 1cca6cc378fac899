"""A look at the providers at hand: who is left alone, and, where a person wants to know, whether each takes its key."""

import asyncio
from collections.abc import Iterator

from trend_platform.cli.findings import Finding, broken, note, ok
from trend_platform.cli.session import Session
from trend_platform.ingest.build import provider_names
from trend_platform.ingest.key_check import KeyState
from trend_platform.ingest.provider_report import ProviderState, report_providers
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
        report = report_providers(workshop, session.settings.providers, names, names, check=check)
        states = asyncio.run(report)
    for state in states:
        if check and state.is_asked:
            yield _key(state)
        for capability, trip in state.left_alone.items():
            until = f"{trip.until:%Y-%m-%d %H:%M:%S} UTC"
            yield note(f"provider {state.name}", f"left alone for {capability.value} until {until}: {trip.reason}")


def _key(state: ProviderState) -> Finding:
    what = f"key of {state.name}"
    if state.key.state is KeyState.REFUSED:
        return broken(what, state.key.detail)
    return note(what, state.key.words) if state.key.state is KeyState.UNKNOWN else ok(what, state.key.words)
