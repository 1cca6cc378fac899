"""`trend gaps`: what is missing and why, asking again for what is due, and taking that back."""

from typing import Annotated

import typer

from trend_platform.cli.arguments import JsonOption, ProviderOption, SymbolsArgument
from trend_platform.cli.exits import ExitCode
from trend_platform.cli.gap_arguments import (
    EndOption,
    ReasonsOption,
    StartOption,
    TimeframesOption,
    UnexplainedOption,
    read_selection,
)
from trend_platform.cli.gap_tables import (
    gaps_as_dicts,
    repairs_as_dicts,
    series_as_dicts,
    show_gaps,
    show_repairs,
    show_verdict,
)
from trend_platform.cli.groups import verb_group
from trend_platform.cli.output import Output
from trend_platform.cli.progress import progress
from trend_platform.cli.session import session_of
from trend_platform.ingest.gaps import detect as find
from trend_platform.ingest.repair import Repaired, RepairPlan, plan_repair
from trend_platform.ingest.repair import repair as repair_
from trend_platform.ingest.repair import undo as undo_
from trend_platform.ingest.tally import Progress
from trend_platform.ingest.workshop import Workshop, drive
from trend_platform.wording import counted

app = verb_group("Find what is missing and why; repair it, or take a repair back.")

LimitOption = Annotated[int, typer.Option("--limit", min=1, help="Gaps shown, the unexplained and large ones first.")]


@app.command("detect")
def detect(
    ctx: typer.Context,
    symbols: SymbolsArgument = None,
    timeframe: TimeframesOption = None,
    start: StartOption = None,
    end: EndOption = None,
    reason: ReasonsOption = None,
    unexplained: UnexplainedOption = False,
    limit: LimitOption = 30,
    as_json: JsonOption = False,
) -> None:
    """Show what the calendars expect and the ledger does not account for; nobody is asked. Exit code 3: some of it is unexplained.

    Example: `trend gaps detect BTC-USD --timeframe 1m --start 2016-01-01 --end 2017-01-01 --unexplained`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    selection = read_selection(symbols, timeframe, start, end, reason, is_unexplained_only=unexplained)
    with session.workshop(ready=()) as workshop:
        found = find(workshop, selection)
    if as_json:
        out.json({"at": found.at, "series": series_as_dicts(found.series), "gaps": gaps_as_dicts(found.gaps)})
    else:
        show_gaps(out, found.gaps, limit)
        show_verdict(out, found)
    if found.unexplained:
        raise typer.Exit(ExitCode.HOLES)


@app.command("repair")
def repair(
    ctx: typer.Context,
    symbols: SymbolsArgument = None,
    timeframe: TimeframesOption = None,
    start: StartOption = None,
    end: EndOption = None,
    reason: ReasonsOption = None,
    unexplained: UnexplainedOption = False,
    apply: Annotated[bool, typer.Option("--apply", help="Ask; without it, only show what would be asked.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Ask for gaps that are believed or not due yet as well.")
    ] = False,
    max_calls: Annotated[
        int | None, typer.Option("--max-calls", min=1, help="Make so many calls at most, for the newest candles first.")
    ] = None,
    provider: ProviderOption = None,
    limit: LimitOption = 30,
    as_json: JsonOption = False,
) -> None:
    """Show what asking again for the gaps that are due would take; with --apply, ask. Exit code 3: some of it is still missing.

    Example: `trend gaps repair BTC-USD --apply`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    selection = read_selection(symbols, timeframe, start, end, reason, is_unexplained_only=unexplained)
    with session.workshop(provider) as workshop:
        plan = plan_repair(workshop, selection, max_calls, is_forced=force)
        if not apply:
            _show_plan(out, plan, limit)
            return
        _show_cost(out, plan)
        done = _repaired(out, workshop, plan) if plan.calls else None
    _show_done(out, done)
    if done and done.unexplained:
        raise typer.Exit(ExitCode.HOLES)


