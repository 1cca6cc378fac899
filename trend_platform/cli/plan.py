"""`trend plan`: what a backfill would ask of whom, what that takes, and what is left of it; nothing is asked."""

import asyncio
from collections import Counter
from collections.abc import Sequence

import typer

from trend_platform.cli.arguments import (
    AsOfOption,
    JsonOption,
    ProviderOption,
    RangesArgument,
    RefreshOption,
    SymbolsArgument,
    read_as_of,
    read_ranges,
    read_symbols,
)
from trend_platform.cli.output import Output
from trend_platform.cli.prices import say_simulated
from trend_platform.cli.session import session_of, today
from trend_platform.ingest.backfill import wanted_of
from trend_platform.ingest.needs import Wanted
from trend_platform.ingest.plan import Plan
from trend_platform.ingest.prepare import Prepared, prepare
from trend_platform.ingest.quotas import QuotaLeft, quotas_left
from trend_platform.ingest.run import plan_as_dict
from trend_platform.storage.base import PriceKind
from trend_platform.wording import counted, span_named

# So many series that nobody serves are named; JSON has them all.
_NAMED = 8


def plan(
    ctx: typer.Context,
    ranges: RangesArgument,
    symbols: SymbolsArgument = None,
    refresh: RefreshOption = False,
    provider: ProviderOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what a backfill would ask of which provider, what that takes, and what is left of each quota; nothing is asked.

    Example: `trend plan 1Y,5Y AAPL MSFT`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    chosen, last = read_ranges(ranges), read_as_of(as_of, today(session))
    with session.workshop(provider) as workshop:
        wanted = wanted_of(workshop, chosen, read_symbols(symbols), last, refresh=refresh)
        prepared = prepare(workshop, wanted)
        quotas = asyncio.run(quotas_left(workshop, prepared.plan))
        kind = workshop.storage.market.kind
    if as_json:
        out.json({**_as_dict(prepared, kind), "quotas": [one.as_dict() for one in quotas]})
    else:
        _show(out, prepared)
        _show_quotas(out, quotas)
        say_simulated(out, kind)


def _as_dict(prepared: Prepared, kind: PriceKind) -> dict[str, object]:
    wanted = prepared.wanted
    return {
        "prices": kind.value,
        "ranges": [range_.value for range_ in wanted.ranges],
        "as_of": wanted.as_of.isoformat(),
        "instruments": len(wanted.instruments),
        **plan_as_dict(prepared.plan),
        "routes": [
            {"provider": provider, "route": route, "calls": calls, "candles": candles}
            for provider, route, calls, candles in _routes(prepared.plan)
        ],
        "replaced": dict(prepared.replaced),
    }


def _show(out: Output, prepared: Prepared) -> None:
    plan = prepared.plan
    out.say(_headline(prepared.wanted), "bold")
    if plan.calls:
        out.table("", ("provider", "route", "calls", "candles", "minutes", "quota that binds"), _rows(plan))
    else:
        out.say("Nothing needs to be asked: everything wanted is stored or accounted for.")
    for provider, candles in prepared.replaced.items():
        out.say(f"{counted(candles, 'candle')} from {provider}: asked again of a provider you prefer.")
    if plan.unserved:
        names = [need.instrument.symbol for need in plan.unserved]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        out.say(f"No provider at hand serves all of {', '.join(names[:_NAMED])}{more}.", "yellow")


def _show_quotas(out: Output, quotas: Sequence[QuotaLeft]) -> None:
    if quotas:
        header = ("provider", "this plan takes", "of", "key", "used", "left now", "rests for")
        out.table("Quotas, as all processes spend them", header, [row for one in quotas for row in _quota_rows(one)])


def _quota_rows(quota: QuotaLeft) -> Sequence[Sequence[object]]:
    # What the plan takes is the provider's: its first row carries it.
    rows: list[Sequence[object]] = []
    for one in quota.standings:
        takes = None if rows else f"{quota.takes:,g}"
        rests = f"{one.rests_seconds:,.0f} s" if one.rests_seconds else None
        allowed = f"{one.window.weight:,g} per {span_named(one.window.period_seconds)}"
        key = one.credential + 1
        rows.append((quota.provider, takes, allowed, key, f"{one.used:,.6g}", f"{one.left:,.6g}", rests))
    return rows


def _headline(wanted: Wanted) -> str:
    many = len(wanted.instruments)
    what = wanted.instruments[0].symbol if many == 1 else counted(many, "instrument")
    return f"{' '.join(wanted.ranges)} of {what} as of {wanted.as_of}"


def _routes(plan: Plan) -> list[tuple[str, str, int, int]]:
    calls: Counter[tuple[str, str]] = Counter()
    candles: Counter[tuple[str, str]] = Counter()
    for call in plan.calls:
        key = (call.provider, call.request.route.value)
        calls[key] += call.calls
        candles[key] += call.candles
    return [(provider, route, calls[provider, route], candles[provider, route]) for provider, route in calls]


def _rows(plan: Plan) -> Sequence[Sequence[object]]:
    # Minutes and quota belong to the provider: its first route carries them.
    estimates = {estimate.provider: estimate for estimate in plan.estimates}
    rows: list[Sequence[object]] = []
    for provider, route, calls, candles in _routes(plan):
        estimate = estimates.pop(provider, None)
        rest = (estimate.minutes, estimate.quota or "none") if estimate else (None, None)
        rows.append((provider, route.replace("_", " "), calls, candles, *rest))
    return rows
