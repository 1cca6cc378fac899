"""`trend rollup`: coarser candles made of finer ones, brought up to date or checked against the providers' own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import typer

from trend_platform.cli.arguments import JsonOption, read_instant, read_symbols
from trend_platform.cli.exits import ExitCode
from trend_platform.cli.output import Output
from trend_platform.cli.prices import say_simulated
from trend_platform.cli.progress import progress
from trend_platform.cli.session import Session, session_of
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe, parse_timeframe
from trend_platform.errors import UsageError
from trend_platform.ingest.rollup import RollupOutcome, refresh_rollups, touch_all
from trend_platform.ingest.rollup_check import CHECKED, Checked, check_rollups
from trend_platform.quality.consistency import Identity
from trend_platform.wording import counted

app = typer.Typer(
    help="Roll candles up into coarser ones; check them against the providers' own.",
    add_completion=False,
    rich_markup_mode="rich",
    invoke_without_command=True,
)

SymbolsOption = Annotated[
    list[str] | None, typer.Option("--symbol", metavar="SYMBOL", help="Which instruments; all without any.")
]
TimeframesOption = Annotated[
    list[str] | None, typer.Option("--timeframe", metavar="TIMEFRAME", help="Such as 1h; all without any.")
]
StartOption = Annotated[
    str | None, typer.Option(metavar="TIME", help="First day or time checked (UTC); the last candles if absent.")
]
EndOption = Annotated[
    str | None, typer.Option(metavar="TIME", help="First day or time no longer checked; now if absent.")
]


@app.callback()
def rollup(
    ctx: typer.Context,
    symbol: SymbolsOption = None,
    timeframe: Annotated[
        str | None, typer.Option(metavar="TIMEFRAME", help="With --all: only from stored candles of this length.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Everything that is stored anew, not only what has changed.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Roll up again what changed since the last time: 5m to 1d from the finest candles stored, 1w and 1mo from days.

    Runs by itself in Dagster a little after each ingest; by hand it does the same at once.

    Example: `trend rollup --symbol BTC-USD`
    """
    if ctx.invoked_subcommand is not None:
        return
    if timeframe and not everything:
        raise UsageError("--timeframe goes with --all: what has changed is rolled up into all timeframes at once")
    session, out = session_of(ctx), Output(as_json=as_json)
    source = parse_timeframe(timeframe) if timeframe else None
    with session.workshop(ready=()) as workshop, progress(out, "rolling up", "instrument") as advance:
        chosen = workshop.select(read_symbols(symbol))
        if everything:
            touch_all(workshop, chosen, source)
        outcome = refresh_rollups(workshop, chosen, advance)
        kind = workshop.storage.market.kind
    if as_json:
        out.json({"prices": kind.value, **outcome.as_dict()})
        return
    _show_outcome(out, outcome)
    say_simulated(out, kind)


@app.command("check")
def check(
    ctx: typer.Context,
    symbol: SymbolsOption = None,
    timeframe: TimeframesOption = None,
    start: StartOption = None,
    end: EndOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the providers' own candles with what finer ones add up to. Exit code 1: some series do not agree.

    Names a wrong time zone with its hours, missing minutes, and prices of which only a part is split-adjusted.

    Example: `trend rollup check --symbol BTC-USD --timeframe 1d`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    lengths = [parse_timeframe(text) for text in timeframe or ()] or list(CHECKED)
    if Timeframe.M1 in lengths:
        raise UsageError("1m candles are rolled up from nothing; name 5m or a coarser timeframe")
    window = _window(session, start, end)
    with session.workshop(ready=()) as workshop:
        found = check_rollups(workshop, workshop.select(read_symbols(symbol)), lengths, window)
        kind = workshop.storage.market.kind
    if as_json:
        out.json({"prices": kind.value, "series": [one.as_dict() for one in found]})
    else:
        _show_checked(out, found)
        say_simulated(out, kind)
    if any(one.found.is_wrong for one in found):
        raise typer.Exit(ExitCode.FAILED)


def _window(session: Session, start: str | None, end: str | None) -> Interval | None:
    if start is None and end is None:
        return None
    if start is None:
        raise UsageError("--end needs --start: from when on is to be checked?")
    until: datetime = read_instant(end, "--end") if end else session.clock.now()
    since = read_instant(start, "--start")
    if since >= until:
        raise UsageError(f"--start {since:%Y-%m-%d} is not before --end {until:%Y-%m-%d}: nothing lies between them")
    return Interval(since, until)


def _show_outcome(out: Output, outcome: RollupOutcome) -> None:
    if not outcome.symbols:
        out.say("Nothing has changed since the last roll-up; `--all` rolls everything up anew.")
        return
    rows = [(length, one.written, one.removed, one.unchanged) for length, one in outcome.restored.items()]
    out.table("Rolled up", ("timeframe", "written", "removed", "unchanged"), rows)
    windows = counted(outcome.windows, "touched window")
    out.say(f"{windows} of {counted(len(outcome.symbols), 'instrument')} in {outcome.seconds:.1f} s.")
    for (symbol, length), count in outcome.refused.items():
        out.say(
            f"{symbol} {length}: {counted(count, 'candle')} not made, because raw and split-adjusted parts do not add up.",
            "yellow",
        )


def _show_checked(out: Output, found: Sequence[Checked]) -> None:
    if not found:
        out.say("Nothing to compare: no series is both stored and rolled up. Run `trend rollup` first?")
        return
    header = ("symbol", "timeframe", "verdict", "candles", "agree", "own", "rolled up from", "what it is")
    styles = ["red" if one.found.is_wrong else "" for one in found]
    out.table("Roll-up identity", header, [_row(one) for one in found], styles)


def _row(one: Checked) -> tuple[object, ...]:
    found = one.found
    agree = None if found.verdict is Identity.UNKNOWN else f"{100 * found.agreeing:.1f}%"
    symbol, verdict = one.instrument.symbol, found.verdict.value.replace("_", " ")
    # The verdict says it already where they agree, and the table stays narrow.
    words = None if found.verdict is Identity.AGREE else found.words
    return symbol, one.timeframe.value, verdict, found.candles, agree, one.provider, one.source, words
