"""`trend latest`: the newest known price of each instrument, from the cache or the database; nobody outside is asked."""

import typer

from trend_platform.cli.active import named_or_active
from trend_platform.cli.arguments import ActiveArgument, JsonOption, read_symbols
from trend_platform.cli.output import Output
from trend_platform.cli.price_table import price_json, show_prices
from trend_platform.cli.prices import say_simulated
from trend_platform.cli.session import session_of
from trend_platform.ingest.read import read_latest


def latest(ctx: typer.Context, symbols: ActiveArgument = None, as_json: JsonOption = False) -> None:
    """Show the latest prices, each with its own time; without a symbol, of all that lists and portfolios hold.

    Nobody outside is asked; `trend realtime latest` does that. The change is against the session before.

    Example: `trend latest AAPL BTC-USD`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    chosen = read_symbols(symbols)
    with session.workshop(ready=()) as workshop:
        instruments = named_or_active(workshop, chosen)
        reads = read_latest(workshop, instruments)
        kind = workshop.storage.market.kind
    now = session.clock.now()
    found = [reads[one.symbol] for one in instruments if one.symbol in reads]
    missing = [one.symbol for one in instruments if one.symbol not in reads]
    if as_json:
        listed = [{**price_json(read.value, now), "source": str(read.source)} for read in found]
        out.json({"prices": kind.value, "as_of": now.isoformat(), "latest": listed, "missing": missing})
        return
    if found:
        show_prices(out, "", [read.value for read in found], now, [str(read.source) for read in found])
    if missing:
        ask = f"`trend realtime latest {' '.join(missing[:5])}` asks for one now"
        out.say(f"No price is known of {', '.join(missing)}; {ask}.", "yellow")
    say_simulated(out, kind)
