"""Judgement on latest prices: what is set aside, what is no news, what is older than an open market explains.

Pure. A price far from the last known one is set aside until another look agrees with it; what is known, and on which
share count, is the caller's to say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.candles import INSTANT
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.quarantine import QUARANTINE_SCHEMA, Aside, empty_quarantine
from trend_platform.domain.quotes import QUOTE_KEY, QUOTE_SCHEMA, empty_quotes
from trend_platform.quality.rules.base import RowRule, Severity

PRICE_NOT_POSITIVE: Final = RowRule(
    id="price_not_positive",
    severity=Severity.REJECT,
    sentence="the price is {}: a price is a number above zero",
    strikes=~(pl.col("price").is_finite() & (pl.col("price") > 0)).fill_null(value=False),
    found=(pl.col("price"),),
)
QUOTE_IN_FUTURE: Final = RowRule(
    id="quote_in_future",
    severity=Severity.REJECT,
    sentence="its own time is {} and it was received at {}: it lies in the future, or there is none",
    strikes=(pl.col("quoted_at") > pl.col("latest_believed")).fill_null(value=True),
    found=(pl.col("quoted_at").dt.to_string("iso:strict"), pl.col("fetched_at").dt.to_string("iso:strict")),
)
PRICE_JUMP: Final = RowRule(
    id="price_jump",
    severity=Severity.REJECT,
    sentence="the price {} is {} % away from the last known one, {}; no known split explains it, and up to {} % is believed"
    " at first sight: the next look may confirm it",
    strikes=(pl.col("away_percent") > pl.col("jump_percent")) & ~pl.col("is_confirmed").fill_null(value=False),
    found=(pl.col("price"), pl.col("away_percent").round(1), pl.col("known_price"), pl.col("jump_percent")),
)
QUOTE_RULES: Final = (PRICE_NOT_POSITIVE, QUOTE_IN_FUTURE, PRICE_JUMP)
"""What sets a quote aside, in order."""

KNOWN_SCHEMA: Final = pl.Schema({"instrument_id": pl.Int32(), "known_price": pl.Float64(), "known_at": INSTANT})
"""What an instrument's price is compared with, on the share count of the session that is judged.

`known_at` is when it was quoted; null where the price is no quote but a close.
"""

LOOK_SCHEMA: Final = pl.Schema(
    {"instrument_id": pl.Int32(), "look_provider": pl.String(), "look_at": INSTANT, "look_price": pl.Float64()}
)
"""An instrument's last quote that was set aside as a jump; at most one per instrument."""


@dataclass(frozen=True, slots=True)
class QuoteLimits:
    """What is believed of a quote.

    Attributes:
        stale_after: How old the newest quote may be while the market is open.
        jump_percent: How far a price may be from the last known one and be believed at first sight, in percent of that.
        agree_percent: How close two looks must be to agree, in percent.
        ahead: How far a quote's own time may lie in the future: clocks differ.
    """

    stale_after: timedelta = timedelta(seconds=180)
    jump_percent: float = 50.0
    agree_percent: float = 3.0
    ahead: timedelta = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class QuoteVerdict:
    """What became of judged quotes; the three add up to them.

    Attributes:
        accepted: Quotes to store, a quote frame.
        unchanged: Quotes that are not newer than the known one, a quote frame: no news, no error.
        rejected: Quotes to set aside, a quarantine frame with `timeframe` `quote` and `opened_at` the quote's own time.
    """

    accepted: pl.DataFrame = field(default_factory=empty_quotes)
    unchanged: pl.DataFrame = field(default_factory=empty_quotes)
    rejected: pl.DataFrame = field(default_factory=empty_quarantine)


def judge_quotes(
    quotes: pl.DataFrame, known: pl.DataFrame, looks: pl.DataFrame, now: datetime, limits: QuoteLimits
) -> QuoteVerdict:
    """Judge quotes; no row is lost.

    A jump is confirmed by the look before it, if no believed quote came in between: by the same provider's of an earlier
    time, or by another provider's. The same quote told twice confirms nothing.

    Args:
        quotes: A quote frame, at most one row per instrument.
        known: What prices are compared with (`KNOWN_SCHEMA`); an instrument that is not in it is believed.
        looks: The last jump of each instrument that was set aside (`LOOK_SCHEMA`); may be empty.
        now: When the quotes came.
        limits: What is believed.
    """
    if quotes.is_empty():
        return QuoteVerdict()
    rows = _prepared(quotes, known, looks, now, limits)
    is_unsound = pl.any_horizontal(PRICE_NOT_POSITIVE.strikes, QUOTE_IN_FUTURE.strikes)
    is_old = (pl.col("quoted_at") <= pl.col("known_at")).fill_null(value=False)
    unsound, sound = rows.filter(is_unsound), rows.filter(~is_unsound)
    unchanged, news = sound.filter(is_old), sound.filter(~is_old)
    is_jump = PRICE_JUMP.strikes.fill_null(value=False)
    rejected = pl.concat([unsound, news.filter(is_jump)])
    return QuoteVerdict(_quotes(news.filter(~is_jump)), _quotes(unchanged), _quarantine(rejected))


