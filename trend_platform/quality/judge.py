"""The one entrance to judgement: candles in, a verdict out. It knows the order of the rules, not what they look for.

Rules about single rows come first, so that rules about neighbours look at sound rows only.
"""

import polars as pl

from trend_platform.domain.candles import CANDLE_KEY, CANDLE_SCHEMA
from trend_platform.domain.quarantine import QUARANTINE_SCHEMA
from trend_platform.quality.neighbours import strikes_among_neighbours
from trend_platform.quality.prepared import ordered, prepared
from trend_platform.quality.rules.base import RowRule, Severity, Strike
from trend_platform.quality.rules.catalogue import ROW_RULES
from trend_platform.quality.rules.duplicates import settle_duplicates
from trend_platform.quality.rules.order import OUT_OF_ORDER, count_out_of_order
from trend_platform.quality.verdict import Surroundings, Verdict

__all__ = ["Surroundings", "Verdict", "judge"]

_REJECTING = tuple(rule for rule in ROW_RULES if rule.severity is Severity.REJECT)
_WARNING = tuple(rule for rule in ROW_RULES if rule.severity is Severity.WARN)


def judge(candles: pl.DataFrame, surroundings: Surroundings) -> Verdict:
    """Judge candles of one timeframe; no row is lost: each is accepted, rejected or counted as a duplicate.

    Args:
        candles: Rows with the columns of the candle frame, in any order, keys repeated or not. A series with fewer
            than five candles, those of `surroundings.recent` included, is judged row by row only.
        surroundings: What is known besides.
    """
    if candles.is_empty():
        return Verdict()
    in_order = ordered(candles)
    late = 0 if in_order is candles else count_out_of_order(candles)
    sound, faulty = _by_row(prepared(in_order, surroundings))
    unique, conflicting, duplicates = settle_duplicates(sound)
    accepted, broken = _by_neighbours(unique, surroundings)
    rejected = pl.concat([_quarantine(rows) for rows in (faulty, conflicting, broken) if rows.height] or [_NOTHING])
    return Verdict(
        accepted=accepted.select(CANDLE_SCHEMA.names()),
        rejected=rejected.sort(CANDLE_KEY, maintain_order=True),
        duplicates=duplicates,
        warnings=_warnings(accepted) | ({OUT_OF_ORDER.id: late} if late else {}),
    )


def judge_rows(candles: pl.DataFrame, surroundings: Surroundings) -> pl.DataFrame:
    """Return what the rules on single candles reject, as a quarantine frame; neighbours are not looked at."""
    if candles.is_empty():
        return _NOTHING
    _, faulty = _by_row(prepared(ordered(candles), surroundings))
    return _quarantine(faulty) if faulty.height else _NOTHING


_NOTHING = pl.DataFrame(schema=QUARANTINE_SCHEMA)


def _by_row(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    struck = rows.select(pl.any_horizontal(rule.strikes for rule in _REJECTING).fill_null(value=False)).to_series()
    if not struck.any():
        return rows, rows.clear()
    return rows.filter(~struck), rows.filter(struck).with_columns(_first_rule(_REJECTING), _all_reasons(_REJECTING))


def _first_rule(rules: tuple[RowRule, ...]) -> pl.Expr:
    return pl.coalesce(pl.when(rule.strikes).then(pl.lit(rule.id)) for rule in rules).alias("rule")


def _all_reasons(rules: tuple[RowRule, ...]) -> pl.Expr:
    return pl.concat_str([rule.reason for rule in rules], separator="; ", ignore_nulls=True).alias("reason")


def _by_neighbours(rows: pl.DataFrame, surroundings: Surroundings) -> tuple[pl.DataFrame, pl.DataFrame]:
    strikes = strikes_among_neighbours(rows, surroundings)
    if not strikes:
        return rows, rows.clear()
    struck = _struck_rows(strikes)
    indexed = rows.with_row_index("row")
    return (
        indexed.join(struck, on="row", how="anti", maintain_order="left").drop("row"),
        indexed.join(struck, on="row", maintain_order="left").drop("row"),
    )


def _struck_rows(strikes: list[Strike]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "row": [strike.row for strike in strikes],
            "rule": [strike.rule.id for strike in strikes],
            "reason": [strike.reason for strike in strikes],
        },
        schema={"row": pl.get_index_type(), "rule": pl.String(), "reason": pl.String()},
    ).unique("row", keep="first", maintain_order=True)


def _quarantine(rows: pl.DataFrame) -> pl.DataFrame:
    payload = pl.struct(CANDLE_SCHEMA.names()).struct.json_encode().alias("payload")
    return rows.with_columns(payload).select(pl.col(name).cast(dtype) for name, dtype in QUARANTINE_SCHEMA.items())


def _warnings(rows: pl.DataFrame) -> dict[str, int]:
    counts = rows.select(rule.strikes.sum().alias(rule.id) for rule in _WARNING).row(0, named=True)
    return {rule: int(count) for rule, count in counts.items() if count}
