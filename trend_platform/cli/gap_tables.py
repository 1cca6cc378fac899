"""How gaps, series and repairs are shown: rows for tables, plain values for JSON."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from trend_platform.cli.output import Output
from trend_platform.ingest.gaps import Gaps
from trend_platform.quality.gaps import BY_LENGTH, EXPLAINING
from trend_platform.storage.repairs import Repair
from trend_platform.wording import counted

_TIME = "%Y-%m-%d %H:%M"
_EVIDENCE = 90
_HEAD = (
    "symbol",
    "timeframe",
    "from (UTC)",
    "until before",
    "missing",
    "reason",
    "said by",
    "looks",
    "believed",
    "next look",
    "evidence",
)


def show_gaps(out: Output, gaps: pl.DataFrame, limit: int) -> None:
    """Write the first gaps as a table, and how many there are beyond them."""
    shown = gaps.head(limit)
    styles = ["" if reason in EXPLAINING else "yellow" for reason in shown["reason"]]
    if shown.height:
        out.table("Gaps", _HEAD, [_row(row) for row in shown.iter_rows(named=True)], styles)
    if gaps.height > limit:
        out.say(f"{gaps.height - limit:,} more; `--limit {gaps.height}` shows them, `--json` has all.")


def show_verdict(out: Output, found: Gaps) -> None:
    """Write what is there and what is not in one line."""
    series = found.series
    if series.is_empty():
        out.say(
            "Nothing of that was ever asked for, so nothing is known of it: `trend candles fetch` asks for 1m to 1d.",
            "yellow",
        )
        return
    told = {name: int(series[name].sum()) for name in ("expected", "stored", "explained", "unexplained", "never_asked")}
    line = f"{counted(series.height, 'series', 'series')}: {told['stored']:,} of {counted(told['expected'], 'expected candle')} stored"
    known = f", {told['explained']:,} missing for a known reason" if told["explained"] else ""
    if not found.unexplained:
        out.say(f"{line}{known}; nothing is unexplained.", "green")
        return
    never = f", {told['never_asked']:,} never asked for" if told["never_asked"] else ""
    open_ = f", {told['unexplained']:,} missing unexplained" if told["unexplained"] else ""
    out.say(f"{line}{known}{open_}{never}.", "red")
    out.say("`trend gaps repair` shows what asking again would cost.")


def show_series(out: Output, series: pl.DataFrame) -> None:
    """Write one line per series: the least complete first."""
    ordered = series.with_columns(share=share()).sort("share", "symbol", BY_LENGTH)
    head = (
        "symbol",
        "timeframe",
        "from (UTC)",
        "until before",
        "expected",
        "stored",
        "explained",
        "unexplained",
        "never asked",
        "accounted for",
    )
    rows = [
        (
            *(row["symbol"], row["timeframe"], f"{row['since']:{_TIME}}", f"{row['until']:{_TIME}}"),
            *(row["expected"], row["stored"], row["explained"] or None, row["unexplained"] or None),
            *(row["never_asked"] or None, f"{row['share']:.2%}"),
        )
        for row in ordered.iter_rows(named=True)
    ]
    styles = ["" if row["unexplained"] + row["never_asked"] == 0 else "yellow" for row in ordered.iter_rows(named=True)]
    out.table("Coverage", head, rows, styles)


def share() -> pl.Expr:
    """Return the expression for the share of expected candles that are stored or missing for a reason; 1 of none."""
    accounted = (pl.col("stored") + pl.col("explained")) / pl.col("expected")
    return pl.when(pl.col("expected") > 0).then(accounted).otherwise(1.0)


def gaps_as_dicts(gaps: pl.DataFrame) -> list[dict[str, Any]]:
    """Return gaps as plain values."""
    return gaps.drop("instrument_id", "calendar").rename({"start_at": "start", "end_at": "end"}).to_dicts()


def series_as_dicts(series: pl.DataFrame) -> list[dict[str, Any]]:
    """Return series as plain values."""
    return series.drop("instrument_id").to_dicts()


def show_repairs(out: Output, repairs: Sequence[Repair]) -> None:
    """Write one line per repair."""
    rows = [
        (one.repair_id, one.state.value, f"{one.started_at:{_TIME}}", one.inserted, one.corrected, one.calls)
        for one in repairs
    ]
    out.table("Repairs", ("repair", "state", "began (UTC)", "candles inserted", "corrected", "calls"), rows)


def repairs_as_dicts(repairs: Sequence[Repair]) -> list[dict[str, Any]]:
    """Return repairs as plain values."""
    return [
        {
            "repair": one.repair_id,
            "state": one.state.value,
            "started_at": one.started_at,
            "finished_at": one.finished_at,
            "undone_at": one.undone_at,
            "inserted": one.inserted,
            "corrected": one.corrected,
            "calls": one.calls,
        }
        for one in repairs
    ]


def _row(row: dict[str, Any]) -> tuple[object, ...]:
    next_at, evidence = row["next_check_at"], row["evidence"]
    return (
        *(row["symbol"], row["timeframe"], f"{row['start_at']:{_TIME}}", f"{row['end_at']:{_TIME}}", row["missing"]),
        *(row["reason"], row["provider"], row["attempts"], row["is_believed"], next_at and f"{next_at:{_TIME}}"),
        evidence if len(evidence) <= _EVIDENCE else f"{evidence[: _EVIDENCE - 1]}…",
    )
