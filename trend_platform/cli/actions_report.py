"""Corporate actions as people read them: what is known of each and who disputes it, and what a refresh did."""

from collections.abc import Sequence

import polars as pl

from trend_platform.cli.output import Output
from trend_platform.domain.actions import ActionKind
from trend_platform.domain.instruments import Instrument
from trend_platform.ingest.action_outcome import ActionsOutcome
from trend_platform.ingest.keeping import DISPUTES
from trend_platform.ingest.workshop import Workshop
from trend_platform.wording import counted

Row = dict[str, object]

# Disputes that are shown are looked for among so many of the last ones.
_REMEMBERED = 2000
_SHOWN = 15


def action_rows(workshop: Workshop, instruments: Sequence[Instrument], kind: ActionKind | None) -> list[Row]:
    """Return what is known, newest first: the columns of the action frame, `symbol`, `what` and `disputed`."""
    names = {one.instrument_id: one.symbol for one in instruments}
    known = workshop.storage.actions.of(sorted(names))
    wanted = known if kind is None else known.filter(pl.col("kind") == kind.value)
    disputed = _disputes(workshop)
    rows = []
    for row in wanted.sort("ex_date", "instrument_id", "kind", descending=[True, False, False]).iter_rows(named=True):
        key = (row.pop("instrument_id"), row["kind"], row["ex_date"].isoformat())
        rows.append({"symbol": names[key[0]], **row, "what": what(row), "disputed": disputed.get(key, "")})
    return rows


def what(action: Row) -> str:
    """Return what one action says: `4 for 1`, `0.24 USD`, `was FB`."""
    ratio, amount = action["ratio"], action["amount"]
    if isinstance(ratio, float):
        return f"{ratio:g} for 1" if ratio >= 1 else f"1 for {1 / ratio:g}"
    if isinstance(amount, float):
        return f"{amount:g} {action['currency'] or ''}".rstrip()
    return f"was {action['detail']}" if action["kind"] == ActionKind.SYMBOL_CHANGE.value else str(action["detail"])


def show_outcome(out: Output, outcome: ActionsOutcome) -> None:
    """Write what a refresh did."""
    told = " and ".join(counted(count, kind.value) for kind, count in outcome.told.items()) or "nothing"
    out.say(
        f"{counted(outcome.instruments, 'share')}: {told} told, {outcome.added.height:,} new or changed, "
        f"{outcome.removed.height:,} withdrawn, {counted(outcome.disputes.height, 'dispute')}.",
        "bold",
    )
    columns = ("kind", "ex_date", "provider", "value", "other", "other_date", "other_value")
    if outcome.disputes.height:
        out.table("Who disagrees", columns, outcome.disputes.select(columns).head(_SHOWN).rows())
    failed = [(one.provider, one.symbol, one.kind, one.message) for one in outcome.failures]
    if failed:
        out.table("Not told", ("provider", "what", "kind", "message"), failed)
    for kind, count in outcome.untold.items():
        if count:
            out.say(f"Nobody at hand told {kind.value}s of {counted(count, 'share')}.", "yellow")
    if outcome.series_written:
        out.say(
            f"{counted(outcome.series_written, 'hot series', 'hot series')} written anew; stored prices were not touched."
        )


def _disputes(workshop: Workshop) -> dict[tuple[int | None, object, object], str]:
    found: dict[tuple[int | None, object, object], str] = {}
    for one in workshop.storage.metrics.latest(DISPUTES, _REMEMBERED):
        said = one.details
        day, value = said["other_date"], said["other_value"]
        words = f"{said['other']}: {value:g} on {day}" if isinstance(value, float) else f"not told by {said['other']}"
        found.setdefault((one.instrument_id, said["kind"], said["ex_date"]), words)
    return found
