"""From the outcome of a realtime run to metadata a woken person can use.

A run comes every minute, so what went well is a number and only what did not is a table, cut and grouped by its reason: a
provider that is down does not write five hundred lines a minute.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

import dagster as dg

from trend_platform.domain.coverage import Gap
from trend_platform.ingest.latest_outcome import LatestOutcome, RejectedQuote
from trend_platform.ingest.outcome import Failure, Outcome
from trend_platform.orchestration.metadata import PRICES
from trend_platform.orchestration.metadata import verdict as account_verdict
from trend_platform.orchestration.realtime.verdicts import Verdict, stale_table
from trend_platform.orchestration.tables import counts_table, cut, markdown, some
from trend_platform.storage.base import PriceKind
from trend_platform.wording import counted

_SHOWN = 20


def price_metadata(
    outcome: LatestOutcome, prices: PriceKind, fresh: Verdict, docs: dg.MetadataValue
) -> dict[str, dg.MetadataValue]:
    """Return what a refresh of latest prices did."""
    return {
        "verdict": dg.MetadataValue.text(price_verdict(outcome)),
        "prices": dg.MetadataValue.text(PRICES[prices]),
        "refreshed": dg.MetadataValue.md(_refreshed(outcome)),
        **_numbers(
            {
                "asked": outcome.asked,
                "fresh": outcome.fresh,
                "unchanged": outcome.unchanged,
                "missing": len(outcome.missing),
                "set aside": len(outcome.rejected),
                "stale": len(fresh.stale),
                "calls": sum(outcome.calls.values()),
                "cache skipped": outcome.cache_skipped,
            }
        ),
        "seconds": dg.MetadataValue.float(round(outcome.seconds, 3)),
        **_tables(
            {
                "what is missing": _missing(outcome.missing) if outcome.missing else "",
                "what was set aside": _rejected(outcome.rejected) if outcome.rejected else "",
                "quotes that stand still": _standing(outcome.stale) if outcome.stale else "",
                "what is stale": stale_table(fresh.stale) if fresh.stale else "",
                "who was not served": failures_by_reason(outcome.failures) if outcome.failures else "",
            }
        ),
        "docs": docs,
    }


def chart_metadata(outcome: Outcome, fresh: Verdict, docs: dg.MetadataValue) -> dict[str, dg.MetadataValue]:
    """Return what a refresh of 1D charts did."""
    holes = [(account.symbol, gap) for account in outcome.accounts for gap in account.gaps]
    return {
        "verdict": dg.MetadataValue.text(account_verdict(outcome.accounts)),
        "prices": dg.MetadataValue.text(PRICES[outcome.prices]),
        "calls by provider": dg.MetadataValue.md(counts_table(outcome.calls, "provider")),
        **_numbers(
            {
                "series": len(outcome.accounts),
                "asked": outcome.asked,
                "inserted": outcome.upserted.inserted,
                "completed": outcome.upserted.completed,
                "corrected": outcome.upserted.corrected,
                "unchanged": outcome.upserted.unchanged,
                "rejected rows": outcome.rejected,
                "expected": outcome.expected,
                "stored": outcome.stored,
                "unexplained missing": outcome.unexplained_missing,
                "stale": len(fresh.stale),
                "calls": sum(outcome.calls.values()),
                "ingest run": outcome.run_id,
            }
        ),
        "seconds": dg.MetadataValue.float(round(outcome.seconds, 3)),
        **_tables(
            {
                "holes": _holes(holes) if holes else "",
                "what is stale": stale_table(fresh.stale) if fresh.stale else "",
                "who was not served": failures_by_reason(outcome.failures) if outcome.failures else "",
            }
        ),
        "docs": docs,
    }


def price_verdict(outcome: LatestOutcome) -> str:
    """Return what came and what did not in one sentence, and what to do about it."""
    came = f"{outcome.fresh:,} new and {outcome.unchanged:,} unchanged prices of {counted(outcome.asked, 'instrument')}"
    doubts = [
        f"{len(outcome.missing):,} missing ({some(list(outcome.missing))})" if outcome.missing else "",
        f"{len(outcome.rejected):,} set aside" if outcome.rejected else "",
        f"{len(outcome.stale):,} standing still in an open market ({some(list(outcome.stale))})"
        if outcome.stale
        else "",
        "the cache is down, readers read the database" if outcome.cache_skipped else "",
    ]
    said = "; ".join(doubt for doubt in doubts if doubt)
    return f"{came}; {said}: the next minute asks again" if said else f"{came}; nothing is missing"


def failures_by_reason(failures: Iterable[Failure]) -> str:
    """Return who was not served, grouped by what happened: one line for a provider that is down, whatever it was asked."""
    grouped: dict[tuple[str, str, str, str], list[str]] = {}
    for one in failures:
        grouped.setdefault((one.provider, one.kind, one.served_by or "nobody", one.message), []).append(one.symbol)
    rows = [(some(symbols), len(symbols), *what) for what, symbols in list(grouped.items())[:_SHOWN]]
    head = ("symbols", "count", "provider", "what happened", "served by", "message")
    return cut(markdown(head, rows), len(grouped), _SHOWN)


def _refreshed(outcome: LatestOutcome) -> str:
    by_provider: dict[str, list[datetime]] = {}
    for price in outcome.prices:
        by_provider.setdefault(price.provider, []).append(price.quoted_at)
    names = dict.fromkeys([*by_provider, *outcome.calls])
    rows = [
        (
            name,
            len(quoted := by_provider.get(name, [])),
            outcome.calls.get(name, 0),
            f"{min(quoted):%Y-%m-%d %H:%M:%S}" if quoted else "",
            f"{max(quoted):%Y-%m-%d %H:%M:%S}" if quoted else "",
        )
        for name in names
    ]
    return markdown(("provider", "prices", "calls", "oldest quote, UTC", "newest quote, UTC"), rows) if rows else "none"


def _holes(holes: list[tuple[str, Gap]]) -> str:
    ordered = sorted(holes, key=lambda hole: (hole[1].reason.explains, -hole[1].missing, hole[0]))
    rows = [
        (
            symbol,
            f"{gap.interval.start:%m-%d %H:%M}",
            f"{gap.interval.end:%m-%d %H:%M}",
            gap.missing,
            gap.reason,
            gap.evidence,
        )
        for symbol, gap in ordered[:_SHOWN]
    ]
    head = ("symbol", "from, UTC", "until before", "hours missing", "reason", "evidence")
    return cut(markdown(head, rows), len(ordered), _SHOWN)


def _missing(missing: Mapping[str, str]) -> str:
    reasons: dict[str, list[str]] = {}
    for symbol, reason in missing.items():
        reasons.setdefault(reason, []).append(symbol)
    rows = [(some(symbols), len(symbols), reason) for reason, symbols in list(reasons.items())[:_SHOWN]]
    return cut(markdown(("symbols", "count", "reason"), rows), len(reasons), _SHOWN)


def _rejected(rejected: tuple[RejectedQuote, ...]) -> str:
    return cut(markdown(("symbol", "provider", "rule", "reason"), rejected[:_SHOWN]), len(rejected), _SHOWN)


def _standing(stale: Mapping[str, datetime]) -> str:
    rows = [(symbol, f"{quoted_at:%Y-%m-%d %H:%M:%S}") for symbol, quoted_at in list(stale.items())[:_SHOWN]]
    return cut(markdown(("symbol", "quoted at, UTC"), rows), len(stale), _SHOWN)


def _numbers(numbers: Mapping[str, int]) -> dict[str, dg.MetadataValue]:
    return {name: dg.MetadataValue.int(number) for name, number in numbers.items()}


def _tables(tables: Mapping[str, str]) -> dict[str, dg.MetadataValue]:
    return {name: dg.MetadataValue.md(table) for name, table in tables.items() if table}
