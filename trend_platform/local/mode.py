"""Whether prices are live or simulated: `auto` is decided once, with its reason, and remembered."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx

from trend_platform.local.home import Home
from trend_platform.settings import Mode, Settings

_NOTE = "mode"
_PATIENCE_SECONDS = 3.0
# Whoever tells years of days of shares on a free plan already.
_OF_SHARES = frozenset({"polygon", "alpaca", "tiingo", "twelvedata", "fmp"})


@dataclass(frozen=True, slots=True)
class Decision:
    """A mode that is no longer `auto`.

    Attributes:
        mode: `live` or `simulated`.
        reason: Why, as the end of a sentence.
        is_chosen: Whether the user asked for it by name, so that nothing but the user changes it.
    """

    mode: Mode
    reason: str
    is_chosen: bool = False


def answers(url: str) -> bool:
    """Tell whether a server answers at the URL within three seconds; any HTTP status counts."""
    try:
        httpx.get(url, timeout=_PATIENCE_SECONDS)
    except httpx.HTTPError:
        return False
    return True


def settle(
    settings: Settings,
    home: Home,
    reachable: Callable[[str], bool] = answers,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Decision:
    """Return the mode in force, deciding and remembering `auto` where that was not done before.

    Args:
        settings: An explicit mode in them wins over what is remembered.
        home: Where the decision is kept.
        reachable: Tells whether a provider's base URL answers.
        now: The present instant, aware.
    """
    decision = in_force(settings, home)
    if decision is None:
        decision = decide(settings, reachable)
        remember(home, decision, now())
    return decision


def in_force(settings: Settings, home: Home) -> Decision | None:
    """Return the mode in force, `None` where `auto` is still to be decided; nothing is asked and nothing remembered."""
    remembered = recalled(home)
    if settings.mode is not Mode.AUTO:
        agrees = remembered is not None and remembered.mode is settings.mode
        return remembered if remembered is not None and agrees else Decision(settings.mode, "the setting mode says so")
    return None if remembered is None or _is_overtaken(remembered, settings) else remembered


def _is_overtaken(remembered: Decision, settings: Settings) -> bool:
    # Who names real providers after a first look around without any means to use them.
    if remembered.is_chosen or remembered.mode is Mode.LIVE:
        return False
    return decide(settings, reachable=lambda _: False).mode is Mode.LIVE


def decide(settings: Settings, reachable: Callable[[str], bool]) -> Decision:
    """Decide what `auto` means for these settings, here and now."""
    providers = settings.providers
    if providers.files.path is not None:
        return Decision(Mode.LIVE, f"the files provider is set up ({providers.files.path})")
    real = [name for name in providers.order if name != "simulated"]
    if real:
        return Decision(Mode.LIVE, f"TREND_PROVIDERS names {', '.join(real)}")
    if providers.order:
        return Decision(Mode.SIMULATED, "TREND_PROVIDERS names simulated only")
    keyed = {name: one.base_url for name, one in providers.ready.items() if name in _OF_SHARES}
    hosts = {name: urlsplit(base_url).hostname for name, base_url in keyed.items()}
    for name, base_url in keyed.items():
        if reachable(base_url):
            return Decision(Mode.LIVE, f"{name} has a key and {hosts[name]} answers")
    if not keyed:
        return Decision(Mode.SIMULATED, "no provider of stock prices has a key")
    silent = " and ".join(f"{name} has a key, but {host}" for name, host in hosts.items())
    return Decision(Mode.SIMULATED, f"{silent} did not answer in {_PATIENCE_SECONDS:.0f} s")


def recalled(home: Home) -> Decision | None:
    """Return the remembered decision, or `None`."""
    facts = home.recall(_NOTE)
    try:
        return Decision(Mode(facts["mode"]), facts["reason"], facts.get("chosen") == "yes")
    except (KeyError, ValueError):
        return None


def remember(home: Home, decision: Decision, decided_at: datetime) -> None:
    """Keep a decision for later commands."""
    facts = {"mode": decision.mode, "reason": decision.reason, "decided_at": decided_at.isoformat()}
    facts["chosen"] = "yes" if decision.is_chosen else "no"
    home.root.mkdir(parents=True, exist_ok=True)
    home.remember(_NOTE, facts)


def forget(home: Home) -> None:
    """Drop the remembered decision, so that `auto` is decided anew."""
    (home.root / f"{_NOTE}.json").unlink(missing_ok=True)
