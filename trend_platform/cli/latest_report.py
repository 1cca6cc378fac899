"""The outcome of a refresh of latest prices, as people and programs read it: what came, what was set aside, what is missing."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import cast

from trend_platform.cli.ages import age_of
from trend_platform.cli.outcome_report import FailureJson, show_failures
from trend_platform.cli.output import Output
from trend_platform.cli.price_table import price_json, show_prices
from trend_platform.cli.prices import say_simulated
from trend_platform.ingest.latest import LatestOutcome
from trend_platform.storage.base import PriceKind
from trend_platform.wording import counted

# So many prices are shown; JSON has them all.
_SHOWN = 40


def latest_json(outcome: LatestOutcome, kind: PriceKind, now: datetime) -> dict[str, object]:
    """Return the outcome as plain values, which prices they are, and each price with its age."""
    latest = [price_json(one, now) for one in outcome.prices]
    return {**outcome.as_dict(), "prices": kind.value, "latest": latest}


def show_latest_outcome(out: Output, outcome: LatestOutcome, kind: PriceKind, now: datetime) -> None:
    """Show what a refresh did: the counts, the prices, what was set aside, what is missing and why."""
    out.table("Latest prices, refreshed", ("", "instruments", ""), _counts(outcome))
    if outcome.prices:
        show_prices(out, "", outcome.prices[:_SHOWN], now, ())
    if len(outcome.prices) > _SHOWN:
        out.say(f"... and {len(outcome.prices) - _SHOWN:,} more: `--json` or `trend latest` has them all.")
    if outcome.rejected:
        out.table("Set aside", ("symbol", "provider", "rule", "reason"), [tuple(one) for one in outcome.rejected])
    if outcome.stale:
        rows = [(symbol, f"{at:%Y-%m-%d %H:%M:%S}", age_of(now - at)) for symbol, at in outcome.stale.items()]
        out.table("Stale although the market is open", ("symbol", "quoted at (UTC)", "age"), rows)
    if outcome.missing:
        out.table("Missing", ("symbol", "why"), list(outcome.missing.items()))
    show_failures(out, [cast("FailureJson", asdict(one)) for one in outcome.failures])
    if outcome.cache_skipped:
        out.say(
            f"The cache did not take {counted(outcome.cache_skipped, 'price')}; readers use the database.", "yellow"
        )
    say_simulated(out, kind)
    out.say(*_verdict(outcome))


def is_complete(outcome: LatestOutcome) -> bool:
    """Whether every instrument has a price, and none is older than its market explains."""
    return not outcome.missing and not outcome.stale


def _verdict(outcome: LatestOutcome) -> tuple[str, str]:
    faults = []
    if outcome.missing:
        faults.append(f"{counted(len(outcome.missing), 'instrument has', 'instruments have')} no price")
    if outcome.stale:
        faults.append(f"{counted(len(outcome.stale), 'price is', 'prices are')} older than an open market explains")
    if faults:
        return f"{'; '.join(faults)}. The next minute asks again.", "red"
    return "Complete: every instrument has its latest price.", "green"


def _counts(outcome: LatestOutcome) -> Sequence[Sequence[object]]:
    calls = ", ".join(f"{provider} {count:,}" for provider, count in outcome.calls.items()) or "none"
    rows = [
        ("asked", outcome.asked, f"calls: {calls}; {outcome.seconds:,.1f} s"),
        ("  new", outcome.fresh, ""),
        ("  unchanged", outcome.unchanged, "no trade since the last look"),
        ("  set aside", len(outcome.rejected), "see below"),
        ("  missing", len(outcome.missing), ""),
        ("  stale", len(outcome.stale), "among the new and unchanged ones"),
    ]
    return [row for row in rows if row[0] in {"asked", "  new"} or row[1]]
