"""`trend restate`: recent candles are asked again of whoever served them, and what changed is shown."""

from collections.abc import Sequence
from typing import Annotated

import typer

from trend_platform.cli.arguments import JsonOption, SymbolsArgument, read_symbols
from trend_platform.cli.exits import ExitCode
from trend_platform.cli.output import Output
from trend_platform.cli.progress import progress
from trend_platform.cli.session import session_of
from trend_platform.domain.timeframes import Timeframe, parse_timeframe
from trend_platform.errors import UsageError
from trend_platform.ingest.candle_fetch import FETCHED
from trend_platform.ingest.restate import Restated, Restatement
from trend_platform.ingest.restate import restate as ask_again
from trend_platform.ingest.tally import Progress
from trend_platform.ingest.workshop import Workshop, drive
from trend_platform.settings import RestateSettings
from trend_platform.wording import counted

_HEAD = ("provider", "timeframe", "compared", "changed", "prices", "share", "largest", "most changed")


def restate(
    ctx: typer.Context,
    symbols: SymbolsArgument = None,
    timeframes: Annotated[
        list[str] | None,
        typer.Option(
            "--timeframe", metavar="T", help="1m 5m 15m 30m 1h 4h 12h 1d; repeat it; all that are kept if none."
        ),
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="So many days back, whatever the settings say.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Ask again for recent candles, since providers correct them; old values of changed ones are kept.

    How far back is the setting `restate.days`. Each row is asked of the provider that served it. Exit code 1: one did not
    answer for a symbol.

    Example: `trend restate AAPL --timeframe 1d --days 30`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    lengths = _lengths(timeframes)
    policy = session.settings.restate if days is None else _just(session.settings.restate, days)
    with session.workshop() as workshop:
        done = _run(out, workshop, policy, read_symbols(symbols), lengths)
    if as_json:
        out.json({"answers": [one.as_dict() for one in done.answers], "absent": list(done.absent)})
    else:
        _show(out, done)
    if done.has_failures:
        raise typer.Exit(ExitCode.FAILED)


def _lengths(texts: Sequence[str] | None) -> tuple[Timeframe, ...]:
    chosen = tuple(dict.fromkeys(map(parse_timeframe, texts))) if texts else FETCHED
    if strangers := [one.value for one in chosen if one not in FETCHED]:
        raise UsageError(f"{' '.join(strangers)} candles are rolled up, never fetched: restate {' '.join(FETCHED)}")
    return chosen


def _just(policy: RestateSettings, days: int) -> RestateSettings:
    return policy.model_copy(update={"days": {one.value: days for one in FETCHED}, "providers": {}})


def _run(
    out: Output, workshop: Workshop, policy: RestateSettings, symbols: Sequence[str], lengths: Sequence[Timeframe]
) -> Restatement:
    with progress(out, "restate") as advance:

        def on_step(timeframe: Timeframe, step: Progress) -> None:
            advance(step.done, step.total, f"{timeframe}: {counted(step.candles, 'candle')}, {step.provider}")

        return drive(workshop, ask_again(workshop, policy, workshop.select(symbols), lengths, on_step))


def _show(out: Output, done: Restatement) -> None:
    if not done.answers:
        out.say("Nothing that is stored lies within the days that are asked again.")
    else:
        out.table("Asked again", _HEAD, [_row(one) for one in done.answers])
    for one in done.answers:
        name = f"{one.provider} {one.timeframe}"
        if one.is_alarming:
            out.say(f"{name}: more prices changed than is usual; `trend explain` shows old values of a candle.", "red")
        if one.failed:
            out.say(f"{name}: no answer for {', '.join(one.failed)}.", "yellow")
    if done.absent:
        out.say(f"Not at hand, so nobody was asked for what they served: {', '.join(done.absent)}.", "yellow")


def _row(one: Restated) -> tuple[object, ...]:
    numbers = (one.compared, one.changed, one.repriced)
    return one.provider, one.timeframe.value, *numbers, f"{one.share:.2%}", f"{one.largest:.2%}", ", ".join(one.symbols)
