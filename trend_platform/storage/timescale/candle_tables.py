"""The tables of prices: candles of two lengths, the old values of corrected ones, and latest prices.

They carry no foreign key: it would cost one look-up per row of a COPY.
"""

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, Double, Identity, Index, Integer, Table

from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.timescale.columns import candle_values, code, instant
from trend_platform.storage.timescale.schema import metadata


def _candle_table(name: str) -> Table:
    # NaN is greater than infinity in PostgreSQL, so that an upper bound keeps it out as well.
    return Table(
        name,
        metadata,
        Column("instrument_id", Integer, primary_key=True, autoincrement=False),
        code("timeframe", primary_key=True),
        Column("opened_at", DateTime(timezone=True), primary_key=True),
        *candle_values(),
        CheckConstraint("low > '-infinity' AND low <= high AND high < 'infinity'", name="low_to_high"),
        CheckConstraint("volume >= 0 AND volume < 'infinity'", name="volume"),
    )


candles_daily = _candle_table("candles_daily")
candles_intraday = _candle_table("candles_intraday")

candle_revisions = Table(
    "candle_revisions",
    metadata,
    Column("revision_id", BigInteger, Identity(), primary_key=True),
    Column("instrument_id", Integer, nullable=False),
    code("timeframe"),
    instant("opened_at"),
    *candle_values(),
    instant("revised_at"),
    Column("run_id", BigInteger, nullable=False),
    Index(None, "instrument_id", "timeframe", "opened_at"),
)

quotes = Table(
    "quotes",
    metadata,
    Column("instrument_id", Integer, primary_key=True, autoincrement=False),
    Column("quoted_at", DateTime(timezone=True), primary_key=True),
    code("provider", primary_key=True),
    Column("price", Double, nullable=False),
    Column("previous_close", Double),
    Column("bid", Double),
    Column("ask", Double),
    Column("size", Double),
    instant("fetched_at"),
    CheckConstraint("price > '-infinity' AND price < 'infinity'", name="price"),
)


def candle_table(timeframe: Timeframe) -> Table:
    """Return the table that holds candles of `timeframe`."""
    return candles_intraday if timeframe.is_intraday else candles_daily
