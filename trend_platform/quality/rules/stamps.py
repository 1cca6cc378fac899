"""Rules about whose candle it is and when: not asked for, from the future, shifted, off the calendar, out of life."""

import polars as pl

from trend_platform.quality.rules.base import RowRule, Severity

_OPENED_AT = pl.col("opened_at")
_TOLD, _BEGUN, _BORN, _GONE = (
    pl.col(name).dt.strftime("%Y-%m-%d %H:%M:%S%.f UTC")
    for name in ("opened_at", "begun_until", "life_start", "life_end")
)
_TOLD_LATE = pl.col("late_by").dt.to_string("polars")

NOT_ASKED = RowRule(
    id="not_asked",
    severity=Severity.REJECT,
    sentence="a {} candle of instrument {} was not asked for",
    strikes=~pl.col("is_asked"),
    found=(pl.col("timeframe"), pl.col("instrument_id")),
)
FUTURE_STAMP = RowRule(
    id="future_stamp",
    severity=Severity.REJECT,
    sentence="stamped {}, but no candle stamped {} or later has begun",
    strikes=pl.col("begun_until") <= _OPENED_AT,
    found=(_TOLD, _BEGUN),
)
OFF_CALENDAR = RowRule(
    id="off_calendar",
    severity=Severity.REJECT,
    sentence="stamped {}, where no {} candle of the calendar {} opens (a shifted stamp, a weekend or a holiday)",
    strikes=pl.col("is_asked") & ~pl.col("is_on_calendar"),
    found=(_TOLD, pl.col("timeframe"), pl.col("calendar")),
)
SHIFTED_STAMP = RowRule(
    id="shifted_stamp",
    severity=Severity.REJECT,
    sentence="stamped {}; the whole series fits the calendar {} when it is moved back by {} (a wrong time zone or candle end)",
    strikes=pl.col("late_by").is_not_null(),
    found=(_TOLD, pl.col("calendar"), _TOLD_LATE),
)
OUT_OF_LIFETIME = RowRule(
    id="out_of_lifetime",
    severity=Severity.REJECT,
    sentence="stamped {}, outside the lifetime of the instrument from {} until before {}",
    strikes=(pl.col("life_start") > _OPENED_AT) | (pl.col("life_end") <= _OPENED_AT),
    found=(_TOLD, _BORN, _GONE),
)

STAMPS = (NOT_ASKED, FUTURE_STAMP, SHIFTED_STAMP, OFF_CALENDAR, OUT_OF_LIFETIME)
