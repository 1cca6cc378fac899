"""`trend candles`: stored candles as people and programs want them. Reads only; what is missing is not filled in."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from trend_platform.cli.arguments import JsonOption, SymbolArgument, output_file, read_instant, read_symbols
from trend_platform.cli.candle_formats import Format, format_of, write_candles
from trend_platform.cli.groups import verb_group
from trend_platform.cli.output import Output
from trend_platform.cli.prices import SIMULATED, say_simulated
from trend_platform.cli.session import Session, session_of
from trend_platform.domain.actions import Adjustment, split_adjusted, splits_known_by
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe, parse_timeframe
from trend_platform.errors import UsageError
from trend_platform.ingest.workshop import Workshop
from trend_platform.storage.base import PriceKind

app = verb_group("Show stored candles as table, CSV, JSON or Parquet.")

# Without --start, this much before the end is shown.
_USUAL = {True: timedelta(days=5), False: timedelta(days=31)}


@app.command("show")
def show(
    ctx: typer.Context,
    symbol: SymbolArgument,
    timeframe: Annotated[str, typer.Option(help="1m 5m 15m 30m 1h 4h 12h 1d 1w 1mo.")] = "1d",
    start: Annotated[str | None, typer.Option(metavar="TIME", help="First day or time shown (UTC).")] = None,
    end: Annotated[str | None, typer.Option(metavar="TIME", help="First day or time no longer shown (UTC).")] = None,
    adjust: Annotated[Adjustment, typer.Option(help="raw: as stored; split: on today's share count.")] = Adjustment.RAW,
    format_: Annotated[Format | None, typer.Option("--format", help="By --output's suffix if absent.")] = None,
    output: Annotated[Path | None, typer.Option(help="File to write; stdout if absent.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the stored candles of one instrument, oldest first; without --start, the last month (intraday: five days).

    Example: `trend candles show AAPL --start 2024-01-01 --adjust split --output aapl.csv`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    target = output_file(output) if output else None
    chosen = format_of(format_, target, as_json=as_json, is_terminal=out.console.is_terminal)
    length = parse_timeframe(timeframe)
    interval = _interval(start, end, session, length)
    shown = _read(session, symbol, length, interval, adjust)
    write_candles(out, shown.candles, chosen, target, shown.head())
    if chosen is Format.TABLE and not shown.candles.height:
        out.say(
            f"No candles are stored in {interval}; `trend explain {shown.instrument.symbol} {length} TIME` tells why."
        )
    if chosen is Format.TABLE:
        say_simulated(out, shown.kind)
    elif chosen is not Format.JSON and shown.kind is PriceKind.SIMULATED:
        out.remark(SIMULATED, "magenta")


@dataclass(frozen=True, slots=True)
class _Shown:
    instrument: Instrument
    timeframe: Timeframe
    interval: Interval
    adjust: Adjustment
    candles: pl.DataFrame
    kind: PriceKind

    def head(self) -> dict[str, str]:
        return {
            "symbol": self.instrument.symbol,
            "timeframe": self.timeframe.value,
            "start": self.interval.start.isoformat(),
            "end": self.interval.end.isoformat(),
            "adjust": self.adjust.value,
            "prices": self.kind.value,
        }


def _read(session: Session, symbol: str, timeframe: Timeframe, interval: Interval, adjust: Adjustment) -> _Shown:
    with session.workshop(ready=()) as workshop:
        instrument = _one(workshop, symbol)
        market, one = workshop.storage.market, instrument.instrument_id
        candles = market.candles([one], timeframe, interval)
        if adjust is Adjustment.SPLIT:
            candles = split_adjusted(candles, splits_known_by(market.splits([one]), session.clock.now()))
        return _Shown(instrument, timeframe, interval, adjust, candles, market.kind)


def _one(workshop: Workshop, symbol: str) -> Instrument:
    symbols = read_symbols([symbol])
    if len(symbols) != 1:
        raise UsageError(f"{symbol!r} names {len(symbols)} symbols; one is shown at a time")
    return workshop.select(symbols)[0]


def _interval(start: str | None, end: str | None, session: Session, timeframe: Timeframe) -> Interval:
    until: datetime = read_instant(end, "--end") if end else session.clock.now() + timedelta(days=1)
    since = read_instant(start, "--start") if start else until - _USUAL[timeframe.is_intraday]
    if since >= until:
        raise UsageError(f"--start {since:%Y-%m-%d} is not before --end {until:%Y-%m-%d}: nothing lies between them")
    return Interval(since, until)
