"""What `trend candles fetch` did, as people read it: what came by timeframe, what is there of each series, holes, failures."""

from collections.abc import Sequence

from trend_platform.cli.outcome_report import (
    OutcomeJson,
    SeriesJson,
    outcome_json,
    say_verdict,
    show_failures,
    show_holes,
)
from trend_platform.cli.output import Output
from trend_platform.cli.prices import say_simulated
from trend_platform.domain.coverage import GapReason
from trend_platform.ingest.candle_fetch import Fetch
from trend_platform.ingest.needs import Wanted
from trend_platform.storage.base import PriceKind
from trend_platform.wording import counted

# So many series are shown, those with unexplained holes first; JSON has them all.
_SHOWN = 20


def fetch_json(done: Fetch, wanted: Sequence[Wanted]) -> dict[str, object]:
    """Return a fetch as plain values: each timeframe's outcome, and what span was asked of it."""
    asked = {one.timeframe: str(next(iter(one.windows.values()))) for one in wanted if one.windows}
    return {
        "is_complete": done.is_complete,
        "spans": {timeframe.value: span for timeframe, span in asked.items()},
        "outcomes": [outcome.as_dict() for outcome in done.outcomes],
        "series_written": done.series_written,
        "series_skipped": done.series_skipped,
    }


def show_fetch(out: Output, done: Fetch, wanted: Sequence[Wanted]) -> None:
    """Show a fetch."""
    outcomes = [outcome_json(outcome) for outcome in done.outcomes]
    many = counted(len(wanted[0].instruments), "instrument")
    head = ("timeframe", "run", "asked", "received", "new", "changed", "unchanged", "set aside", "calls", "seconds")
    out.table(f"Candles of {many}", head, [_came(one) for one in outcomes])
    _show_series(out, outcomes)
    for outcome in outcomes:
        show_holes(out, outcome["series"], f"Holes, {outcome['timeframe']}")
        show_failures(out, outcome["failures"])
    if rejected := sum(outcome["rejected"] for outcome in outcomes):
        out.say(f"{counted(rejected, 'row was', 'rows were')} set aside; see `trend quarantine list`.", "yellow")
    if done.series_skipped:
        out.say(f"The cache did not take {done.series_skipped:,} series; readers use the database.", "yellow")
    say_simulated(out, PriceKind(outcomes[0]["prices"]))
    if len(outcomes) < len(wanted):
        left = " ".join(one.timeframe for one in wanted[len(outcomes) :])
        out.say(f"A request failed, and with --fail-fast nothing more was asked; not begun: {left}.", "red")
    say_verdict(out, outcomes)


def _came(outcome: OutcomeJson) -> Sequence[object]:
    calls = ", ".join(f"{provider} {count:,}" for provider, count in outcome["calls"].items()) or "none"
    changed = outcome["corrected"] + outcome["completed"]
    numbers = (outcome["asked"], outcome["received"], outcome["inserted"], changed, outcome["unchanged"])
    return (
        outcome["timeframe"],
        str(outcome["run_id"]),
        *numbers,
        outcome["rejected"],
        calls,
        f"{outcome['seconds']:,.1f}",
    )


def _show_series(out: Output, outcomes: Sequence[OutcomeJson]) -> None:
    series = [(outcome["timeframe"], one) for outcome in outcomes for one in outcome["series"]]
    rows = [(one["symbol"], timeframe, one["expected"], one["stored"], *_missing(one)) for timeframe, one in series]
    rows.sort(key=lambda row: not row[-1])
    head = ("symbol", "timeframe", "expected", "stored", "explained", "unexplained")
    out.table("", head, rows[:_SHOWN])
    if len(rows) > _SHOWN:
        out.say(f"... and {counted(len(rows) - _SHOWN, 'more series', 'more series')}: `--json` has them all.")


def _missing(series: SeriesJson) -> tuple[int, int]:
    # What was never asked is missing without a reason as well.
    explained = sum(gap["missing"] for gap in series["gaps"] if GapReason(gap["reason"]).explains)
    return explained, sum(gap["missing"] for gap in series["gaps"]) - explained + series["unasked"]
