"""From gaps and repairs to Dagster metadata: counts that are plotted, tables and one sentence for people."""

from collections.abc import Mapping

import dagster as dg
import polars as pl

from trend_platform.ingest.gaps import Gaps
from trend_platform.ingest.repair import Repaired
from trend_platform.orchestration.tables import SHOWN, counts_table, cut, failures_table, markdown
from trend_platform.quality.gaps import EXPLAINING

Metadata = Mapping[str, dg.MetadataValue]

_HEAD = (
    "symbol",
    "timeframe",
    "from",
    "until before",
    "missing",
    "reason",
    "said by",
    "looks",
    "next look",
    "evidence",
)
_COLUMNS = (
    "symbol",
    "timeframe",
    "start_at",
    "end_at",
    "missing",
    "reason",
    "provider",
    "attempts",
    "next_check_at",
    "evidence",
)


def gaps_metadata(found: Gaps) -> Metadata:
    """Return what is missing of all series."""
    series = found.series
    by_reason = found.gaps.group_by("reason").agg(pl.col("missing").sum())
    by_length = series.group_by("timeframe").agg(
        pl.col("expected", "stored", "explained", "unexplained", "never_asked").sum()
    )
    counts = {
        name: int(series[name].sum()) for name in ("expected", "stored", "explained", "unexplained", "never_asked")
    }
    return {
        "verdict": dg.MetadataValue.text(verdict(found)),
        **{name.replace("_", " "): dg.MetadataValue.int(count) for name, count in counts.items()},
        "series": dg.MetadataValue.int(series.height),
        "gaps": dg.MetadataValue.int(found.gaps.height),
        "missing by reason": dg.MetadataValue.md(counts_table(dict(by_reason.iter_rows()), "reason")),
        "by timeframe": dg.MetadataValue.md(markdown(by_length.columns, by_length.sort("timeframe").iter_rows())),
        "top gaps": dg.MetadataValue.md(gaps_table(found.gaps)),
    }


def gaps_table(gaps: pl.DataFrame) -> str:
    """Return the first gaps as a table, and how many there are beyond them."""
    rows = gaps.select(_COLUMNS).head(SHOWN).iter_rows()
    shown = [tuple("" if value is None else value for value in row) for row in rows]
    return cut(markdown(_HEAD, shown), gaps.height, if_none="no gaps")


def verdict(found: Gaps) -> str:
    """Return what is there and what is not in one sentence."""
    series = found.series
    there = f"{int(series['stored'].sum()):,} of {int(series['expected'].sum()):,} expected candles of {series.height} series are stored"
    if not found.unexplained:
        return f"{there}; nothing is missing unexplained"
    holes = found.gaps.filter(~pl.col("reason").is_in(EXPLAINING))
    symbols = holes["symbol"].unique(maintain_order=True).to_list()
    more = f" and {len(symbols) - 5} more" if len(symbols) > 5 else ""
    return f"{there}, {found.unexplained:,} are missing unexplained: {', '.join(symbols[:5])}{more}"


def repair_metadata(done: Repaired, waiting: int, cut_calls: int) -> Metadata:
    """Return what a repair did."""
    failures = [failure for outcome in done.outcomes for failure in outcome.failures]
    return {
        "repair": dg.MetadataValue.int(done.repair_id),
        "undo": dg.MetadataValue.text(f"trend gaps undo {done.repair_id}"),
        "candles inserted": dg.MetadataValue.int(sum(one.upserted.inserted for one in done.outcomes)),
        "candles corrected": dg.MetadataValue.int(sum(one.upserted.corrected for one in done.outcomes)),
        "still unexplained": dg.MetadataValue.int(done.unexplained),
        "calls by provider": dg.MetadataValue.md(counts_table(done.calls, "provider")),
        "gaps not due yet": dg.MetadataValue.int(waiting),
        "calls left for another day": dg.MetadataValue.int(cut_calls),
        **({"failed symbols": dg.MetadataValue.md(failures_table(failures))} if failures else {}),
    }
