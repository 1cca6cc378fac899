"""`trend explain`: why one candle is there, or why it is not, with the evidence."""

from typing import Annotated

import typer

from trend_platform.cli.arguments import JsonOption, SymbolArgument, read_instant, read_symbols
from trend_platform.cli.explanation import explanation_json, show_explanation
from trend_platform.cli.output import Output
from trend_platform.cli.session import session_of
from trend_platform.domain.timeframes import parse_timeframe
from trend_platform.ingest.explain import explain as explain_candle


def explain(
    ctx: typer.Context,
    symbol: SymbolArgument,
    timeframe: Annotated[str, typer.Argument(metavar="TIMEFRAME", help="Such as 1d or 1h.")],
    time: Annotated[
        str, typer.Argument(metavar="TIME", help="A day or time (UTC), as 2018-02-07 or 2018-02-07T14:30Z.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Tell why one candle is there, or why it is not.

    The row or the reason of its absence, who was asked and how, what the rules say, old values, repairs, the calendar, rows set
    aside, and what adjusting makes of it.

    Example: `trend explain AAPL 1d 2024-07-03`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    length, at = parse_timeframe(timeframe), read_instant(time, "TIME")
    with session.workshop(ready=()) as workshop:
        (instrument,) = workshop.select(read_symbols([symbol])[:1])
        explanation = explain_candle(workshop, instrument, length, at)
        kind = workshop.storage.market.kind
    if as_json:
        out.json(explanation_json(explanation, kind))
    else:
        show_explanation(out, explanation, kind)
