"""The rule about the order in which rows came: a series runs forward or backward, and does not jump about.

Order carries no information, so rows are put in order and stored; but an answer that is shuffled is put together wrongly
somewhere, and is counted.
"""

import polars as pl

from trend_platform.quality.rules.base import Rule, Severity

OUT_OF_ORDER = Rule(
    id="out_of_order",
    severity=Severity.WARN,
    sentence="the row came after a later one, in an answer that runs forward elsewhere",
)

_ANSWER = ("instrument_id", "timeframe", "fetched_at")


def count_out_of_order(candles: pl.DataFrame) -> int:
    """Return how many rows came after a later one of the same answer; newest first throughout is an order as well."""
    stamp = pl.col("opened_at")
    answers = candles.group_by(_ANSWER, maintain_order=True).agg(
        (stamp < stamp.cum_max()).sum().alias("late"), (stamp.diff() > pl.duration()).any().alias("rises")
    )
    return int(answers.filter("rises")["late"].sum())
