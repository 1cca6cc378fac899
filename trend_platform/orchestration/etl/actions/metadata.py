"""From a refresh of corporate actions to Dagster metadata: counts to be plotted, tables to be read."""

from collections.abc import Sequence

import dagster as dg
import polars as pl

from trend_platform.domain.instruments import Instrument
from trend_platform.ingest.action_outcome import ActionsOutcome
from trend_platform.ingest.split_check import CheckedSplit
from trend_platform.orchestration.tables import SHOWN, counts_table, cut, failures_table, markdown

Metadata = dict[str, dg.MetadataValue]


def actions_metadata(outcome: ActionsOutcome, instruments: Sequence[Instrument]) -> Metadata:
    """Return what a refresh did."""
    symbols = {one.instrument_id: one.symbol for one in instruments}
    told = {kind.value: count for kind, count in outcome.told.items()}
    untold = {kind.value: count for kind, count in outcome.untold.items()}
    return {
        "verdict": dg.MetadataValue.text(_verdict(outcome)),
        "shares": dg.MetadataValue.int(outcome.instruments),
        "new or changed": dg.MetadataValue.int(outcome.added.height),
        "withdrawn": dg.MetadataValue.int(outcome.removed.height),
        "disputes": dg.MetadataValue.int(outcome.disputes.height),
        "told by kind": dg.MetadataValue.md(counts_table(told, "kind")),
        "shares nobody told of": dg.MetadataValue.md(counts_table(untold, "kind")),
        "what is new": dg.MetadataValue.md(_table(outcome.added.sort("ex_date", descending=True), symbols, _NEW)),
        "who disagrees": dg.MetadataValue.md(_table(outcome.disputes, symbols, _DISPUTED)),
        "not told": dg.MetadataValue.md(failures_table(outcome.failures)),
        "calls by provider": dg.MetadataValue.md(counts_table(outcome.calls, "provider")),
        "series written": dg.MetadataValue.int(outcome.series_written),
        "series skipped": dg.MetadataValue.int(outcome.series_skipped),
        "seconds": dg.MetadataValue.float(round(outcome.seconds, 3)),
        "ingest run": dg.MetadataValue.int(outcome.run_id),
    }


def checked_metadata(found: Sequence[CheckedSplit]) -> Metadata:
    """Return the verdicts on new splits."""
    rows = [(one.split.instrument.symbol, one.split.ex_date, one.sides.verdict, one.words) for one in found]
    table = markdown(("symbol", "day", "verdict", "in words"), rows[:SHOWN])
    wrong = sum(one.sides.verdict.is_wrong for one in found)
    return {
        "checked": dg.MetadataValue.int(len(found)),
        "wrong": dg.MetadataValue.int(wrong),
        "splits": dg.MetadataValue.md(cut(table, len(rows))),
    }


_NEW = ("kind", "ex_date", "ratio", "amount", "currency", "provider")
_DISPUTED = ("kind", "ex_date", "provider", "value", "other", "other_date", "other_value")


def _table(frame: pl.DataFrame, symbols: dict[int, str], columns: Sequence[str]) -> str:
    rows = frame.head(SHOWN).select("instrument_id", *columns).iter_rows()
    told = [(symbols.get(one, one), *("" if value is None else value for value in rest)) for one, *rest in rows]
    return cut(markdown(("symbol", *columns), told), frame.height)


def _verdict(outcome: ActionsOutcome) -> str:
    silent = [f"nobody told {kind.value}s of {count:,} shares" for kind, count in outcome.untold.items() if count]
    said = f"{outcome.added.height:,} actions of {outcome.instruments:,} shares are new or changed"
    disputed = [f"{outcome.disputes.height:,} are disputed"] if outcome.disputes.height else []
    return "; ".join([said, *disputed, *silent])