def stale_quotes(
    newest: pl.DataFrame, instruments: Sequence[Instrument], now: datetime, limits: QuoteLimits
) -> Mapping[int, datetime]:
    """Return the instruments whose newest quote is older than their open market explains, with that quote's time.

    A market that has opened less than `stale_after` ago explains everything.

    Args:
        newest: A quote frame, one row per instrument.
        instruments: Theirs.
        now: The present instant.
        limits: How old is too old.

    Raises:
        UsageError: A calendar is not known as far as `now`.
    """
    since = now - limits.stale_after
    open_ = {one.calendar: _is_open_throughout(one.calendar, since, now) for one in instruments}
    trading = [one.instrument_id for one in instruments if open_[one.calendar]]
    old = newest.filter(
        pl.col("instrument_id").is_in(pl.Series(trading, dtype=pl.Int32).implode()), pl.col("quoted_at") < since
    )
    return dict(old.select("instrument_id", "quoted_at").iter_rows())


def empty_looks() -> pl.DataFrame:
    """Return no looks."""
    return pl.DataFrame(schema=LOOK_SCHEMA)


def jumps_of(rejected: pl.DataFrame) -> pl.DataFrame:
    """Return the last jump of each instrument among rows set aside, as looks (`LOOK_SCHEMA`).

    Args:
        rejected: A quarantine frame.
    """
    jumps = rejected.filter(pl.col("rule") == PRICE_JUMP.id, pl.col("timeframe") == Aside.QUOTE.value)
    return (
        jumps.sort("fetched_at", "opened_at")
        .unique("instrument_id", keep="last")
        .select(
            "instrument_id",
            pl.col("provider").alias("look_provider"),
            pl.col("opened_at").alias("look_at"),
            pl.col("payload").str.json_path_match("$.price").cast(pl.Float64).alias("look_price"),
        )
    )


def _prepared(
    quotes: pl.DataFrame, known: pl.DataFrame, looks: pl.DataFrame, now: datetime, limits: QuoteLimits
) -> pl.DataFrame:
    beside = quotes.join(known, on="instrument_id", how="left").join(looks, on="instrument_id", how="left")
    is_another = (pl.col("look_provider") != pl.col("provider")) | (pl.col("look_at") < pl.col("quoted_at"))
    is_in_a_row = pl.col("known_at").is_null() | (pl.col("look_at") > pl.col("known_at"))
    agrees = _percent_away("look_price") <= limits.agree_percent
    return beside.with_columns(
        pl.lit(now + limits.ahead, dtype=INSTANT).alias("latest_believed"),
        pl.lit(limits.jump_percent).alias("jump_percent"),
        _percent_away("known_price").alias("away_percent"),
        (is_another & is_in_a_row & agrees).alias("is_confirmed"),
    )


def _percent_away(name: str) -> pl.Expr:
    return (pl.col("price") / pl.col(name) - 1).abs() * 100


def _is_open_throughout(name: str, start: datetime, end: datetime) -> bool:
    calendar = get_calendar(name)
    return calendar.is_open(start) and calendar.is_open(end)


def _quotes(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(QUOTE_SCHEMA.names()).sort(QUOTE_KEY)


def _quarantine(rows: pl.DataFrame) -> pl.DataFrame:
    reasons = pl.concat_str([rule.reason for rule in QUOTE_RULES], separator="; ", ignore_nulls=True)
    return rows.with_columns(
        pl.lit(Aside.QUOTE.value).alias("timeframe"),
        pl.col("quoted_at").alias("opened_at"),
        pl.coalesce(pl.when(rule.strikes).then(pl.lit(rule.id)) for rule in QUOTE_RULES).alias("rule"),
        reasons.alias("reason"),
        pl.struct(QUOTE_SCHEMA.names()).struct.json_encode().alias("payload"),
    ).select(pl.col(name).cast(dtype) for name, dtype in QUARANTINE_SCHEMA.items())
