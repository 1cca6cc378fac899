"""`trend watchlist`: named lists of instruments; what is on one is kept fresh by the minute loop."""

import typer

from trend_platform.cli.arguments import JsonOption, SymbolsToChange, read_symbols
from trend_platform.cli.groups import verb_group
from trend_platform.cli.list_words import (
    AllOption,
    NameArgument,
    SymbolsToTakeOff,
    read_leavers,
    read_list_name,
    require_list,
    require_on_list,
    say_added,
    say_removed,
)
from trend_platform.cli.newcomers import say_newcomers, take_named
from trend_platform.cli.output import Output
from trend_platform.cli.session import session_of

app = verb_group("List, fill or empty watchlists; what is on one is kept fresh.")


@app.command("list")
def list_(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List all watchlists with their symbols, in the order in which they were filled.

    Example: `trend watchlist list`
    """
    out = Output(as_json=as_json)
    with session_of(ctx).workshop(ready=()) as workshop:
        lists = workshop.storage.interests.watchlists()
    symbols = {name: [one.symbol for one in instruments] for name, instruments in lists.items()}
    if as_json:
        out.json({"watchlists": [{"name": name, "symbols": held} for name, held in symbols.items()]})
    elif symbols:
        out.table(
            "", ("watchlist", "holds", "symbols"), [(name, len(held), " ".join(held)) for name, held in symbols.items()]
        )
    else:
        out.say("There is no watchlist yet: `trend watchlist add tech AAPL NVDA` makes one.")


@app.command("add")
def add(ctx: typer.Context, name: NameArgument, symbols: SymbolsToChange, as_json: JsonOption = False) -> None:
    """Put symbols on a watchlist, which is made if need be; what is not kept here yet joins the universe.

    Example: `trend watchlist add tech AAPL NVDA BTC-USD`
    """
    out, chosen = Output(as_json=as_json), read_symbols(symbols)
    with session_of(ctx).workshop(ready=()) as workshop:
        storage = workshop.storage
        title = read_list_name(name, [one.symbol for one in storage.universe.instruments()], "watchlist add")
        held = {one.symbol for one in storage.interests.watchlists().get(title, ())}
        named = take_named(storage.universe, chosen)
        storage.interests.watch(title, named.instruments)
    added, already = [one for one in chosen if one not in held], [one for one in chosen if one in held]
    if as_json:
        newcomers = list(named.newcomers)
        out.json({"watchlist": title, "added": added, "already_there": already, "new_in_universe": newcomers})
    say_newcomers(out, named)
    say_added(out, added, already, f"on watchlist {title!r}")


@app.command("remove")
def remove(
    ctx: typer.Context,
    name: NameArgument,
    symbols: SymbolsToTakeOff = None,
    everything: AllOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take symbols off a watchlist; an empty one is gone. They stay in the universe.

    Example: `trend watchlist remove tech NVDA`
    """
    out, chosen, title = Output(as_json=as_json), read_leavers(symbols, everything=everything), name.strip()
    with session_of(ctx).workshop(ready=()) as workshop:
        lists = workshop.storage.interests.watchlists()
        require_list(title, list(lists), "watchlist")
        held = [one.symbol for one in lists[title]]
        require_on_list(chosen, held, f"on watchlist {title!r}")
        workshop.storage.interests.unwatch(title, chosen)
    removed = list(chosen or held)
    if as_json:
        out.json({"watchlist": title, "removed": removed})
    say_removed(out, removed, f"off watchlist {title!r}")
