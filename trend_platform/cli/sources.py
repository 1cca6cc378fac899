"""`trend sources`: the providers, whether each is asked, what it can do, and how well it has served lately.

Beside them the sources of economic series, news and posts: whether each is asked, and whether its key is taken.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from trend_platform.cli.arguments import JsonOption
from trend_platform.cli.output import Output
from trend_platform.cli.prices import price_kind
from trend_platform.cli.session import session_of
from trend_platform.domain.budgets import Standing
from trend_platform.domain.scores import Score, ScoreKey
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.build import provider_names
from trend_platform.ingest.key_check import KeyCheck, KeyState
from trend_platform.ingest.provider_report import ProviderState, report_providers
from trend_platform.ingest.source_report import SourceState, report_sources
from trend_platform.ingest.workshop import Workshop
from trend_platform.providers.registry import known_providers, provider_named
from trend_platform.providers.source_registry import ConfiguredSources, known_sources
from trend_platform.settings import Settings
from trend_platform.wording import span_named

NamesArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[PROVIDER]...", help="Which ones; all of them without any.")
]
CheckOption = Annotated[
    bool, typer.Option("--check", help="Ask each one whether it takes its key; takes one call of its quota.")
]

_RATES = ("success_rate", "limited_rate", "missing_rate", "disagreement", "stale_rate")


def sources(
    ctx: typer.Context, providers: NamesArgument = None, check: CheckOption = False, as_json: JsonOption = False
) -> None:
    """Show the providers: who is asked, key, capabilities, what is left of each quota, and the scorecard; then other sources.

    Rates are of what was seen lately; older observations fade. Nothing is asked of a provider without `--check`.

    Example: `trend sources polygon yahoo --check`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    others = _sources_among(providers or known_sources())
    names = [provider_named(name) for name in providers or known_providers() if _is_provider(name)]
    at_hand = provider_names(session.settings, price_kind(session.connections.mode))
    with session.workshop(ready=()) as workshop:
        states, told = asyncio.run(_report(workshop, session.settings, names, at_hand, others, check=check))
    ordered = sorted(states, key=lambda one: (not one.is_asked, _place(one.name, at_hand)))
    if as_json:
        out.json({"providers": [_as_dict(one) for one in ordered], "sources": [_source_as_dict(one) for one in told]})
        return
    if ordered:
        _show(out, ordered)
    if told:
        _show_sources(out, told)


async def _report(
    workshop: Workshop,
    settings: Settings,
    names: Sequence[str],
    at_hand: Sequence[str],
    others: Sequence[str],
    *,
    check: bool,
) -> tuple[Sequence[ProviderState], Sequence[SourceState]]:
    states = await report_providers(workshop, settings.providers, names, at_hand, check=check)
    configured = ConfiguredSources(settings, workshop.clock, shared=workshop.shared)
    return states, await report_sources(workshop, configured, others, check=check)


def _sources_among(names: Sequence[str]) -> Sequence[str]:
    # FRED's keyless shadow is no setting of its own: it is shown with FRED.
    told = {name.strip().lower() for name in names} & set(known_sources())
    return [*told, *(["fredgraph"] if "fred" in told else [])]


def _is_provider(name: str) -> bool:
    return name.strip().lower() not in set(known_sources()) - set(known_providers())


def _place(name: str, at_hand: Sequence[str]) -> int:
    return at_hand.index(name) if name in at_hand else len(at_hand)


def _as_dict(state: ProviderState) -> dict[str, object]:
    able = state.capabilities
    failure = state.last_failure
    return {
        "provider": state.name,
        "enabled": state.is_enabled,
        "asked": state.is_asked,
        "why_not": state.why_not,
        "key": {"state": state.key.state.value, "detail": state.key.detail},
        "capabilities": state.can(),
        "asset_classes": sorted(able.asset_classes) if able else [],
        "timeframes": [one for one in Timeframe if able and one in able.timeframes],
        "basis": able.basis.value if able else None,
        "left_alone": [
            {"capability": capability.value, "until": trip.until, "reason": trip.reason}
            for capability, trip in state.left_alone.items()
        ],
        "quota_left": [
            {
                "credential": one.credential + 1,
                "left": one.left,
                "of": one.window.weight,
                "seconds": one.window.period_seconds,
            }
            for one in state.standings
        ],
        "scores": [_score_as_dict(key, score) for key, score in state.scores.items()],
        "last_error": None if failure is None else {"at": failure[0], "message": failure[1]},
    }


