"""An outcome as people read it: what was asked and stored, what is missing and why, who failed.

Reads the outcome's JSON, which is both what a run returns and what its record keeps, so that a run made by Dagster is
shown in the same words as one made here.
"""

from collections.abc import Mapping, Sequence
from typing import TypedDict, cast

import orjson

from trend_platform.cli.output import Output
from trend_platform.cli.prices import say_simulated
from trend_platform.domain.coverage import GapReason
from trend_platform.ingest.outcome import Outcome
from trend_platform.storage.base import PriceKind
from trend_platform.storage.runs import RunRecord
from trend_platform.wording import counted

# So many holes and failures are shown; JSON has them all.
_SHOWN = 15
# So many symbols are named of those that one sentence holds for.
_NAMED = 3


class GapJson(TypedDict):
    """A gap as `Outcome.as_dict` writes it; times are ISO 8601."""

    start: str
    end: str
    missing: int
    reason: str
    provider: str
    evidence: str
    attempts: int
    is_believed: bool
    next_check_at: str


class SeriesJson(TypedDict):
    """A series' account as `Outcome.as_dict` writes it."""

    symbol: str
    expected: int
    stored: int
    unasked: int
    gaps: list[GapJson]


class FailureJson(TypedDict):
    """A failure as `Outcome.as_dict` writes it."""

    symbol: str
    provider: str
    kind: str
    message: str
    served_by: str


class OutcomeJson(TypedDict):
    """An outcome as `Outcome.as_dict` writes it."""

    run_id: int
    kind: str
    timeframe: str
    prices: str
    ranges: list[str]
    as_of: str
    asked: int
    received: int
    inserted: int
    corrected: int
    completed: int
    unchanged: int
    rejected: int
    expected: int
    stored: int
    explained_missing: int
    unexplained_missing: int
    missing: dict[str, int]
    calls: dict[str, int]
    failures: list[FailureJson]
    warnings: dict[str, int]
    replaced: dict[str, int]
    series: list[SeriesJson]
    seconds: float


def outcome_json(outcome: Outcome) -> OutcomeJson:
    """Return the outcome of a run that was made here."""
    return cast("OutcomeJson", outcome.as_dict())


def recorded_outcome(record: RunRecord) -> OutcomeJson | None:
    """Return the outcome that was recorded of a run; `None` where it runs, failed or was killed."""
    return cast("OutcomeJson", orjson.loads(record.outcome)) if record.status == "done" else None


def show_outcome(out: Output, outcome: OutcomeJson) -> None:
    """Show an outcome: the sums, the holes, the failures, and whether the prices are simulated."""
    title = f"Run {outcome['run_id']}: {outcome['kind']} of {' '.join(outcome['ranges'])} as of {outcome['as_of']}"
    out.table(title, ("", "candles", ""), _sums(outcome))
    show_holes(out, outcome["series"])
    show_failures(out, outcome["failures"])
    if outcome["rejected"]:
        out.say(
            f"{counted(outcome['rejected'], 'row was', 'rows were')} set aside; see `trend quarantine list`.", "yellow"
        )
    say_simulated(out, PriceKind(outcome["prices"]))
    say_verdict(out, [outcome])


def _sums(outcome: OutcomeJson) -> Sequence[Sequence[object]]:
    calls = ", ".join(f"{provider} {count:,}" for provider, count in outcome["calls"].items()) or "none"
    explained = {reason: count for reason, count in outcome["missing"].items() if GapReason(reason).explains}
    unexplained = {reason: count for reason, count in outcome["missing"].items() if reason not in explained}
    rows = [
        ("asked", outcome["asked"], f"calls: {calls}"),
        ("received", outcome["received"], f"in {outcome['seconds']:,.1f} s"),
        ("  new", outcome["inserted"], ""),
        ("  corrected", outcome["corrected"], "old values are kept as revisions"),
        ("  completed", outcome["completed"], "were still forming"),
        ("  unchanged", outcome["unchanged"], "said what was stored already"),
        ("  set aside", outcome["rejected"], _counts(outcome["warnings"], "stored with a remark: ")),
        ("expected", outcome["expected"], "by the trading calendar"),
        ("  stored", outcome["stored"], _counts(outcome["replaced"], "asked again instead of: ")),
        ("  missing, explained", outcome["explained_missing"], _counts(explained)),
        ("  missing, unexplained", outcome["unexplained_missing"], _counts(unexplained)),
    ]
    always = {"asked", "received", "expected", "  stored", "  missing, unexplained"}
    return [row for row in rows if row[0] in always or row[1]]


