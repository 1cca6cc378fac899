"""A table made candles: columns mapped, times and numbers read, rows that cannot be candles set aside with their line.

Values are read, not judged: a missing price stays null here. Which instrument is asked for is the provider's business.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from trend_platform.domain.candles import INSTANT
from trend_platform.domain.symbols import canonical_symbol
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import ConfigurationError, UsageError
from trend_platform.providers.files.mapping import NUMBERS, mapped_columns
from trend_platform.providers.files.stamps import StampReader
from trend_platform.providers.files.tables import LINE, Table, read_table, stem_of

_NOTHING = ("", "nan", "null", "none", "n/a", "na", "-")
_FEWEST_TO_JUDGE = 20
REJECTED_SCHEMA = {
    "symbol": pl.String(),
    "opened_at": INSTANT,
    "rule": pl.String(),
    "reason": pl.String(),
    "payload": pl.String(),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """How the files of a source are laid out.

    Attributes:
        provider: Name the source goes by, for errors.
        columns: Field of a candle to column of the file, where names do not say it.
        stamps: How times are read.
        symbol_from_name: Whether a file's name is its symbol where it has no symbol column.
        has_header: Whether the first line of a CSV names its columns.
    """

    provider: str
    columns: Mapping[str, str]
    stamps: StampReader
    symbol_from_name: bool = False
    has_header: bool = True


@dataclass(frozen=True, eq=False)
class FileCandles:
    """The candles of one file.

    Attributes:
        file: The file's name.
        candles: `symbol`, `opened_at`, prices, volume, vwap, trade_count; sorted by symbol and stamp, the file's order
            kept where both are alike.
        rejected: Rows that could not be made candles, as `REJECTED_SCHEMA`; `symbol` is null where there was none.
    """

    file: str
    candles: pl.DataFrame
    rejected: pl.DataFrame

    @cached_property
    def summary(self) -> pl.DataFrame:
        """Return `symbol`, `first_at`, `last_at`, `rows`, by symbol."""
        runs = self.candles["symbol"].rle().struct.unnest()
        ends = runs["len"].cast(pl.Int64).cum_sum()
        return pl.DataFrame(
            {
                "symbol": runs["value"],
                "first_at": self.candles["opened_at"].gather(ends - runs["len"]),
                "last_at": self.candles["opened_at"].gather(ends - 1),
                "rows": runs["len"].cast(pl.Int64),
            }
        )

    def of(self, symbol: str) -> pl.DataFrame:
        """Return the candles of one symbol."""
        return self.candles.slice(*self._places.get(symbol, (0, 0)))

    @cached_property
    def _places(self) -> dict[str, tuple[int, int]]:
        # Where each symbol's candles begin, and how many there are.
        symbols, rows = self.summary["symbol"], self.summary["rows"]
        return dict(zip(symbols, zip(rows.cum_sum() - rows, rows, strict=True), strict=True))


def read_candles(path: Path, layout: Layout) -> FileCandles:
    """Read one file.

    Raises:
        ConfigurationError: The columns are not what they should be, or the candles are of another timeframe.
        Malformed: The file cannot be read.
    """
    table = read_table(path, layout.provider, has_header=layout.has_header)
    found = [name for name in table.rows.columns if name != LINE]
    columns = mapped_columns(found, layout.columns, path.name)
    symbols = _symbols(path, table, columns, layout)
    stamps = layout.stamps.read(table.rows[columns["opened_at"]])
    numbers = {name: _number(table.rows[columns[name]], name) for name in NUMBERS if name in columns}
    faults = _faults(table, columns, symbols, stamps, numbers)
    sound = faults.is_null()
    read = pl.DataFrame({"symbol": symbols, "opened_at": stamps, **{n: _or_null(n, numbers, symbols) for n in NUMBERS}})
    candles = _sorted(read if sound.all() else read.filter(sound))
    _check_timeframe(path, candles, layout.stamps.timeframe)
    return FileCandles(path.name, candles, _rejected(path, table.rows, symbols, stamps, faults))


def _symbols(path: Path, table: Table, columns: Mapping[str, str], layout: Layout) -> pl.Series:
    if "symbol" in columns:
        written = table.rows[columns["symbol"]].cast(pl.String).str.strip_chars()
        spellings = {text: _canonical(text) for text in written.unique().drop_nulls() if text}
        read = written.replace_strict(spellings, default=None, return_dtype=pl.String()).alias("symbol")
        # A line with a field too many has its fields in the wrong places, the symbol among them.
        nobody = pl.Series("symbol", [None], dtype=pl.String)
        return read.zip_with(~table.rows[LINE].is_in(table.ragged), nobody) if table.ragged else read
    if not layout.symbol_from_name:
        raise ConfigurationError(
            f"{path.name} has no symbol column; map one in providers.files.columns, or set "
            "providers.files.symbol_from_name if files are named by their symbols"
        )
    return pl.Series("symbol", [_canonical(stem_of(path))], dtype=pl.String()).new_from_index(0, table.rows.height)


def _canonical(text: str) -> str:
    try:
        return canonical_symbol(text)
    except UsageError:
        return text.upper()


def _number(column: pl.Series, name: str) -> tuple[pl.Series, pl.Series]:
    # The numbers, and which of them are neither a number nor one of the ways to write "nothing".
    if column.dtype != pl.String:
        numbers = column.cast(pl.Float64, strict=False)
        unreadable = numbers.is_null() & column.is_not_null()
    else:
        text = column.str.strip_chars()
        numbers = text.cast(pl.Float64, strict=False)
        unreadable = numbers.is_null() & text.is_not_null() & ~text.str.to_lowercase().is_in(_NOTHING)
    return numbers.fill_nan(None).alias(name), unreadable


def _or_null(name: str, numbers: Mapping[str, tuple[pl.Series, pl.Series]], like: pl.Series) -> pl.Series:
    if name in numbers:
        return numbers[name][0]
    return pl.Series(name, [None], dtype=pl.Float64).new_from_index(0, len(like))


def _faults(
    table: Table,
    columns: Mapping[str, str],
    symbols: pl.Series,
    stamps: pl.Series,
    numbers: Mapping[str, tuple[pl.Series, pl.Series]],
) -> pl.Series:
    # Per row the name of the first rule it breaks and the column that breaks it, `rule:column`; null if sound.
    broken = [
        ("ragged_line:", table.rows[LINE].is_in(table.ragged)),
        (f"missing_symbol:{columns.get('symbol', '')}", symbols.is_null()),
        (f"unreadable_time:{columns['opened_at']}", stamps.is_null()),
        *((f"unreadable_number:{columns[name]}", unreadable) for name, (_, unreadable) in numbers.items()),
    ]
    first = [pl.when(struck).then(pl.lit(fault)) for fault, struck in broken if struck.any()]
    return table.rows.select(pl.coalesce(*first, pl.lit(None, dtype=pl.String)).alias("fault")).to_series()


def _rejected(path: Path, rows: pl.DataFrame, symbols: pl.Series, stamps: pl.Series, faults: pl.Series) -> pl.DataFrame:
    broken = faults.is_not_null()
    if not broken.any():
        return pl.DataFrame(schema=REJECTED_SCHEMA)
    raw = rows.filter(broken)
    told = [
        _reason(path.name, row, fault)
        for row, fault in zip(raw.iter_rows(named=True), faults.drop_nulls(), strict=True)
    ]
    return pl.DataFrame(
        {
            "symbol": symbols.filter(broken),
            "opened_at": stamps.filter(broken),
            "rule": faults.drop_nulls().str.split(":").list.first(),
            "reason": told,
            "payload": raw.select(pl.struct(pl.exclude(LINE)).struct.json_encode()).to_series(),
        },
        schema=REJECTED_SCHEMA,
    )


def _reason(file: str, row: Mapping[str, object], fault: str) -> str:
    rule, _, column = fault.partition(":")
    place = f"{file} line {row[LINE]}"
    match rule:
        case "ragged_line":
            return f"{place} has more fields than the header names"
        case "missing_symbol":
            return f"{place} names no symbol in column {column!r}"
        case "unreadable_time":
            return (
                f"{place}: {row[column]!r} in column {column!r} is no time; a date, ISO 8601 or an epoch was expected"
            )
        case _:
            return f"{place}: {row[column]!r} in column {column!r} is no number"


def _sorted(rows: pl.DataFrame) -> pl.DataFrame:
    # Most files are sorted already; finding out is cheaper, in time and memory, than sorting again.
    symbol, stamp = pl.col("symbol"), pl.col("opened_at")
    back = (symbol < symbol.shift()) | ((symbol == symbol.shift()) & (stamp < stamp.shift()))
    return rows.sort("symbol", "opened_at", maintain_order=True) if rows.select(back.any()).item() else rows


def _check_timeframe(path: Path, candles: pl.DataFrame, timeframe: Timeframe) -> None:
    if timeframe.is_intraday or candles.height < _FEWEST_TO_JUDGE:
        return
    repeats = [pl.col(name).eq_missing(pl.col(name).shift()) for name in ("symbol", "opened_at")]
    days = candles.height - candles.select(pl.all_horizontal(repeats).sum()).item()
    if days * 2 < candles.height:
        raise ConfigurationError(
            f"{path.name} holds {candles.height / days:.0f} rows per symbol and day, which are no {timeframe} candles; "
            "set providers.files.timeframe to what they are"
        )
