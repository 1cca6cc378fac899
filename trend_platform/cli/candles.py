"""`trend candles`: stored candles as people and programs want them; fetching more of them is `candles_fetch`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from trend_platform.cli.arguments import JsonOption, SymbolArgument, output_file, read_instant, read_symbols
from trend_platform.cli.candle_formats import Format, format_of, title_of, write_candles
from trend_platform.cli.candles_fetch import fetch
from trend_platform.cli.groups import verb_group
from trend_platform.cli.output import Output, write_stdout
from trend_platform.cli.prices import SIMULATED, say_simulated
from trend_platform.cli.session import Session, session_of
from trend_platform.domain.actions import Adjustment
from trend_platform.domain.downsampling import FEWEST
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe, parse_timeframe
from trend_platform.errors import UsageError
from trend_platform.ingest.candle_fetch import FETCHED
from trend_platform.ingest.candle_read import Question, Reading, read
from trend_platform.ingest.workshop import Workshop
from trend_platform.storage.base import PriceKind

app = verb_group("Fetch candles of any timeframe; show stored ones as table, CSV, JSON or Parquet.")

ADJUSTMENTS = "raw: as stored; split: on today's share count; all: dividends taken off as well."

# Without --start, this much before the end is shown.
_USUAL = {True: timedelta(days=5), False: timedelta(days=31)}

app.command("fetch")(fetch)


@dataclass(frozen=True, slots=True)
class _Shown:
    asked: Question
    kind: PriceKind
    reading: Reading

    @property
    def candles(self) -> pl.DataFrame:
        return self.reading.candles

    def head(self) -> dict[str, str | int]:
        asked = self.asked
        return {
            "symbol": asked.instrument.symbol,
            "timeframe": asked.timeframe.value,
            "start": asked.interval.start.isoformat(),
            "end": asked.interval.end.isoformat(),
            "adjust": asked.adjustment.value,
            "known_at": asked.known_at.isoformat() if asked.known_at else "",
            "prices": self.kind.value,
            "rolled_up": self.reading.rolled_up,
            "stored": self.reading.total,
        }


@app.command("show")
def show(
    ctx: typer.Context,
    symbol: SymbolArgument,
    timeframe: Annotated[str, typer.Option(help="1m 5m 15m 30m 1h 4h 12h 1d 1w 1mo.")] = "1d",
    start: Annotated[str | None, typer.Option(metavar="TIME", help="First day or time shown (UTC).")] = None,
    end: Annotated[str | None, typer.Option(metavar="TIME", help="First day or time no longer shown (UTC).")] = None,
    adjust: Annotated[Adjustment, typer.Option(help=ADJUSTMENTS)] = Adjustment.RAW,
    format_: Annotated[Format | None, typer.Option("--format", help="By --output's suffix if absent.")] = None,
    output: Annotated[Path | None, typer.Option(help="File to write; stdout if absent.")] = None,
    known_at: Annotated[str | None, typer.Option(metavar="TIME", help="As they were stored then, not now.")] = None,
    points: Annotated[int | None, typer.Option(min=FEWEST, help="At most so many, of the same shape.")] = None,
    drawn: Annotated[bool, typer.Option("--chart", help="Draw them instead of listing them.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the stored candles of one instrument, oldest first; without --start, the last month (intraday: five days).

    Example: `trend candles show AAPL --start 2024-01-01 --adjust split --output aapl.csv`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    target = output_file(output) if output else None
    chosen = format_of(format_, target, as_json=as_json, is_terminal=out.console.is_terminal)
    if drawn and chosen is not Format.TABLE:
        raise UsageError(f"--chart draws on the terminal, and {chosen} was asked for as well: leave one of them out")
    length = parse_timeframe(timeframe)
    interval = _interval(start, end, session, length)
    then = read_instant(known_at, "--known-at") if known_at else None
    shown = _read(session, symbol, lambda one: Question(one, length, interval, adjust, then, points))
    if drawn and shown.candles.height:
        _draw(out, shown)
    else:
        write_candles(out, shown.candles, chosen, target, shown.head())
    _remark(out, shown, chosen)


def _remark(out: Output, shown: _Shown, chosen: Format) -> None:
    asked, reading = shown.asked, shown.reading
    name = f"{asked.instrument.symbol} {asked.timeframe}"
    if chosen is Format.TABLE and not reading.total:
        were = "are" if asked.known_at is None else f"were, as of {asked.known_at:%Y-%m-%d %H:%M} UTC,"
        made = "" if asked.timeframe in FETCHED else f" `trend rollup` makes {asked.timeframe} candles of stored days;"
        out.say(f"No candles {were} stored in {asked.interval};{made} `trend explain {name} TIME` tells why.")
    if reading.rolled_up and chosen is not Format.JSON:
        out.remark(f"{name}: {reading.rolled_up}", "yellow")
    if reading.total > reading.candles.height:
        out.remark(f"{name}: {reading.candles.height:,} points chosen from {reading.total:,} candles")
    for note in reading.notes:
        out.remark(f"{name}: {note}", "yellow")
    if chosen is Format.TABLE:
        say_simulated(out, shown.kind)
    elif chosen is not Format.JSON and shown.kind is PriceKind.SIMULATED:
        out.remark(SIMULATED, "magenta")


def _read(session: Session, symbol: str, question: Callable[[Instrument], Question]) -> _Shown:
    with session.workshop(ready=()) as workshop:
        asked = question(_one(workshop, symbol))
        return _Shown(asked, workshop.storage.market.kind, read(workshop, asked))


def _draw(out: Output, shown: _Shown) -> None:
    from trend_platform.cli.candle_chart import chart  # noqa: PLC0415  only who draws pays for it

    is_coloured = out.console.is_terminal and not out.console.no_color
    text = chart(shown.candles, title_of(shown.head()), out.console.width, is_coloured=is_coloured)
    write_stdout(f"{text}\n".encode())


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
