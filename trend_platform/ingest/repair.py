"""Repairing gaps: what is due is planned, shown with its cost, asked again on record, and can be taken back.

The use cases behind `trend gaps repair` and `trend gaps undo`. A repair is ordinary runs over a market that keeps what they
change; it asks for nothing but the gaps it was planned for.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import orjson
import polars as pl

from trend_platform.domain.coverage import GapReason
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval, Spans, midnight
from trend_platform.domain.ranges import HISTORICAL_RANGES
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import TrendError
from trend_platform.ingest.gaps import GapSelection, detect
from trend_platform.ingest.needs import Wanted
from trend_platform.ingest.outcome import Outcome
from trend_platform.ingest.plan import Plan
from trend_platform.ingest.prepare import prepare
from trend_platform.ingest.run import plan_as_dict, run
from trend_platform.ingest.series import refresh_series
from trend_platform.ingest.tally import OnProgress
from trend_platform.ingest.workshop import Workshop
from trend_platform.quality.gaps import NEVER_ASKED
from trend_platform.storage.repairs import RepairState, Undone

REPAIRABLE: Final = GapSelection(reasons=tuple(reason.value for reason in GapReason))
"""What is repaired without being told to: what somebody was asked for. What was never asked is for a person to want."""


@dataclass(frozen=True, slots=True)
class RepairPart:
    """What a repair asks of the series of one timeframe.

    Attributes:
        wanted: The spans.
        plan: The calls.
    """

    wanted: Wanted
    plan: Plan


@dataclass(frozen=True, slots=True, eq=False)
class RepairPlan:
    """What a repair will ask.

    Attributes:
        gaps: The gaps that are due, as in `Gaps.gaps`; with a limit of calls, some of them may have to wait.
        waiting: How many gaps of the selection are not due yet.
        parts: What is asked, by timeframe.
        cut: How many calls more it would take to ask for all that is due.
    """

    gaps: pl.DataFrame
    waiting: int
    parts: tuple[RepairPart, ...]
    cut: int = 0

    @property
    def calls(self) -> int:
        """Return how many calls it takes."""
        return sum(call.calls for part in self.parts for call in part.plan.calls)

    @property
    def candles(self) -> int:
        """Return how many candles the calendars expect from them."""
        return sum(part.plan.candles for part in self.parts)

    @property
    def minutes(self) -> float:
        """Return how long the slowest provider takes, timeframe after timeframe, in minutes."""
        return sum(max((one.minutes for one in part.plan.estimates), default=0.0) for part in self.parts)

    def as_dict(self) -> dict[str, object]:
        """Return the plan as plain values."""
        by_length = {part.wanted.timeframe.value: plan_as_dict(part.plan) for part in self.parts}
        return {"gaps": self.gaps.height, "calls": self.calls, "candles": self.candles, "plans": by_length}


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a repair did.

    Attributes:
        repair_id: Its number, with which it can be undone.
        outcomes: The account of each timeframe.
    """

    repair_id: int
    outcomes: Sequence[Outcome]

    @property
    def calls(self) -> Mapping[str, int]:
        """Return the calls made, by provider."""
        total: Counter[str] = Counter()
        for outcome in self.outcomes:
            total.update(outcome.calls)
        return total

    @property
    def unexplained(self) -> int:
        """Return how many of the asked candles are still missing without an explanation."""
        return sum(outcome.unexplained_missing for outcome in self.outcomes)


def plan_repair(
    workshop: Workshop, selection: GapSelection, most_calls: int | None = None, *, is_forced: bool = False
) -> RepairPlan:
    """Plan to ask again for the gaps of a selection that are due; nothing is asked.

    Args:
        workshop: The ports.
        selection: Which gaps.
        most_calls: How many calls it may take; the newest candles come first then.
        is_forced: Whether gaps that are believed or were asked for a moment ago are asked for as well.

    Raises:
        UsageError: No provider is at hand, or a symbol is not in the universe.
        PlanRefused: It cannot finish within the policy's limits.
    """
    found = detect(workshop, selection)
    is_due = (pl.col("reason") == NEVER_ASKED) | (pl.col("next_check_at") <= found.at) | pl.lit(is_forced)
    due = found.gaps.filter(is_due)
    known = {one.instrument_id: one for one in workshop.select(selection.symbols)}
    parts = [
        _part(workshop, _wanted(workshop, length, spans, known, is_forced=is_forced))
        for length, spans in _spans(due).items()
    ]
    plan = RepairPlan(due, found.gaps.height - due.height, tuple(parts))
    if most_calls is None or plan.calls <= most_calls:
        return plan
    fitting = [_part(workshop, wanted) for wanted in _fitting(plan, most_calls)]
    fitted = replace(plan, parts=tuple(fitting))
    return replace(fitted, cut=plan.calls - fitted.calls)


