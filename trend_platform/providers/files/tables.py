"""Files as tables: CSV (plain, .gz, or alone in a .zip) and Parquet, read whole into columns.

CSV values stay text, so that nothing is lost before it is judged. What columns mean is `mapping`'s business.
"""

import csv
import gzip
import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from trend_platform.errors import ConfigurationError, Malformed

LINE: Final = "\x00line"
"""Name of the added column that counts lines (CSV, the header is line 1) or rows (Parquet, from 1)."""

SUFFIXES: Final = (".csv", ".csv.gz", ".csv.zip", ".zip", ".parquet", ".pq")
_SEPARATORS = ",;\t|"


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One file, read.

    Attributes:
        rows: Its columns and `LINE`.
        ragged: Lines with more fields than the header: they cannot be trusted, their content is in `rows` all the same.
    """

    rows: pl.DataFrame
    ragged: tuple[int, ...] = ()


def candle_files(path: Path) -> tuple[Path, ...]:
    """Return the readable files at `path` (itself, or everything below it), by name.

    Raises:
        ConfigurationError: There is nothing there, or nothing readable.
    """
    if not path.exists():
        raise ConfigurationError(f"providers.files.path: there is no {path}; give a folder or a file that exists")
    found = (path,) if path.is_file() else tuple(sorted(one for one in path.rglob("*") if one.is_file()))
    files = tuple(one for one in found if one.name.lower().endswith(SUFFIXES) and not one.name.startswith("."))
    if not files:
        raise ConfigurationError(f"providers.files.path: {path} holds no file ending in {', '.join(SUFFIXES)}")
    return files


def stem_of(path: Path) -> str:
    """Return a file's name without the endings that say how it is stored."""
    name = path.name
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return name


def read_table(path: Path, provider: str, *, has_header: bool = True) -> Table:
    """Read one file.

    Raises:
        ConfigurationError: A zip archive does not hold exactly one CSV.
        Malformed: The file is damaged, empty or not what its ending says.
    """
    try:
        if path.suffix.lower() in {".parquet", ".pq"}:
            return Table(pl.read_parquet(path).with_row_index(LINE, 1))
        return _read_csv(_content(path), has_header=has_header)
    except (pl.exceptions.PolarsError, OSError, EOFError, zipfile.BadZipFile, csv.Error) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Malformed(provider, f"{path.name} cannot be read: {reason}") from None


def _content(path: Path) -> bytes:
    if path.suffix.lower() == ".gz":
        return gzip.decompress(path.read_bytes())
    if path.suffix.lower() != ".zip":
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.lower().endswith((".csv", ".txt"))]
        if len(names) != 1:
            raise ConfigurationError(f"{path.name} holds {len(names)} CSV files; a zip must hold exactly one")
        return archive.read(names[0])


def _read_csv(content: bytes, *, has_header: bool) -> Table:
    separator = _separator(content)
    first = 2 if has_header else 1
    try:
        return Table(_csv_frame(content, separator, has_header=has_header).with_row_index(LINE, first))
    except pl.exceptions.ComputeError:
        rows = _csv_frame(content, separator, has_header=has_header, truncate_ragged_lines=True)
        return Table(rows.with_row_index(LINE, first), tuple(_ragged_lines(content, separator)))


def _csv_frame(
    content: bytes, separator: str, *, has_header: bool, truncate_ragged_lines: bool = False
) -> pl.DataFrame:
    rows = pl.read_csv(
        content,
        separator=separator,
        has_header=has_header,
        infer_schema=False,
        encoding="utf8-lossy",
        truncate_ragged_lines=truncate_ragged_lines,
    )
    return rows if has_header else rows.rename({name: f"column_{n}" for n, name in enumerate(rows.columns, 1)})


def _separator(content: bytes) -> str:
    head = content[:4096].split(b"\n", 1)[0].decode(errors="replace")
    return max(_SEPARATORS, key=head.count)


def _ragged_lines(content: bytes, separator: str) -> Iterable[int]:
    reader = csv.reader(io.StringIO(content.decode(errors="replace")), delimiter=separator)
    width = len(next(reader))
    return [reader.line_num for fields in reader if len(fields) > width]
