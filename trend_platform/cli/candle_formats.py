"""Candles written as table, CSV, JSON or Parquet: to a file or to stdout, times in UTC, in the columns of the candle frame."""

import io
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path

import orjson
import polars as pl

from trend_platform.cli.output import Output, write_stdout
from trend_platform.errors import UnavailableError, UsageError
from trend_platform.wording import counted

# The number of an instrument and the length of its candles are the same in every row: the heading says them.
_CONSTANT = ("instrument_id", "timeframe")
_TABLE = ("opened_at", "open", "high", "low", "close", "volume", "provider", "basis", "is_final")
_ABOVE = ("provider", "basis", "is_final")


class Format(StrEnum):
    """How candles are written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def format_of(asked: Format | None, target: Path | None, *, as_json: bool, is_terminal: bool) -> Format:
    """Return the format: the one asked for, else the one of the file's suffix, else a table.

    Raises:
        UsageError: Two of them contradict each other, or bytes would be written to a terminal.
    """
    if as_json and asked not in {None, Format.JSON}:
        raise UsageError(f"--json and --format {asked} contradict each other: choose one")
    suffix = target.suffix.lstrip(".").lower() if target else ""
    by_suffix = Format(suffix) if suffix in {Format.CSV, Format.JSON, Format.PARQUET} else Format.TABLE
    chosen = Format.JSON if as_json else asked or by_suffix
    if target and chosen is Format.TABLE:
        raise UsageError(f"--output {target}: say --format csv, json or parquet, or name a file that ends so")
    if chosen is Format.PARQUET and target is None and is_terminal:
        raise UsageError("Parquet is not for reading: name a file with --output, or pipe it into a program")
    return chosen


def write_candles(
    out: Output, candles: pl.DataFrame, chosen: Format, target: Path | None, head: Mapping[str, str | int]
) -> None:
    """Write candles.

    Args:
        out: The terminal, for a table.
        candles: Candle frame of one series.
        chosen: The format.
        target: The file; stdout if `None`.
        head: What is the same for all of them: leads the JSON and heads the table.

    Raises:
        UnavailableError: The file cannot be written.
    """
    if chosen is Format.TABLE:
        told = _told_once(candles)
        columns = [name for name in _TABLE if name not in told]
        out.table("; ".join((title_of(head), *told.values())), columns, _rows(candles, columns))
        return
    body = encode(candles, chosen, head)
    if target is None:
        write_stdout(body)
        return
    try:
        target.write_bytes(body)
    except OSError as error:
        raise UnavailableError(f"{target} cannot be written: {error.strerror}") from None
    out.remark(f"{counted(candles.height, 'candle')} written to {target}")


def title_of(head: Mapping[str, str | int]) -> str:
    """Return what stands above candles on a terminal."""
    adjust = str(head["adjust"])
    basis = {"raw": "as stored", "split": "split-adjusted", "all": "adjusted for splits and dividends"}[adjust]
    then = f", as known on {str(head['known_at'])[:16].replace('T', ' ')}" if head["known_at"] else ""
    return f"{head['symbol']} {head['timeframe']}, {basis}{then}, UTC"


def encode(candles: pl.DataFrame, chosen: Format, head: Mapping[str, str | int]) -> bytes:
    """Return candles as CSV, JSON or Parquet bytes."""
    rows = candles.drop(_CONSTANT)
    if chosen is Format.PARQUET:
        buffer = io.BytesIO()
        rows.with_columns(pl.lit(head["symbol"]).alias("symbol")).write_parquet(buffer)
        return buffer.getvalue()
    text = rows.with_columns(pl.col("opened_at", "fetched_at").dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    if chosen is Format.CSV:
        return text.write_csv().encode()
    return orjson.dumps(dict(head))[:-1] + b',"candles":' + text.write_json().encode() + b"}\n"


def _told_once(candles: pl.DataFrame) -> dict[str, str]:
    # What every row would say again stands above them.
    same = {name: candles[name][0] for name in _ABOVE if candles[name].n_unique() == 1}
    words = {
        "provider": "from {}",
        "basis": "basis {}",
        "is_final": "all final" if same.get("is_final") else "forming",
    }
    return {name: words[name].format(value) for name, value in same.items()}


def _rows(candles: pl.DataFrame, columns: Sequence[str]) -> list[tuple[object, ...]]:
    is_daily = candles["timeframe"].is_in(["1d", "1w", "1mo"]).all()
    stamp = pl.col("opened_at").dt.strftime("%Y-%m-%d" if is_daily else "%Y-%m-%d %H:%M")
    return candles.select(columns).with_columns(stamp).rows()
