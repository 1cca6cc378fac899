"""`trend overview`: the one list of instruments that stand for the market; what is on it is kept fresh by the minute loop."""

import typer

from trend_platform.cli.arguments import JsonOption, SymbolsToChange, read_symbols
from trend_platform.cli.groups import verb_group
from trend_platform.cli.instruments import show_instruments
from trend_platform.cli.list_words import (
    AllOption,
    SymbolsToTakeOff,
    read_leavers,
    require_on_list,
    say_added,
    say_removed,
)
from trend_platform.cli.newcomers import say_newcomers, take_named
from trend_platform.cli.output import Output
from trend_platform.cli.session import session_of
from trend_platform.errors import UsageError
from trend_platform.wording import counted

app = verb_group("List, fill or empty the market overview; what is on it is kept fresh.")
_PLACE = "on the overview"


@app.command("list")
def list_(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List the market overview, in the order in which it was filled.

    Example: `trend overview list`
    """
    out = Output(as_json=as_json)
    with session_of(ctx).workshop(ready=()) as workshop:
        instruments = workshop.storage.interests.overview()
    if not instruments:
        out.say("The overview is empty: `trend overview add SPY BTC-USD` adds to it.")
    show_instruments(out, counted(len(instruments), "instrument"), instruments)


@app.command("add")
def add(ctx: typer.Context, symbols: SymbolsToChange, as_json: JsonOption = False) -> None:
    """Put symbols on the overview; what is not kept here yet joins the universe.

    Example: `trend overview add SPY QQQ BTC-USD`
    """
    out, chosen = Output(as_json=as_json), read_symbols(symbols)
    with session_of(ctx).workshop(ready=()) as workshop:
        held = {one.symbol for one in workshop.storage.interests.overview()}
        named = take_named(workshop.storage.universe, chosen)
        workshop.storage.interests.show(named.instruments)
    added, already = [one for one in chosen if one not in held], [one for one in chosen if one in held]
    if as_json:
        out.json({"added": added, "already_there": already, "new_in_universe": list(named.newcomers)})
    say_newcomers(out, named)
    say_added(out, added, already, _PLACE)


@app.command("remove")
def remove(
    ctx: typer.Context, symbols: SymbolsToTakeOff = None, everything: AllOption = False, as_json: JsonOption = False
) -> None:
    """Take symbols off the overview; they stay in the universe.

    Example: `trend overview remove IWM`
    """
    out, chosen = Output(as_json=as_json), read_leavers(symbols, everything=everything)
    with session_of(ctx).workshop(ready=()) as workshop:
        held = [one.symbol for one in workshop.storage.interests.overview()]
        if not held:
            raise UsageError("the overview is empty: there is nothing to take off")
        require_on_list(chosen, held, _PLACE)
        workshop.storage.interests.hide(chosen)
    removed = list(chosen or held)
    if as_json:
        out.json({"removed": removed})
    say_removed(out, removed, "off the overview")
