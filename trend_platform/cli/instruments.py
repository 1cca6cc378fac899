"""`trend instruments`: the universe, which is what a backfill without symbols and every schedule work on."""

from collections.abc import Sequence
from typing import Annotated

import typer

from trend_platform.cli.arguments import JsonOption, SymbolsToChange, read_day, read_symbols
from trend_platform.cli.groups import verb_group
from trend_platform.cli.instruments_import import import_
from trend_platform.cli.output import Output
from trend_platform.cli.session import session_of
from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.symbols import unknown_symbol
from trend_platform.ingest.universe import add_symbols
from trend_platform.wording import counted

app = verb_group("List, add, remove or import the instruments kept.")
app.command("import")(import_)


@app.command("list")
def list_(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List the instruments kept here."""
    out = Output(as_json=as_json)
    with session_of(ctx).workshop(ready=()) as workshop:
        instruments = workshop.storage.universe.instruments()
    if not instruments:
        out.say("The universe is empty: add symbols with `trend instruments add AAPL BTC-USD`.")
    show_instruments(out, counted(len(instruments), "instrument") if instruments else "", instruments)


@app.command("add")
def add(
    ctx: typer.Context,
    symbols: SymbolsToChange,
    asset_class: Annotated[
        AssetClass | None, typer.Option(help="Their kind; guessed from the symbol if absent.")
    ] = None,
    calendar: Annotated[str | None, typer.Option(help="Such as XNYS, XLON, 24/7; the usual one if absent.")] = None,
    listed_on: Annotated[
        str | None, typer.Option(metavar="DATE", help="First day they traded, where you know it.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Add instruments; what is not said is guessed from the symbol. Known ones are updated.

    Example: `trend instruments add NFLX BRK.B ETH-USD`
    """
    out, chosen = Output(as_json=as_json), read_symbols(symbols)
    listings = {symbol: read_day(listed_on, "--listed-on") for symbol in chosen} if listed_on else None
    if calendar:
        get_calendar(calendar)
    with session_of(ctx).workshop(ready=()) as workshop:
        added = add_symbols(workshop.storage.universe, chosen, asset_class, calendar, listings)
    show_instruments(out, "Kept from now on", added)
    out.say(f"`trend backfill 1Y {' '.join(one.symbol for one in added[:5])}` fetches candles.")


@app.command("remove")
def remove(ctx: typer.Context, symbols: SymbolsToChange, as_json: JsonOption = False) -> None:
    """Take instruments out of the universe; stored candles stay, and adding the symbol again finds them.

    Example: `trend instruments remove NFLX`
    """
    out, chosen = Output(as_json=as_json), read_symbols(symbols)
    with session_of(ctx).workshop(ready=()) as workshop:
        known = [one.symbol for one in workshop.storage.universe.instruments()]
        for symbol in chosen:
            if symbol not in known:
                raise unknown_symbol(symbol, known)
        removed = workshop.storage.universe.remove(chosen)
    if as_json:
        out.json({"removed": list(chosen)})
    out.say(f"{removed:,} taken out: {', '.join(chosen)}. Stored candles stay.")


def show_instruments(out: Output, title: str, instruments: Sequence[Instrument]) -> None:
    """Show instruments as a table or as JSON."""
    if out.as_json:
        out.json({"instruments": [_as_dict(one) for one in instruments]})
    elif instruments:
        rows = [
            (one.symbol, one.asset_class.value, one.calendar, one.name, one.listed_on, one.delisted_on)
            for one in instruments
        ]
        out.table(title, ("symbol", "asset class", "calendar", "name", "listed on", "delisted on"), rows)


def _as_dict(one: Instrument) -> dict[str, object]:
    return {
        "instrument_id": one.instrument_id,
        "symbol": one.symbol,
        "asset_class": one.asset_class.value,
        "calendar": one.calendar,
        "name": one.name,
        "listed_on": one.listed_on and one.listed_on.isoformat(),
        "delisted_on": one.delisted_on and one.delisted_on.isoformat(),
    }
