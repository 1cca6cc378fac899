"""`trend explain`: why one candle is there, or why it is not, with the evidence."""

from collections.abc import Sequence
from typing import Annotated

import polars as pl
import typer

from trend_platform.cli.arguments import JsonOption, SymbolArgument, read_instant, read_symbols
from trend_platform.cli.output import Output
from trend_platform.cli.prices import say_simulated
from trend_platform.cli.session import session_of
from trend_platform.domain.timeframes import parse_timeframe
from trend_platform.ingest.explain import Explanation
from trend_platform.ingest.explain import explain as explain_candle
from trend_platform.storage.base import PriceKind
from trend_platform.wording import counted


def explain(
    ctx: typer.Context,
    symbol: SymbolArgument,
    timeframe: Annotated[str, typer.Argument(metavar="TIMEFRAME", help="Such as 1d or 1h.")],
    time: Annotated[
        str, typer.Argument(metavar="TIME", help="A day or time (UTC), as 2018-02-07 or 2018-02-07T14:30Z.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Tell why one candle is there, or why it is not: the calendar, the row, the gap, old values, rows set aside.

    Example: `trend explain AAPL 1d 2024-07-03`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    length, at = parse_timeframe(timeframe), read_instant(time, "TIME")
    with session.workshop(ready=()) as workshop:
        (instrument,) = workshop.select(read_symbols([symbol])[:1])
        explanation = explain_candle(workshop, instrument, length, at)
        kind = workshop.storage.market.kind
    if as_json:
        out.json(_as_dict(explanation, kind))
    else:
        _show(out, explanation, kind)


def _as_dict(explanation: Explanation, kind: PriceKind) -> dict[str, object]:
    gap, span = explanation.gap, explanation.span
    return {
        "prices": kind.value,
        "symbol": explanation.instrument.symbol,
        "timeframe": explanation.timeframe.value,
        "opened_at": explanation.opened_at.isoformat(),
        "verdict": explanation.verdict,
        "calendar": explanation.calendar_says,
        "candle": next(iter(explanation.candle.to_dicts()), None),
        "gap": gap
        and {
            "start": gap.interval.start.isoformat(),
            "end": gap.interval.end.isoformat(),
            "missing": gap.missing,
            "reason": gap.reason.value,
            "provider": gap.provider,
            "evidence": gap.evidence,
            "attempts": gap.attempts,
            "is_believed": gap.is_believed,
            "next_check_at": gap.next_check_at.isoformat(),
        },
        "asked": span
        and {
            "start": span.interval.start.isoformat(),
            "end": span.interval.end.isoformat(),
            "provider": span.provider,
            "asked_at": span.asked_at.isoformat(),
        },
        "revisions": explanation.revisions.to_dicts(),
        "quarantined": explanation.quarantined.to_dicts(),
    }


def _show(out: Output, explanation: Explanation, kind: PriceKind) -> None:
    name = f"{explanation.instrument.symbol} {explanation.timeframe} {explanation.opened_at:%Y-%m-%d %H:%M} UTC"
    out.say(f"{name}: {explanation.verdict}", "bold")
    if explanation.calendar_says not in explanation.verdict:
        out.say(f"Calendar: {explanation.calendar_says}.")
    if span := explanation.span:
        out.say(f"Asked: {span.provider} answered for {span.interval} on {span.asked_at:%Y-%m-%d %H:%M} UTC.")
    if gap := explanation.gap:
        out.say(
            f"Gap: {counted(gap.missing, 'candle')} in {gap.interval}; asked again from {gap.next_check_at:%Y-%m-%d %H:%M} UTC on."
        )
    _frame(out, "Candle", explanation.candle, ("open", "high", "low", "close", "volume", "basis", "is_final"))
    _frame(
        out, "Old values", explanation.revisions, ("open", "high", "low", "close", "volume", "provider", "revised_at")
    )
    _frame(out, "Set aside", explanation.quarantined, ("rule", "reason", "provider", "payload"))
    say_simulated(out, kind)


def _frame(out: Output, title: str, frame: pl.DataFrame, columns: Sequence[str]) -> None:
    if frame.height:
        out.table(title, columns, frame.select(columns).rows())
