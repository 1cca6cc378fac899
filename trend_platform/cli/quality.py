"""`trend quality`: the score of each series and day, and what took something off."""

from datetime import timedelta
from typing import Annotated

import typer

from trend_platform.cli.arguments import JsonOption, SymbolsArgument, read_symbols
from trend_platform.cli.output import Output
from trend_platform.cli.prices import say_simulated
from trend_platform.cli.session import session_of
from trend_platform.domain.timeframes import parse_timeframe
from trend_platform.ingest.quality import LOW, Measured, details_of, measure_quality, words_of
from trend_platform.wording import counted


def quality(
    ctx: typer.Context,
    symbols: SymbolsArgument = None,
    timeframe: Annotated[str, typer.Option(help="Such as 1d or 1h.")] = "1d",
    days: Annotated[int, typer.Option(min=1, help="Days to score, today the last one.")] = 30,
    as_json: JsonOption = False,
) -> None:
    """Score each series and day from 0 to 100, keep the scores, and show the worst day of each.

    Example: `trend quality AAPL BTC-USD --days 365`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    length, last = parse_timeframe(timeframe), session.clock.now().date()
    with session.workshop(ready=()) as workshop:
        chosen = workshop.select(read_symbols(symbols))
        found = measure_quality(workshop, chosen, length, last - timedelta(days=days - 1), last)
        kind = workshop.storage.market.kind
    if as_json:
        out.json({"prices": kind.value, "timeframe": length.value, "series": [_as_dict(one) for one in found]})
        return
    say_simulated(out, kind)
    worst_first = sorted(found, key=lambda one: (one.mean is None, one.mean))
    rows = [
        (one.instrument.symbol, one.scores.height, one.mean, one.low, one.worst.get("day"), one.worst.get("score"),
         words_of(one.worst) if one.worst else "nobody has asked for it")
        for one in worst_first
    ]  # fmt: skip
    out.table(
        f"Quality of {length} candles, {days} days up to {last}",
        ["symbol", "days", "mean score", f"below {LOW:g}", "worst day", "its score", "why"],
        rows,
    )
    low = sum(one.low for one in found)
    out.say(f"{counted(low, 'day scores', 'days score')} below {LOW:g}. Scores are kept; `--json` has every day.")


def _as_dict(measured: Measured) -> dict[str, object]:
    return {
        "symbol": measured.instrument.symbol,
        "mean": measured.mean,
        "low_days": measured.low,
        "days": [
            {"day": row["day"], "score": row["score"], **details_of(row)}
            for row in measured.scores.iter_rows(named=True)
        ],
    }
