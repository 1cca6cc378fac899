"""The rule about rows with the same key: alike, one is enough; different, the first stands and the others are set aside.

A forming candle is no claim about a final one: among rows of one key a final one stands before forming ones, and the
forming one fetched last before earlier ones; what gives way to it is a duplicate, not a conflict.
"""

import polars as pl

from trend_platform.domain.candles import CANDLE_KEY, CANDLE_VALUES
from trend_platform.quality.prepared import repeats_key
from trend_platform.quality.rules.base import Rule, Severity

CONFLICTING_DUPLICATE = Rule(
    id="conflicting_duplicate",
    severity=Severity.REJECT,
    sentence="another row with the same key came first and says open {}, high {}, low {}, close {}, volume {}",
)

_SHOWN = ("open", "high", "low", "close", "volume")


def settle_duplicates(candles: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Return the rows that stand, the rows in conflict with them (with `rule` and `reason`), and how many were alike.

    `candles` are sorted by key, rows of one key in the order they came.
    """
    repeated = repeats_key(candles)
    if not repeated.any():
        return candles, candles.clear().with_columns(rule=pl.lit(""), reason=pl.lit("")), 0
    shared = repeated.copy()
    shared[:-1] |= repeated[1:]
    contested = _best_first(candles.filter(pl.Series(shared)))
    later = repeats_key(contested)
    standing = contested.filter(pl.Series(~later))
    others = contested.filter(pl.Series(later)).join(standing, on=CANDLE_KEY, suffix="_standing", maintain_order="left")
    in_conflict = _conflicts(others)
    conflicts = others.filter(in_conflict).with_columns(rule=pl.lit(CONFLICTING_DUPLICATE.id), reason=_reason())
    kept = pl.concat([candles.filter(pl.Series(~shared)), standing]).sort(CANDLE_KEY)
    return kept, conflicts.select(*candles.columns, "rule", "reason"), others.height - conflicts.height


def _best_first(candles: pl.DataFrame) -> pl.DataFrame:
    fetched_if_forming = pl.when(~pl.col("is_final")).then("fetched_at")
    return candles.sort(
        *CANDLE_KEY, "is_final", fetched_if_forming, descending=[False, False, False, True, True], maintain_order=True
    )


def _conflicts(others: pl.DataFrame) -> pl.Series:
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_standing")) for name in CANDLE_VALUES)
    return others.select(differs & pl.col("is_final")).to_series()


def _reason() -> pl.Expr:
    found = [pl.col(f"{name}_standing").cast(pl.String).fill_null("nothing") for name in _SHOWN]
    return pl.format(CONFLICTING_DUPLICATE.sentence, *found)
