"""Time stamps as files write them, made UTC instants: dates, ISO 8601, epochs, or a format of the user's own.

What cannot be read becomes null; the caller sets those rows aside. Daily and coarser candles are stamped at midnight
UTC of the date as it is written, whatever zone stands beside it: such a candle belongs to a session, not to an instant.
"""

from dataclasses import dataclass

import polars as pl

from trend_platform.domain.candles import INSTANT
from trend_platform.domain.timeframes import Timeframe

_LOCAL = pl.Datetime("us")
_ISO_DATES = ("%Y-%m-%d", "%Y/%m/%d")
_OFFSET = r"(?:[zZ]|[+-]\d{2}:?\d{2})$"
# By the size of a number: seconds have 10 digits today, and thirteen, sixteen, nineteen stand for ms, us and ns.
_MICROSECONDS_BELOW = ((1e11, 1_000_000.0), (1e14, 1_000.0), (1e17, 1.0))
_DATE_DIGITS = (18_000_101, 22_001_231)


@dataclass(frozen=True, slots=True)
class StampReader:
    """How the stamps of a source are to be read.

    Attributes:
        timeframe: Length of its candles.
        timezone: IANA zone of stamps that carry none.
        date_format: `strptime` format, `None` for dates, ISO 8601 and epochs.
    """

    timeframe: Timeframe
    timezone: str
    date_format: str | None = None

    def read(self, column: pl.Series) -> pl.Series:
        """Return the stamps as UTC instants (microseconds), null where a value cannot be read."""
        return self._instants(column).cast(INSTANT).rename("opened_at")

    def _instants(self, column: pl.Series) -> pl.Series:
        match column.dtype:
            case pl.Date():
                return self._placed(column.cast(_LOCAL))
            case pl.Datetime(time_zone=zone):
                return self._zoned(column) if zone else self._placed(column.cast(_LOCAL))
            case pl.String():
                return self._from_text(column.str.strip_chars())
            case kind if kind.is_numeric():
                return self._from_numbers(column)
            case _:
                return pl.Series("opened_at", [None] * len(column), dtype=INSTANT)

    def _from_text(self, text: pl.Series) -> pl.Series:
        if self.date_format is not None:
            return self._from_own_format(text, self.date_format)
        numbers = text.cast(pl.Int64, strict=False)
        iso = text.str.replace(r"^(\d{4}-\d\d-\d\d) +", "${1}T").str.replace(r"(T\d\d:\d\d)($|[zZ+-])", "${1}:00${2}")
        read = self._from_iso(iso)
        if numbers.null_count() < len(numbers):
            read = pl.select(pl.coalesce(self._from_numbers(numbers), read)).to_series()
        return read

    def _from_own_format(self, text: pl.Series, form: str) -> pl.Series:
        if "%z" in form:
            return self._zoned(text.str.strptime(INSTANT, form, strict=False))
        return self._placed(text.str.strptime(_LOCAL, form, strict=False))

    def _from_iso(self, text: pl.Series) -> pl.Series:
        bare = text.str.replace(_OFFSET, "") if not self.timeframe.is_intraday else text
        stamps = bare.str.strptime(_LOCAL, "%Y-%m-%dT%H:%M:%S%.f", strict=False)
        for form in _ISO_DATES:
            stamps = pl.select(pl.coalesce(stamps, bare.str.strptime(pl.Date, form, strict=False))).to_series()
        placed = self._placed(stamps)
        if not self.timeframe.is_intraday or placed.null_count() == 0:
            return placed
        utc = text.str.replace(r"[zZ]$", "+00:00").str.strptime(INSTANT, "%Y-%m-%dT%H:%M:%S%.f%z", strict=False)
        return pl.select(pl.coalesce(utc, placed)).to_series()

    def _from_numbers(self, numbers: pl.Series) -> pl.Series:
        if _are_dates(numbers):
            return self._placed(numbers.cast(pl.Int64).cast(pl.String).str.strptime(pl.Date, "%Y%m%d", strict=False))
        value, size = pl.lit(numbers), pl.lit(numbers).abs()
        microseconds = value / 1_000
        for bound, factor in reversed(_MICROSECONDS_BELOW):
            microseconds = pl.when(size < bound).then(value * factor).otherwise(microseconds)
        instants = pl.select(microseconds.round().cast(pl.Int64, strict=False).cast(INSTANT)).to_series()
        return self._zoned(instants.dt.convert_time_zone(self.timezone))

    def _placed(self, local: pl.Series) -> pl.Series:
        # Wall-clock time made an instant; a day keeps its date. A time that a clock skips does not exist: null.
        if not self.timeframe.is_intraday:
            return local.cast(_LOCAL).dt.truncate("1d").dt.replace_time_zone("UTC")
        zoned = local.cast(_LOCAL).dt.replace_time_zone(self.timezone, ambiguous="earliest", non_existent="null")
        return zoned.dt.convert_time_zone("UTC")

    def _zoned(self, instants: pl.Series) -> pl.Series:
        if self.timeframe.is_intraday:
            return instants.dt.convert_time_zone("UTC")
        return instants.dt.replace_time_zone(None).cast(_LOCAL).dt.truncate("1d").dt.replace_time_zone("UTC")


def _are_dates(numbers: pl.Series) -> bool:
    # 20180207 is a date: as seconds it would be a day in 1970.
    first, last = numbers.min(), numbers.max()
    if first is None or last is None:
        return False
    return bool(pl.select((pl.lit(first) >= _DATE_DIGITS[0]) & (pl.lit(last) <= _DATE_DIGITS[1])).item())
