"""`trend portfolio`: named holdings with quantity and cost; what is held is kept fresh by the minute loop."""

from math import isfinite
from typing import Annotated

import typer

from trend_platform.cli.arguments import JsonOption, SymbolArgument, read_symbols
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
from trend_platform.errors import UsageError
from trend_platform.storage.realtime import Holding

app = verb_group("List, fill or empty portfolios; what is held is kept fresh.")

CostOption = Annotated[float | None, typer.Option("--cost", help="What one unit cost, where you know it.")]
QuantityArgument = Annotated[float, typer.Argument(metavar="QUANTITY", help="How much of it; negative if short.")]


@app.command("list")
def list_(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List all portfolios with what they hold.

    Example: `trend portfolio list`
    """
    out = Output(as_json=as_json)
    with session_of(ctx).workshop(ready=()) as workshop:
        portfolios = workshop.storage.interests.portfolios()
    if as_json:
        listed = [{"name": name, "holdings": [_as_dict(one) for one in held]} for name, held in portfolios.items()]
        out.json({"portfolios": listed})
    elif portfolios:
        rows = [
            (name, one.instrument.symbol, one.quantity, one.cost) for name, held in portfolios.items() for one in held
        ]
        out.table("", ("portfolio", "symbol", "quantity", "cost of one"), rows)
    else:
        out.say("There is no portfolio yet: `trend portfolio add mine AAPL 10 --cost 180` makes one.")


# Without unknown options being let through, a quantity such as -5 would be taken for one.
@app.command("add", context_settings={"ignore_unknown_options": True})
def add(
    ctx: typer.Context,
    name: NameArgument,
    symbol: SymbolArgument,
    quantity: QuantityArgument,
    cost: CostOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a holding into a portfolio, which is made if need be; one of the same symbol is replaced.

    Example: `trend portfolio add mine AAPL 10 --cost 180`
    """
    out, chosen = Output(as_json=as_json), read_symbols([symbol])
    if len(chosen) != 1:
        raise UsageError(f"{symbol!r} names {len(chosen)} symbols; one holding is added at a time")
    _check_amounts(quantity, cost)
    with session_of(ctx).workshop(ready=()) as workshop:
        storage = workshop.storage
        title = read_list_name(name, [one.symbol for one in storage.universe.instruments()], "portfolio add")
        named = take_named(storage.universe, chosen)
        holding = Holding(named.instruments[0], quantity, cost)
        storage.interests.hold(title, [holding])
    if as_json:
        out.json({"portfolio": title, **_as_dict(holding), "new_in_universe": list(named.newcomers)})
    say_newcomers(out, named)
    say_added(out, chosen, (), f"in portfolio {title!r} with a quantity of {quantity:,g}")


@app.command("remove")
def remove(
    ctx: typer.Context,
    name: NameArgument,
    symbols: SymbolsToTakeOff = None,
    everything: AllOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take symbols out of a portfolio; an empty one is gone. They stay in the universe.

    Example: `trend portfolio remove mine AAPL`
    """
    out, chosen, title = Output(as_json=as_json), read_leavers(symbols, everything=everything), name.strip()
    with session_of(ctx).workshop(ready=()) as workshop:
        portfolios = workshop.storage.interests.portfolios()
        require_list(title, list(portfolios), "portfolio")
        held = [one.instrument.symbol for one in portfolios[title]]
        require_on_list(chosen, held, f"in portfolio {title!r}")
        workshop.storage.interests.release(title, chosen)
    removed = list(chosen or held)
    if as_json:
        out.json({"portfolio": title, "removed": removed})
    say_removed(out, removed, f"out of portfolio {title!r}")


def _check_amounts(quantity: float, cost: float | None) -> None:
    if not isfinite(quantity) or quantity == 0:
        raise UsageError(f"QUANTITY {quantity:g} is no holding; `trend portfolio remove` takes one out")
    if cost is not None and not (isfinite(cost) and cost >= 0):
        raise UsageError(f"--cost {cost:g} is no price: expected what one unit cost, 0 or more")


def _as_dict(holding: Holding) -> dict[str, object]:
    return {"symbol": holding.instrument.symbol, "quantity": holding.quantity, "cost": holding.cost}