def _source_as_dict(state: SourceState) -> dict[str, object]:
    return {
        "source": state.name,
        "tells": state.reading.value,
        "enabled": state.is_enabled,
        "asked": state.is_asked,
        "why_not": state.why_not,
        "key": {"state": state.key.state.value, "detail": state.key.detail},
    }


def _score_as_dict(key: ScoreKey, score: Score) -> Mapping[str, object]:
    return {
        "capability": key.capability.value,
        "asset_class": key.asset_class.value,
        "asked": score.asked,
        **{name: getattr(score, name) for name in _RATES},
        "p50_seconds": score.latency(0.5),
        "p95_seconds": score.latency(0.95),
        "mark": score.mark,
    }


def _show(out: Output, states: Sequence[ProviderState]) -> None:
    columns = ("provider", "asked", "key", "can", "of", "prices", "quota left")
    out.table("Providers", columns, [_row(one) for one in states], ["" if one.is_asked else "dim" for one in states])
    scored = [_score_row(key, score) for state in states for key, score in state.scores.items()]
    if scored:
        header = (
            "provider",
            "for",
            "of",
            "asked",
            "served",
            "p50 s",
            "p95 s",
            "429",
            "missing",
            "disagrees",
            "stale",
            "mark",
        )
        out.table("How they have served lately", header, scored)
    else:
        out.say("Nothing was asked of any of them yet: the scorecard is empty.")
    for state in states:
        if state.key.detail and _is_long(state.key):
            out.say(f"{state.name}, key {state.key.words}", "red" if state.key.state is KeyState.REFUSED else "yellow")
        for capability, trip in state.left_alone.items():
            until = f"{trip.until:%Y-%m-%d %H:%M:%S} UTC"
            out.say(f"{state.name} is left alone for {capability.value} until {until}: {trip.reason}", "yellow")
        if state.last_failure is not None:
            at, message = state.last_failure
            out.say(f"{state.name} failed last at {at:%Y-%m-%d %H:%M} UTC: {message}")


def _show_sources(out: Output, states: Sequence[SourceState]) -> None:
    rows = [
        (one.name, one.reading.value, "yes" if one.is_asked else f"no: {one.why_not}", _short(one.key))
        for one in states
    ]
    out.table("Sources of other readings", ("source", "tells", "asked", "key"), rows)
    for one in states:
        if one.key.detail and _is_long(one.key):
            style = "red" if one.key.state is KeyState.REFUSED else "yellow"
            out.say(f"{one.name} ({one.reading.value}), key {one.key.words}", style)


def _row(state: ProviderState) -> Sequence[object]:
    able = state.capabilities
    classes = ", ".join(sorted(able.asset_classes)) if able else ""
    can = ", ".join(one.replace("_", " ") for one in state.can())
    asked = "yes" if state.is_asked else f"no: {state.why_not}"
    return state.name, asked, _short(state.key), can, classes, able.basis.value if able else "", _left(state.standings)


def _short(key: KeyCheck) -> str:
    return KeyCheck(key.state).words if _is_long(key) else key.words


def _is_long(key: KeyCheck) -> bool:
    # What went wrong is told below the table, where it has room.
    return key.state in {KeyState.REFUSED, KeyState.UNKNOWN, KeyState.MISSING}


def _left(standings: Sequence[Standing]) -> str:
    # The window that binds: of each credential, the one with the smallest share left.
    least: dict[int, Standing] = {}
    for one in standings:
        known = least.get(one.credential)
        if known is None or one.left / one.window.weight < known.left / known.window.weight:
            least[one.credential] = one
    return "; ".join(
        f"{one.left:,.6g} of {one.window.weight:,.6g} per {span_named(one.window.period_seconds)}"
        for one in least.values()
    )


def _score_row(key: ScoreKey, score: Score) -> Sequence[object]:
    return (
        key.provider,
        key.capability.value.replace("_", " "),
        key.asset_class.value,
        round(score.asked),
        _percent(score.success_rate),
        _seconds(score.latency(0.5)),
        _seconds(score.latency(0.95)),
        *(_percent(getattr(score, name)) for name in _RATES[1:]),
        f"{score.mark:.2f}",
    )


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"


def _seconds(latency: float | None) -> str:
    return "" if latency is None else f"{latency:.2g}"