@app.command("undo")
def undo(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="The repair's number.")],
    as_json: JsonOption = False,
) -> None:
    """Take a repair back: its candles, their revisions and the ledger are as they were before.

    Example: `trend gaps undo 7`
    """
    out = Output(as_json=as_json)
    with session_of(ctx).workshop(ready=()) as workshop:
        undone = undo_(workshop, number)
    if as_json:
        out.json({"repair": number, "removed": undone.removed, "restored": undone.restored, "series": undone.series})
    out.say(
        f"Repair {number} is undone: {counted(undone.removed, 'candle')} removed, {undone.restored:,} have their old values "
        f"again, the ledger of {counted(undone.series, 'series', 'series')} says what it said before.",
        "green",
    )


@app.command("repairs")
def repairs(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=1, help="So many of the last ones.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Show the last repairs, with the numbers to undo them by.

    Example: `trend gaps repairs`
    """
    out = Output(as_json=as_json)
    with session_of(ctx).workshop(ready=()) as workshop:
        latest = workshop.storage.repairs.latest(limit)
    if as_json:
        out.json({"repairs": repairs_as_dicts(latest)})
    elif latest:
        show_repairs(out, latest)
    else:
        out.say("Nothing has been repaired yet.")


def _repaired(out: Output, workshop: Workshop, plan: RepairPlan) -> Repaired:
    with progress(out, "repair") as advance:

        def on_progress(step: Progress) -> None:
            advance(step.done, step.total, f"{counted(step.candles, 'candle')}, {step.provider}")

        return drive(workshop, repair_(workshop, plan, on_progress))


def _show_plan(out: Output, plan: RepairPlan, limit: int) -> None:
    if out.as_json:
        out.json(
            {**plan.as_dict(), "due": gaps_as_dicts(plan.gaps), "waiting": plan.waiting, "left_for_later": plan.cut}
        )
        return
    show_gaps(out, plan.gaps, limit)
    _show_cost(out, plan)
    if plan.calls:
        out.say("Nothing has been asked; `--apply` does it.")


def _show_cost(out: Output, plan: RepairPlan) -> None:
    rows = [
        (part.wanted.timeframe.value, one.provider, one.calls, one.candles, one.minutes, one.quota or "none")
        for part in plan.parts
        for one in part.plan.estimates
    ]
    if rows:
        out.table("It takes", ("timeframe", "provider", "calls", "candles", "minutes", "quota that binds"), rows)
    waiting = f"; {plan.waiting:,} are not due yet" if plan.waiting else ""
    out.say(f"{counted(plan.gaps.height, 'gap is', 'gaps are')} due{waiting}.")
    if plan.cut:
        out.say(f"{counted(plan.cut, 'call')} more would be needed for all of it: another time.", "yellow")
    for need in (need for part in plan.parts for need in part.plan.unserved):
        out.say(
            f"No provider at hand serves {need.timeframe} of {need.instrument.symbol} in {', '.join(map(str, need.spans))}.",
            "yellow",
        )


def _show_done(out: Output, done: Repaired | None) -> None:
    if out.as_json:
        outcomes = [outcome.as_dict() for outcome in done.outcomes] if done else []
        out.json({"repair": done and done.repair_id, "outcomes": outcomes})
        return
    if done is None:
        out.say("Nothing can be asked now.")
        return
    inserted = sum(outcome.upserted.inserted for outcome in done.outcomes)
    corrected = sum(outcome.upserted.corrected for outcome in done.outcomes)
    calls = ", ".join(f"{provider} {count:,}" for provider, count in done.calls.items())
    out.say(
        f"Repair {done.repair_id}: {counted(inserted, 'candle')} inserted, {corrected:,} corrected; calls: {calls or 'none'}.",
        "green",
    )
    if done.unexplained:
        out.say(
            f"{counted(done.unexplained, 'candle is', 'candles are')} still missing unexplained; see `trend gaps detect`.",
            "red",
        )
    out.say(f"`trend gaps undo {done.repair_id}` takes it back.")
