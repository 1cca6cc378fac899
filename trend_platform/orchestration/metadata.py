"""From an outcome to Dagster metadata: what a person sees in the event log and on the asset's page.

Counts are numbers, so that Dagster plots them over time; everything else is a table or one sentence. No message of ours
carries a secret, so none is masked here.
"""

from collections.abc import Mapping, Sequence

import dagster as dg

from trend_platform.domain.ranges import Range
from trend_platform.ingest.outcome import Outcome, SeriesAccount
from trend_platform.orchestration.tables import (
    counts_table,
    explained,
    failures_table,
    holes_of,
    holes_table,
    outcome_table,
    some,
    unexplained,
)
from trend_platform.storage.base import PriceKind

PRICES: Mapping[PriceKind, str] = {
    PriceKind.REAL: "real prices",
    PriceKind.SIMULATED: "SIMULATED prices: made up by the platform, not from any market",
}


def range_metadata(accounts: Sequence[SeriesAccount]) -> dict[str, dg.MetadataValue]:
    """Return what is there of one range after the run."""
    stored = sum(account.stored for account in accounts)
    return {
        "verdict": dg.MetadataValue.text(verdict(accounts)),
        "expected": dg.MetadataValue.int(sum(account.expected for account in accounts)),
        "stored": dg.MetadataValue.int(stored),
        "explained missing": dg.MetadataValue.int(explained(accounts)),
        "unexplained missing": dg.MetadataValue.int(unexplained(accounts)),
        "dagster/partition_row_count": dg.MetadataValue.int(stored),
    }


def outcome_metadata(
    outcome: Outcome, ranges: Sequence[Range], dagster_run_id: str, docs: dg.MetadataValue
) -> dict[str, dg.MetadataValue]:
    """Return what the run did, the same for all ranges it served."""
    holes = holes_table(holes_of(outcome.accounts, ranges, outcome.as_of))
    asked = {"ranges of the run": dg.MetadataValue.text(f"{' '.join(ranges)} as of {outcome.as_of}")}
    return {**asked, **run_metadata(outcome, holes, dagster_run_id, docs)}


def run_metadata(
    outcome: Outcome, holes: str, dagster_run_id: str, docs: dg.MetadataValue
) -> dict[str, dg.MetadataValue]:
    """Return what a run did, whatever it was asked for; `holes` is the table of those worth a look."""
    rare = {"warnings by rule": (outcome.warnings, "rule"), "replaced candles": (outcome.replaced, "provider")}
    return {
        "prices": dg.MetadataValue.text(PRICES[outcome.prices]),
        "verdict of the run": dg.MetadataValue.text(verdict(outcome.accounts)),
        "outcome of the run": dg.MetadataValue.md(outcome_table(outcome)),
        "missing by reason": dg.MetadataValue.md(counts_table(_by_reason(outcome), "reason")),
        "top holes": dg.MetadataValue.md(holes),
        "failed symbols": dg.MetadataValue.md(failures_table(outcome.failures)),
        "calls by provider": dg.MetadataValue.md(counts_table(outcome.calls, "provider")),
        **{name: dg.MetadataValue.md(counts_table(*counts)) for name, counts in rare.items() if counts[0]},
        "series": dg.MetadataValue.int(len(outcome.accounts)),
        "calls": dg.MetadataValue.int(sum(outcome.calls.values())),
        "rejected rows": dg.MetadataValue.int(outcome.rejected),
        "seconds": dg.MetadataValue.float(round(outcome.seconds, 3)),
        "ingest run": dg.MetadataValue.int(outcome.run_id),
        "run": dg.MetadataValue.dagster_run(dagster_run_id),
        "docs": docs,
    }


def verdict(accounts: Sequence[SeriesAccount]) -> str:
    """Return what is there and what is not in one sentence, and what to do about it."""
    expected, stored = sum(one.expected for one in accounts), sum(one.stored for one in accounts)
    there = f"{stored:,} of {expected:,} expected candles of {len(accounts)} series are stored"
    known = f", {count:,} missing for a known reason" if (count := explained(accounts)) else ""
    missing = unexplained(accounts)
    if not missing:
        return f"{there}{known}; nothing is unexplained"
    open_ = some([account.symbol for account in accounts if account.unexplained])
    return (
        f"{there}{known}, {missing:,} missing unexplained ({open_}): see the holes; "
        "the next run asks for them again once their check is due"
    )


def _by_reason(outcome: Outcome) -> dict[str, int]:
    return {reason.value: count for reason, count in outcome.missing.items()}


def link(docs_url: str, page: str) -> dg.MetadataValue:
    """Return a link to a page of the documentation; without a `docs_url` to publish it at, its path in the project."""
    return dg.MetadataValue.url(f"{docs_url.rstrip('/')}/{page}") if docs_url else dg.MetadataValue.text(page)
