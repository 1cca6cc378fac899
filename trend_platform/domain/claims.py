"""What a provider tells of splits, dividends and delistings, held against what is kept: what is new, what has moved, what is disputed.

Pure. Who told first is believed, until it says another thing itself; what a person has said is believed against anybody. Nothing
is kept twice because two providers give one action two days: both would be applied.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import polars as pl

from trend_platform.domain.actions import ACTION_KEY, ACTION_SCHEMA, ActionKind

BY_HAND: Final = "user"
"""The provider of an action that a person has said."""

DISPUTE_SCHEMA: Final = pl.Schema(
    {
        "instrument_id": pl.Int32(),
        "kind": pl.String(),
        "ex_date": pl.Date(),
        "provider": pl.String(),
        "value": pl.Float64(),
        "other": pl.String(),
        "other_date": pl.Date(),
        "other_value": pl.Float64(),
    }
)
"""One disagreement: what is kept (`ex_date`, `value`: ratio or amount, by `provider`) and what `other` says instead; both of
the latter are null where it was asked and did not tell the action at all."""

RECENT: Final = timedelta(days=45)
"""What happened within so long everybody who tells actions should tell."""

# How far apart two providers may date one action, in days. Dividends may come weekly, in equal amounts; an end comes once.
_APART: Final = {ActionKind.SPLIT: 7, ActionKind.DIVIDEND: 3, ActionKind.DELISTING: 36_500}
# Ratios are told as 0.142857, amounts in tenths of a cent.
_ALIKE: Final = {ActionKind.SPLIT: 1e-4, ActionKind.DIVIDEND: 5e-3}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a provider was asked and has answered whole.

    Attributes:
        kind: Splits, dividends or delistings.
        provider: Who.
        instrument_ids: Of whom.
        first: First day of the question.
        last: Last day of the question.
    """

    kind: ActionKind
    provider: str
    instrument_ids: frozenset[int]
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Settled:
    """What follows from an answer.

    Attributes:
        added: Actions to keep: new ones, and ones that say another thing than before (action frame).
        removed: Actions to drop: their provider has moved or withdrawn them (action frame).
        disputes: A frame of `DISPUTE_SCHEMA`.
    """

    added: pl.DataFrame
    removed: pl.DataFrame
    disputes: pl.DataFrame


def settle(known: pl.DataFrame, told: pl.DataFrame, asked: Asked, today: date) -> Settled:
    """Hold an answer against what is kept.

    Args:
        known: All that is kept of the asked instruments (action frame).
        told: What the provider told (action frame), all of the kind that was asked.
        asked: The question.
        today: The present day: announced actions may be withdrawn, those of the past are only disputed.
    """
    mine = _valued(known.filter(pl.col("kind") == asked.kind.value))
    said = _valued(told.filter(pl.col("instrument_id").is_in(list(asked.instrument_ids))))
    matched = said.join(mine.select(*ACTION_KEY, kept="value", by="provider"), on=ACTION_KEY, how="left")
    differing = matched.filter(pl.col("by").is_not_null() & ~_alike(asked.kind, "kept"))
    may_change = pl.col("by") == asked.provider
    free = mine.join(said, on=ACTION_KEY, how="anti")
    fresh = _nearest(matched.filter(pl.col("by").is_null()).drop("kept", "by"), free, asked.kind)
    is_same = pl.col("day").is_not_null() & _alike(asked.kind, "kept")
    moved = fresh.filter(is_same & may_change)
    missing = _not_told(free, said, asked, today).join(fresh.filter(is_same), left_on=_AT, right_on=_FROM, how="anti")
    withdrawn = missing.filter((pl.col("provider") == asked.provider) & (pl.col("ex_date") > today))
    elsewhere = missing.filter(~pl.col("provider").is_in([asked.provider, BY_HAND]))
    return Settled(
        _actions(differing.filter(may_change), fresh.filter(~is_same), moved),
        _actions(withdrawn, mine.join(moved, left_on=_AT, right_on=_FROM, how="semi")),
        pl.concat(
            [
                _disputes(differing.filter(~may_change), pl.col("ex_date")),
                _disputes(fresh.filter(is_same & ~may_change), pl.col("day")),
                _untold(elsewhere, asked.provider),
            ]
        ).sort("instrument_id", "ex_date"),
    )


_AT: Final = ("instrument_id", "ex_date")
_FROM: Final = ("instrument_id", "day")


def _valued(actions: pl.DataFrame) -> pl.DataFrame:
    return actions.with_columns(pl.coalesce("ratio", "amount").alias("value"))


def _alike(kind: ActionKind, kept: str) -> pl.Expr:
    # A delisting says nothing beside its day.
    tolerance = _ALIKE.get(kind)
    return pl.lit(True) if tolerance is None else (pl.col("value") / pl.col(kept) - 1).abs() <= tolerance


def _nearest(fresh: pl.DataFrame, free: pl.DataFrame, kind: ActionKind) -> pl.DataFrame:
    # The kept action that each new one may be: the nearest one of its instrument that the answer does not name itself.
    near = free.select("instrument_id", day="ex_date", kept="value", by="provider").sort("day")
    return fresh.sort("ex_date").join_asof(
        near.with_columns(pl.col("day").alias("at")),
        left_on="ex_date",
        right_on="at",
        by="instrument_id",
        strategy="nearest",
        tolerance=f"{_APART[kind]}d",
        check_sortedness=False,
    )


def _not_told(free: pl.DataFrame, said: pl.DataFrame, asked: Asked, today: date) -> pl.DataFrame:
    # Who begins to tell late is silent of what was before, not against it.
    mine = pl.col("instrument_id").is_in(list(asked.instrument_ids))
    since = said.group_by("instrument_id").agg(pl.col("ex_date").min().alias("since"))
    inside = free.filter(mine & pl.col("ex_date").is_between(asked.first, asked.last))
    is_reached = (pl.col("ex_date") >= pl.col("since")) | (pl.col("ex_date") >= today - RECENT)
    return inside.join(since, on="instrument_id", how="left").filter(is_reached).drop("since")


def _actions(*frames: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([frame.select(ACTION_SCHEMA.names()) for frame in frames]).sort(ACTION_KEY)


def _disputes(rows: pl.DataFrame, kept_date: pl.Expr) -> pl.DataFrame:
    return rows.select(
        "instrument_id",
        "kind",
        kept_date.alias("ex_date"),
        pl.col("by").alias("provider"),
        pl.col("kept").alias("value"),
        pl.col("provider").alias("other"),
        pl.col("ex_date").alias("other_date"),
        pl.col("value").alias("other_value"),
    ).cast(DISPUTE_SCHEMA)


def _untold(rows: pl.DataFrame, other: str) -> pl.DataFrame:
    return rows.select(
        "instrument_id",
        "kind",
        "ex_date",
        "provider",
        "value",
        pl.lit(other).alias("other"),
        pl.lit(None, pl.Date).alias("other_date"),
        pl.lit(None, pl.Float64).alias("other_value"),
    ).cast(DISPUTE_SCHEMA)
