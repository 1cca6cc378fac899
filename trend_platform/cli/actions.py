"""`trend actions`: splits, dividends, changes of symbol, delistings: listed, fetched, checked, said by hand, taken back."""

from typing import Annotated

import typer

from trend_platform.cli.actions_report import action_rows, show_outcome
from trend_platform.cli.arguments import (
    JsonOption,
    ProviderOption,
    SymbolArgument,
    SymbolsArgument,
    read_day,
    read_symbols,
)
from trend_platform.cli.exits import ExitCode
from trend_platform.cli.groups import verb_group
from trend_platform.cli.output import Output
from trend_platform.cli.session import session_of
from trend_platform.domain.actions import ActionKind
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.symbols import canonical_symbol
from trend_platform.errors import UsageError
from trend_platform.ingest.actions import BEGINNING, WantedActions, refresh_actions
from trend_platform.ingest.own_actions import OwnAction, say_action, take_back
from trend_platform.ingest.split_check import check_splits, new_splits
from trend_platform.ingest.workshop import Workshop, drive
from trend_platform.wording import counted

app = verb_group("List, fetch, check or add splits, dividends, changes of symbol, delistings.")

KindArgument = Annotated[ActionKind, typer.Argument(metavar="KIND", help="split dividend symbol_change delisting.")]
DayArgument = Annotated[str, typer.Argument(metavar="DATE", help="The first session on which it holds, as 2024-06-10.")]


@app.command("list")
def list_(
    ctx: typer.Context,
    symbols: SymbolsArgument = None,
    kind: Annotated[ActionKind | None, typer.Option(help="Only this kind.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List what is known, newest first, and where a provider says another thing.

    Example: `trend actions list AAPL --kind split`
    """
    out, chosen = Output(as_json=as_json), read_symbols(symbols)
    with session_of(ctx).workshop(ready=()) as workshop:
        rows = action_rows(workshop, workshop.select(chosen), kind)
    if as_json:
        out.json({"actions": rows})
    elif rows:
        shown = ("symbol", "ex_date", "kind", "what", "provider", "disputed")
        out.table("", shown, [tuple(row[name] for name in shown) for row in rows])
    else:
        out.say("Nothing is known: `trend actions fetch` asks the providers.")


@app.command("fetch")
def fetch(
    ctx: typer.Context,
    symbols: SymbolsArgument = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE", help="First day asked for; all history if absent.")
    ] = None,
    provider: ProviderOption = None,
    witness: Annotated[bool, typer.Option(help="Ask a second provider about what is new in the last weeks.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Ask providers for splits, dividends and delistings; prices stay as stored. Exit code 3: done, and nobody told of some shares.

    Example: `trend actions fetch AAPL MSFT --since 2020-01-01`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    first = BEGINNING if since is None else read_day(since, "--since")
    if first > session.clock.now().date():
        raise UsageError(f"--since {first} lies in the future; announced actions are asked for in any case")
    with session.workshop(provider) as workshop:
        wanted = WantedActions(workshop.select(read_symbols(symbols)), first, has_witness=witness)
        outcome = drive(workshop, refresh_actions(workshop, wanted))
    if as_json:
        out.json(outcome.as_dict())
    else:
        show_outcome(out, outcome)
    if not outcome.is_whole:
        raise typer.Exit(ExitCode.HOLES)


@app.command("check")
def check(ctx: typer.Context, symbols: SymbolsArgument = None, as_json: JsonOption = False) -> None:
    """Hold prices on both sides of new splits against what providers tell now. Exit code 1: one does not fit.

    Example: `trend actions check`
    """
    out = Output(as_json=as_json)
    with session_of(ctx).workshop() as workshop:
        pending = new_splits(workshop, workshop.select(read_symbols(symbols)))
        found = drive(workshop, check_splits(workshop, pending))
    if as_json:
        out.json({"splits": [{"verdict": one.sides.verdict.value, "words": one.words} for one in found]})
    for one in found:
        out.say(one.words, "red" if one.sides.verdict.is_wrong else "")
    if not found:
        out.say("No split of the last weeks is left to be checked.")
    if any(one.sides.verdict.is_wrong for one in found):
        raise typer.Exit(ExitCode.FAILED)


@app.command("add")
def add(
    ctx: typer.Context,
    symbol: SymbolArgument,
    kind: KindArgument,
    day: DayArgument,
    ratio: Annotated[float | None, typer.Option(min=1e-9, help="Of a split: new shares per old one.")] = None,
    amount: Annotated[float | None, typer.Option(min=1e-9, help="Of a dividend: cash per share.")] = None,
    currency: Annotated[str, typer.Option(help="Of a dividend.")] = "USD",
    to: Annotated[str | None, typer.Option(help="Of a symbol_change: the new symbol.")] = None,
    remark: Annotated[str, typer.Option(help="Of a delisting: why.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Say what happened to a share; it is believed against any provider. A new symbol keeps all history.

    Example: `trend actions add FB symbol_change 2022-06-09 --to META`
    """
    out, ex_date = Output(as_json=as_json), read_day(day, "DATE")
    _check_options(kind, ratio, amount, to)
    money = currency.upper() if kind is ActionKind.DIVIDEND else None
    action = OwnAction(kind, ex_date, ratio, amount, money, to and canonical_symbol(to), remark)
    with session_of(ctx).workshop(ready=()) as workshop:
        after = say_action(workshop, _one(workshop, symbol), action)
        rows = action_rows(workshop, [after], kind)
    if as_json:
        out.json({"symbol": after.symbol, "actions": rows})
    out.say(f"{after.symbol}: {kind.value} of {ex_date} is kept. Stored prices were not touched.")


@app.command("remove")
def remove(
    ctx: typer.Context, symbol: SymbolArgument, kind: KindArgument, day: DayArgument, as_json: JsonOption = False
) -> None:
    """Take an action back, and its effect; a provider that tells it brings it back at the next refresh.

    Example: `trend actions remove AAPL split 2024-06-10`
    """
    out, ex_date = Output(as_json=as_json), read_day(day, "DATE")
    with session_of(ctx).workshop(ready=()) as workshop:
        after = take_back(workshop, _one(workshop, symbol), kind, ex_date)
    if as_json:
        out.json({"symbol": after.symbol, "kind": kind.value, "ex_date": ex_date})
    out.say(f"{after.symbol}: {kind.value} of {ex_date} is gone. Stored prices were not touched.")


def _one(workshop: Workshop, symbol: str) -> Instrument:
    symbols = read_symbols([symbol])
    if len(symbols) != 1:
        raise UsageError(f"{symbol!r} names {counted(len(symbols), 'symbol')}; one is changed at a time")
    return workshop.select(symbols)[0]


def _check_options(kind: ActionKind, ratio: float | None, amount: float | None, to: str | None) -> None:
    needed = {ActionKind.SPLIT: "--ratio", ActionKind.DIVIDEND: "--amount", ActionKind.SYMBOL_CHANGE: "--to"}
    given = {"--ratio": ratio, "--amount": amount, "--to": to}
    if (option := needed.get(kind)) and given[option] is None:
        raise UsageError(f"a {kind.value} needs {option}")
    foreign = [name for name, value in given.items() if value is not None and name != needed.get(kind)]
    if foreign:
        raise UsageError(f"a {kind.value} has no {' or '.join(foreign)}")
