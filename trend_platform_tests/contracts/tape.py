"""Made-up candles that servers of the contract tests tell, each in its own shape."""

from datetime import date

import polars as pl

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe

AAPL = Instrument(7, "AAPL", AssetClass.STOCK, "XNYS")
BERKSHIRE = Instrument(11, "BRK.B", AssetClass.STOCK, "XNYS")
UNKNOWN = Instrument(8, "ZZZZZ", AssetClass.STOCK, "XNYS")


def made_up(interval: Interval, timeframe: Timeframe = Timeframe.D1, calendar: str = "XNYS") -> pl.DataFrame:
    """Return `opened_at`, `open`, `high`, `low`, `close` of every candle in `interval`, with at most two decimals."""
    opens = get_calendar(calendar).candle_opens(timeframe, interval)
    step = pl.int_range(len(opens), eager=True) % 400
    return pl.DataFrame({"opened_at": pl.Series(opens).cast(pl.Datetime("us", "UTC")), "step": step}).select(
        "opened_at",
        (185.0 + pl.col("step") * 0.25).alias("open"),
        (187.5 + pl.col("step") * 0.25).alias("high"),
        (184.25 + pl.col("step") * 0.25).alias("low"),
        (186.01 + pl.col("step") * 0.25).round(2).alias("close"),
    )


def dated(candles: pl.DataFrame, first: str, last: str) -> list[dict[str, object]]:
    """Return rows whose `date` lies between two dates, both included, ascending."""
    day = pl.col("opened_at").dt.date()
    chosen = candles.filter(day.is_between(date.fromisoformat(first), date.fromisoformat(last)))
    return chosen.select(day.cast(pl.String).alias("date"), "open", "high", "low", "close").to_dicts()
