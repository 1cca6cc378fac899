"""What has been read of a folder: each file once per process, again when it changes, the least used ones let go.

Summaries of all files are kept, candles only up to a number of bytes.
"""

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from threading import RLock

import polars as pl

from trend_platform.providers.files.rows import FileCandles, Layout, read_candles
from trend_platform.providers.files.tables import candle_files

_Version = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    version: _Version
    summary: pl.DataFrame
    rejected: pl.DataFrame


class Shelf:
    """The files of one folder, read when they are needed; safe to use from several threads."""

    def __init__(self, path: Path, layout: Layout, keep_bytes: int = 256 << 20) -> None:
        self._path, self._layout, self._keep_bytes = path, layout, keep_bytes
        self._known: dict[Path, _Known] = {}
        self._candles: OrderedDict[Path, FileCandles] = OrderedDict()
        self._lock = RLock()

    def summary(self) -> pl.DataFrame:
        """Return `symbol`, `first_at`, `last_at`, `rows` of every symbol in the folder, by symbol.

        Raises:
            ConfigurationError: The folder or a file does not fit the settings.
            Malformed: A file cannot be read.
        """
        with self._lock:
            parts = [known.summary for known in self._up_to_date().values()]
        return (
            pl.concat(parts)
            .group_by("symbol")
            .agg(pl.col("first_at").min(), pl.col("last_at").max(), pl.col("rows").sum())
            .sort("symbol")
        )

    def rejected(self) -> pl.DataFrame:
        """Return all rows that could not be made candles, as `rows.REJECTED_SCHEMA`."""
        with self._lock:
            return pl.concat([known.rejected for known in self._up_to_date().values()])

    def candles(self, symbol: str) -> tuple[FileCandles, ...]:
        """Return the files that hold candles of `symbol`, by name."""
        with self._lock:
            paths = [path for path, known in self._up_to_date().items() if symbol in known.summary["symbol"]]
            return tuple(self._open(path) for path in paths)

    def _up_to_date(self) -> dict[Path, _Known]:
        files = candle_files(self._path)
        for gone in self._known.keys() - set(files):
            self._forget(gone)
        for path in files:
            status = path.stat()
            version = (status.st_mtime_ns, status.st_size)
            known = self._known.get(path)
            if known is None or known.version != version:
                self._forget(path)
                read = self._open(path)
                self._known[path] = _Known(version, read.summary, read.rejected)
        return {path: self._known[path] for path in files}

    def _forget(self, path: Path) -> None:
        self._known.pop(path, None)
        self._candles.pop(path, None)

    def _open(self, path: Path) -> FileCandles:
        read = self._candles.get(path) or read_candles(path, self._layout)
        self._candles[path] = read
        self._candles.move_to_end(path)
        while len(self._candles) > 1 and self._held_bytes() > self._keep_bytes:
            self._candles.popitem(last=False)
        return read

    def _held_bytes(self) -> int:
        return int(sum(read.candles.estimated_size() for read in self._candles.values()))
