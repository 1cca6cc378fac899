"""The files provider: candles out of a folder of the user's own CSV and Parquet files.

It answers like any provider, from memory once a file is read. Nothing leaves the machine, nothing is written.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import numpy as np
import polars as pl

from trend_platform.domain.actions import empty_splits
from trend_platform.domain.calendars import get_calendar, to_us
from trend_platform.domain.candles import Basis, as_candles, empty_candles
from trend_platform.domain.clock import Clock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.quarantine import QUARANTINE_SCHEMA
from trend_platform.domain.timeframes import Timeframe, parse_timeframe
from trend_platform.errors import ConfigurationError, NotEntitled
from trend_platform.providers.base import Answer, CandleRequest, Capabilities, QuoteAnswer, SplitAnswer
from trend_platform.providers.files.rows import Layout
from trend_platform.providers.files.shelf import Shelf
from trend_platform.providers.files.stamps import StampReader
from trend_platform.settings import FilesSettings
from trend_platform.wording import counted

_SYMBOLS_PER_CALL = 64


def open_files(
    settings: FilesSettings,
    clock: Clock,
    transport: httpx.AsyncBaseTransport | None = None,  # noqa: ARG001  there is no network here
) -> "FilesProvider":
    """Return the provider, ready to be asked; no file is read yet.

    Raises:
        ConfigurationError: No path is set, or a setting cannot be read.
    """
    return FilesProvider(settings, clock)


class FilesProvider:
    """Candles from files; a changed file is read again, an unchanged one never.

    Args:
        settings: Where the files are and how they are laid out.
        clock: Decides which candles are over.
        name: What the `provider` column says.

    Raises:
        ConfigurationError: No path is set, or the timeframe or zone is unknown.
    """

    def __init__(self, settings: FilesSettings, clock: Clock, name: str = "files") -> None:
        if settings.path is None:
            raise ConfigurationError("providers.files.path is not set; name the folder or file to read")
        self._name, self._settings, self._clock = name, settings, clock
        self._timeframe = parse_timeframe(settings.timeframe)
        reader = StampReader(self._timeframe, _known_zone(settings.timezone), settings.date_format)
        layout = Layout(name, settings.columns, reader, settings.symbol_from_name, settings.has_header)
        self._shelf = Shelf(settings.path, layout)

    @property
    def name(self) -> str:
        """Return the name its candles carry."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """Return what it can be asked: any asset class, the one timeframe of the files."""
        return Capabilities(
            asset_classes=frozenset(AssetClass),
            timeframes=frozenset({self._timeframe}),
            basis=Basis(self._settings.basis),
            symbols_per_call=_SYMBOLS_PER_CALL,
            concurrency=2,
            seconds_per_call=0.02,
            serves_forming=False,
        )

    def symbol_of(self, instrument: Instrument) -> str | None:
        """Return the canonical symbol: files are searched for it however they spell it."""
        return instrument.symbol

    def reach(self, instrument: Instrument, timeframe: Timeframe, now: datetime) -> datetime | None:  # noqa: ARG002
        """Return the earliest stamp in the whole folder; reads what has not been read yet.

        Raises:
            ConfigurationError: The folder or a file does not fit the settings.
            Malformed: A file cannot be read.
        """
        earliest = self._shelf.summary()["first_at"].min()
        return earliest if isinstance(earliest, datetime) else None

    def list_symbols(self) -> pl.DataFrame:
        """Return `symbol`, `first_day`, `last_day` (dates, UTC) and `rows` (i64) of what the files hold, by symbol.

        Raises:
            ConfigurationError: The folder or a file does not fit the settings.
            Malformed: A file cannot be read.
        """
        return self._shelf.summary().select(
            "symbol",
            pl.col("first_at").dt.date().alias("first_day"),
            pl.col("last_at").dt.date().alias("last_day"),
            "rows",
        )

    def unread(self) -> pl.DataFrame:
        """Return the rows that no candle can be read from, with the reason: `rows.REJECTED_SCHEMA`."""
        return self._shelf.rejected()

    def unplaced(self) -> pl.DataFrame:
        """Return the rows that name no symbol, so that no request can ever bring them: `rows.REJECTED_SCHEMA`."""
        return self.unread().filter(pl.col("symbol").is_null())

    async def candles(self, request: CandleRequest) -> Answer:
        """Read the candles of some instruments.

        Raises:
            ConfigurationError: The folder or a file does not fit the settings.
            Malformed: A file cannot be read.
        """
        return await asyncio.to_thread(self._read, request)

    async def splits(self, instruments: Sequence[Instrument], interval: Interval) -> SplitAnswer:  # noqa: ARG002
        """Return no splits: files hold candles."""
        return SplitAnswer(empty_splits(), 0)

    async def quotes(self, instruments: Sequence[Instrument]) -> QuoteAnswer:  # noqa: ARG002
        """Refuse: a candle of a file is no latest price.

        Raises:
            NotEntitled: Always.
        """
        raise NotEntitled(self._name, "files hold candles and no latest prices; ask another provider for them")

    async def close(self) -> None:
        """Do nothing: no file stays open between calls."""

    def _read(self, request: CandleRequest) -> Answer:
        now = self._clock.now()
        frames, files, absent = [], set[str](), set[int]()
        for instrument in request.instruments:
            holders = self._shelf.candles(instrument.symbol) if request.timeframe is self._timeframe else ()
            if not holders:
                absent.add(instrument.instrument_id)
            for holder in holders:
                files.add(holder.file)
                frames.append(self._candles_of(instrument, holder.of(instrument.symbol), request.interval, now))
        candles = as_candles(pl.concat(frames)) if frames else empty_candles()
        rejected = self._rejected_of(request.instruments, request.interval, now)
        evidence = f"{counted(candles.height, 'row')} of {', '.join(sorted(files)[:3])}" if files else "in no file"
        return Answer(candles, request.interval, 1, rejected, frozenset(absent), evidence=evidence)

    def _candles_of(
        self, instrument: Instrument, rows: pl.DataFrame, interval: Interval, now: datetime
    ) -> pl.DataFrame:
        inside = rows.filter(pl.col("opened_at").is_between(interval.start, interval.end, closed="left"))
        stamps = inside["opened_at"].dt.epoch("us").to_numpy()
        closes = get_calendar(instrument.calendar).candle_closes(self._timeframe, stamps)
        return inside.with_columns(
            pl.lit(instrument.instrument_id, dtype=pl.Int32).alias("instrument_id"),
            pl.lit(self._timeframe.value).alias("timeframe"),
            pl.lit(self._name).alias("provider"),
            pl.lit(self._settings.basis).alias("basis"),
            pl.Series("is_final", np.asarray(closes <= to_us(now)), dtype=pl.Boolean),
            pl.lit(now).alias("fetched_at"),
            pl.col("trade_count").round().cast(pl.Int64, strict=False),
        )

    def _rejected_of(self, instruments: Sequence[Instrument], interval: Interval, now: datetime) -> pl.DataFrame:
        # A row whose time cannot be read belongs to no interval: it comes with every answer for its instrument.
        ids = {instrument.symbol: instrument.instrument_id for instrument in instruments}
        rows = self._shelf.rejected().filter(
            pl.col("symbol").is_in(list(ids))
            & pl.col("opened_at").is_between(interval.start, interval.end, closed="left").fill_null(value=True)
        )
        return rows.select(
            pl.col("symbol").replace_strict(ids, return_dtype=pl.Int32()).alias("instrument_id"),
            pl.lit(self._timeframe.value).alias("timeframe"),
            "opened_at",
            pl.lit(self._name).alias("provider"),
            "rule",
            "reason",
            "payload",
            pl.lit(now).cast(QUARANTINE_SCHEMA["fetched_at"]).alias("fetched_at"),
        )


def open_path(path: Path, name: str, basis: Basis, settings: FilesSettings, clock: Clock) -> FilesProvider:
    """Return a provider over `path` whose candles carry `name` and `basis`; the layout comes from `settings`.

    Raises:
        ConfigurationError: The name is not one a provider can have, or the settings do not fit.
    """
    if not name.isidentifier() or name == "simulated":
        raise ConfigurationError(f"{name!r} cannot name a provider; use letters, digits and _, and not `simulated`")
    return FilesProvider(settings.model_copy(update={"path": path, "basis": basis.value}), clock, name)


def _known_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):
        raise ConfigurationError(
            f"providers.files.timezone: {name!r} is no zone; use one like America/New_York"
        ) from None