def show_holes(out: Output, series: Sequence[SeriesJson], title: str = "Holes") -> None:
    """Show what is missing and why, unexplained holes first; nothing where nothing is."""
    holes = [(one["symbol"], gap) for one in series for gap in one["gaps"]]
    holes.sort(key=lambda hole: (GapReason(hole[1]["reason"]).explains, -hole[1]["missing"], hole[0]))
    if holes:
        rows = [_hole_row(symbol, gap) for symbol, gap in holes[:_SHOWN]]
        out.table(title, ("symbol", "from", "to", "missing", "reason", "evidence"), rows)
        _say_rest(out, len(holes), "hole")
    unasked = {one["symbol"]: one["unasked"] for one in series if one["unasked"]}
    if unasked:
        names = ", ".join(list(unasked)[:_SHOWN])
        out.say(f"{counted(sum(unasked.values()), 'candle was', 'candles were')} never asked for: {names}", "yellow")


def _hole_row(symbol: str, gap: GapJson) -> Sequence[object]:
    belief = "" if gap["is_believed"] else " (provisional)"
    reason = _words(gap["reason"]) + (belief if GapReason(gap["reason"]).explains else "")
    return symbol, _moment(gap["start"]), _moment(gap["end"]), gap["missing"], reason, gap["evidence"]


def _moment(stamp: str) -> str:
    # A day where it is its midnight, else to the minute.
    return stamp[:10] if stamp[11:19] == "00:00:00" else stamp[:16].replace("T", " ")


def show_failures(out: Output, failures: Sequence[FailureJson]) -> None:
    """Show which instruments were not served by whom, and why; nothing where all were."""
    if failures:
        alike: dict[tuple[str, ...], list[str]] = {}
        for one in failures:
            said = (one["provider"], one["kind"], one["served_by"] or "nobody", one["message"])
            alike.setdefault(said, []).append(one["symbol"])
        rows = [(_listed(symbols), *said) for said, symbols in alike.items()]
        out.table("Not served", ("symbol", "provider", "what", "served instead by", "message"), rows[:_SHOWN])
        _say_rest(out, len(rows), "failure")


def _listed(symbols: Sequence[str]) -> str:
    more = len(symbols) - _NAMED
    return ", ".join(symbols[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _say_rest(out: Output, count: int, what: str) -> None:
    if count > _SHOWN:
        out.say(f"... and {counted(count - _SHOWN, f'more {what}')}: `--json` has them all.")


def say_verdict(out: Output, outcomes: Sequence[OutcomeJson]) -> None:
    """Say in one sentence whether all that runs were to bring is there, and when the rest is asked again."""
    out.say(*_verdict(outcomes))


def _verdict(outcomes: Sequence[OutcomeJson]) -> tuple[str, str]:
    missing = sum(outcome["unexplained_missing"] for outcome in outcomes)
    if not missing:
        return "Complete: every expected candle is stored, or missing for a known reason.", "green"
    series = [one for outcome in outcomes for one in outcome["series"]]
    open_ = [gap for one in series for gap in one["gaps"] if not GapReason(gap["reason"]).explains]
    due = min((gap["next_check_at"] for gap in open_), default="")
    again = f"asked again by a run after {due[:16].replace('T', ' ')} UTC" if due else "asked by the next run"
    what = counted(missing, "expected candle is", "expected candles are")
    return f"{what} missing without an explanation; {'it is' if missing == 1 else 'they are'} {again}.", "red"


def _counts(counts: Mapping[str, int], label: str = "") -> str:
    return label + ", ".join(f"{_words(name)} {count:,}" for name, count in counts.items()) if counts else ""


def _words(name: str) -> str:
    return name.replace("_", " ")