async def repair(workshop: Workshop, plan: RepairPlan, on_progress: OnProgress | None = None) -> Repaired:
    """Ask for what was planned, on record, and make the series of the repaired instruments hot for readers.

    Raises:
        UnavailableError: The database went away; what was stored before stays on record and can be undone.
    """
    repairs, clock = workshop.storage.repairs, workshop.clock
    repair_id = repairs.start(orjson.dumps(plan.as_dict()).decode(), clock.now())
    market = workshop.storage.market.recording(repair_id)
    recording = replace(workshop, storage=replace(workshop.storage, market=market))
    outcomes: list[Outcome] = []
    try:
        for part in plan.parts:
            outcomes.append(await run(recording, part.wanted, "repair", on_progress))  # noqa: PERF401  those before a failure count
    except TrendError:
        done = Repaired(repair_id, outcomes)
        repairs.finish(repair_id, RepairState.FAILED, sum(done.calls.values()), clock.now())
        raise
    done = Repaired(repair_id, outcomes)
    repairs.finish(repair_id, RepairState.DONE, sum(done.calls.values()), clock.now())
    for part in plan.parts:
        if part.wanted.timeframe is Timeframe.D1:
            refresh_series(workshop, part.wanted.instruments, HISTORICAL_RANGES)
    return done


def calls_left(workshop: Workshop, calls_per_day: int) -> int:
    """Return how many of the calls that repairs may make in a day (UTC) are left of this one."""
    today = midnight(workshop.clock.now().date())
    return max(0, calls_per_day - workshop.storage.repairs.calls_since(today))


def count_due(workshop: Workshop) -> int:
    """Return how many gaps would be repaired now without being told to.

    Raises:
        UsageError: The universe is empty.
        UnavailableError: The database does not answer.
    """
    found = detect(workshop, REPAIRABLE)
    return found.gaps.filter(pl.col("next_check_at") <= found.at).height


def undo(workshop: Workshop, repair_id: int) -> Undone:
    """Take a repair back: candles, revisions and ledgers; readers read the database until their series are hot again.

    Raises:
        UsageError: There is none of that number, it is undone, or somebody has changed its candles since.
    """
    instruments = workshop.storage.universe.instruments()
    undone = workshop.storage.repairs.undo(repair_id, instruments, workshop.clock.now())
    workshop.cache.forget([one.symbol for one in instruments])
    return undone


def _spans(due: pl.DataFrame) -> dict[Timeframe, dict[int, Spans]]:
    columns = ("instrument_id", "start_at", "end_at")
    return {
        Timeframe(length): {
            one: Spans.of(Interval(start, end) for _, start, end in mine.iter_rows())
            for (one,), mine in part.select(columns).partition_by("instrument_id", as_dict=True).items()
        }
        for (length,), part in due.partition_by("timeframe", as_dict=True).items()
    }


def _wanted(
    workshop: Workshop,
    length: Timeframe,
    spans: Mapping[int, Spans],
    known: Mapping[int, Instrument],
    *,
    is_forced: bool,
) -> Wanted:
    instruments = tuple(known[one] for one in spans)
    return Wanted(instruments, length, (), workshop.clock.now().date(), refresh=is_forced, parts=spans)


def _part(workshop: Workshop, wanted: Wanted) -> RepairPart:
    return RepairPart(wanted, prepare(workshop, wanted).plan)


def _fitting(plan: RepairPlan, most_calls: int) -> list[Wanted]:
    # The newest calls that fit; one that is too large by itself keeps nobody else from being asked.
    left, fitting = most_calls, []
    for part in plan.parts:
        chosen: dict[int, Spans] = {}
        for call in sorted(part.plan.calls, key=lambda call: call.request.interval, reverse=True):
            if call.calls <= left:
                left -= call.calls
                for one in call.request.instruments:
                    asked = Spans((call.request.interval,)) & part.wanted.parts.get(one.instrument_id, Spans())
                    chosen[one.instrument_id] = chosen.get(one.instrument_id, Spans()) | asked
        instruments = tuple(one for one in part.wanted.instruments if one.instrument_id in chosen)
        if instruments:
            fitting.append(replace(part.wanted, instruments=instruments, parts=chosen))
    return fitting
