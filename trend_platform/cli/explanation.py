"""What is known of one candle, as people and programs read it: the answer first, then the evidence."""

from collections.abc import Sequence
from dataclasses import asdict

import polars as pl
from polars import selectors

from trend_platform.cli.output import Output
from trend_platform.cli.prices import say_simulated
from trend_platform.ingest.explain import Explanation
from trend_platform.ingest.import_source import sources_of
from trend_platform.ingest.outcome import gap_as_dict
from trend_platform.ingest.provenance import Provenance
from trend_platform.storage.base import PriceKind
from trend_platform.storage.repairs import Repair
from trend_platform.wording import counted

_FILES = 5
_PRICES = ("open", "high", "low", "close", "volume")


def explanation_json(known: Explanation, kind: PriceKind) -> dict[str, object]:
    """Return an explanation as plain values."""
    span = known.span
    return {
        "prices": kind.value,
        "symbol": known.instrument.symbol,
        "timeframe": known.timeframe.value,
        "opened_at": known.opened_at.isoformat(),
        "verdict": known.verdict,
        "calendar": known.calendar_says,
        "candle": _one(known.candle),
        "rolled": _one(known.rolled),
        "gap": known.gap and gap_as_dict(known.gap),
        "asked": span
        and {
            "start": span.interval.start.isoformat(),
            "end": span.interval.end.isoformat(),
            "provider": span.provider,
            "asked_at": span.asked_at.isoformat(),
        },
        **_provenance_json(known.provenance),
        "rules": {
            "passed": list(known.judged.passed),
            "warned": list(known.judged.warned),
            "broken": dict(known.judged.broken),
        },
        "revisions": known.revisions.to_dicts(),
        "repairs": [_repair_json(one) for one in known.repairs],
        "quarantined": known.quarantined.to_dicts(),
        "adjusted": {basis.value: _one(candle) for basis, candle in known.adjusted.items()},
        "splits": known.splits.to_dicts(),
        "dividends": known.dividends.to_dicts(),
    }


def show_explanation(out: Output, known: Explanation, kind: PriceKind) -> None:
    """Show an explanation."""
    name = f"{known.instrument.symbol} {known.timeframe} {known.opened_at:%Y-%m-%d %H:%M} UTC"
    out.say(f"{name}: {known.verdict}", "bold")
    if known.calendar_says not in known.verdict:
        out.say(f"Calendar: {known.calendar_says}.")
    if span := known.span:
        out.say(f"Asked: {span.provider} answered for {span.interval} on {span.asked_at:%Y-%m-%d %H:%M} UTC.")
    _say_provenance(out, known.provenance)
    if gap := known.gap:
        until = f"{gap.next_check_at:%Y-%m-%d %H:%M}"
        out.say(f"Gap: {counted(gap.missing, 'candle')} in {gap.interval}; asked again from {until} UTC on.")
    _say_rules(out, known)
    for repair in known.repairs:
        out.say(f"Repair {repair.repair_id}: begun {repair.started_at:%Y-%m-%d %H:%M} UTC, {repair.state.value}.")
    _frame(out, "Candle", known.candle, ("basis", *_PRICES, "is_final"))
    _frame(out, "Rolled up", known.rolled, ("source", *_PRICES, "basis", "parts", "expected"))
    _frame(
        out, "Old values, times in UTC", known.revisions, ("fetched_at", *_PRICES, "provider", "revised_at", "run_id")
    )
    _frame(out, "Set aside", known.quarantined, ("rule", "reason", "provider", "payload"))
    _show_adjusted(out, known)
    say_simulated(out, kind)


def _say_provenance(out: Output, brought: Provenance) -> None:
    if brought.runs:
        runs = ", ".join(f"{one.run_id} ({one.kind})" for one in brought.runs)
        out.say(f"Under way then: run {runs}.")
    for source in sources_of(brought.runs):
        told = ", ".join(f"{field} from {column}" for field, column in source.columns.items())
        out.say(f"Imported as {source.provider}, {source.basis} prices{f', {told}' if told else ''}:")
        for file in source.files[:_FILES]:
            out.say(f"  {file.name}, {file.size:,} bytes, sha256 {file.sha256}")
        if len(source.files) > _FILES:
            out.say(f"  and {counted(len(source.files) - _FILES, 'more file')}; `--json` has them all")
    for asked in brought.requests:
        route = asked.route.value.replace("_", " ") if asked.route else "splits"
        many = counted(len(asked.symbols), "symbol")
        out.say(
            f"Request: {asked.provider}, {route}, {many}, {asked.interval}, {asked.asked_at:%Y-%m-%d %H:%M:%S} UTC."
        )
    for kept in brought.answers:
        out.say(f"Answer: {kept.status} for {kept.url}, archived as {kept.digest}.")


def _say_rules(out: Output, known: Explanation) -> None:
    rules = known.judged
    if not known.candle.height:
        return
    warned = f", remarked on by {', '.join(rules.warned)}" if rules.warned else ""
    out.say(f"Rules: {counted(len(rules.passed), 'rule')} passed{warned}.")
    for rule, reason in rules.broken.items():
        out.say(f"Today {rule} would set it aside: {reason}.", "yellow")


def _show_adjusted(out: Output, known: Explanation) -> None:
    if not known.splits.height and not known.dividends.height:
        return
    for split in known.splits.iter_rows(named=True):
        out.say(f"Split: {split['ratio']:g} for 1 on {split['ex_date']} ({split['provider']}).")
    for paid in known.dividends.iter_rows(named=True):
        factor = "not taken off: no fitting close before" if paid["factor"] is None else f"factor {paid['factor']:.8f}"
        money = paid["currency"] or ""
        out.say(f"Dividend: {paid['amount']:g} {money} on {paid['ex_date']} ({paid['provider']}), {factor}.")
    rows = pl.concat(known.adjusted.values())
    _frame(out, "Adjusted", rows, ("basis", *_PRICES))


def _one(frame: pl.DataFrame) -> dict[str, object] | None:
    return next(iter(frame.to_dicts()), None)


def _provenance_json(brought: Provenance) -> dict[str, object]:
    return {
        "runs": [
            {"run_id": one.run_id, "kind": one.kind, "status": one.status, "started_at": one.started_at.isoformat()}
            for one in brought.runs
        ],
        "sources": [asdict(one) for one in sources_of(brought.runs)],
        "requests": [
            {
                "provider": asked.provider,
                "route": asked.route and asked.route.value,
                "symbols": list(asked.symbols),
                "start": asked.interval.start.isoformat(),
                "end": asked.interval.end.isoformat(),
                "asked_at": asked.asked_at.isoformat(),
            }
            for asked in brought.requests
        ],
        "answers": [
            {"url": kept.url, "status": kept.status, "asked_at": kept.asked_at.isoformat(), "sha256": kept.digest}
            for kept in brought.answers
        ],
    }


def _repair_json(repair: Repair) -> dict[str, object]:
    return {
        "repair_id": repair.repair_id,
        "state": repair.state.value,
        "started_at": repair.started_at.isoformat(),
        "undone_at": repair.undone_at and repair.undone_at.isoformat(),
    }


def _frame(out: Output, title: str, frame: pl.DataFrame, columns: Sequence[str]) -> None:
    if frame.height:
        times = selectors.datetime().dt.strftime("%Y-%m-%d %H:%M")
        out.table(title, columns, frame.select(columns).with_columns(times).rows())
