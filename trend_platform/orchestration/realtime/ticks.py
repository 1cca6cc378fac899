"""What a tick decides: who is refreshed now, or why nobody is. Pure; it loads calendars, so it loads with the first tick.

A slot that was missed is not made up run by run: the next tick asks once, for whatever traded since the last slot served.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from trend_platform.domain.instruments import Instrument
from trend_platform.ingest.due import describe, due, slot_of
from trend_platform.orchestration.realtime.keys import Loop
from trend_platform.orchestration.realtime.slots import Memory, stamp

LOOK_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Request:
    """One refresh.

    Attributes:
        run_key: Unique to the slot, or to the minute in which instruments became active between slots.
        traded_since: Active instruments whose market was open since then are refreshed; `None` for none of them.
        newcomers: Symbols that became active since the last look; refreshed whether their market is open or not.
    """

    run_key: str
    traded_since: datetime | None
    newcomers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a tick came to.

    Attributes:
        request: The one refresh to launch, if any.
        reason: Why none is.
        memory: What to remember once that is done.
    """

    request: Request | None
    reason: str
    memory: Memory


def decide(loop: Loop, memory: Memory, now: datetime, active: Sequence[Instrument]) -> Decision:
    """Return what to do at `now` for the active instruments.

    Raises:
        UsageError: A calendar is not known, or not as far as `now`.
    """
    slot, minute = slot_of(now, loop.slot), slot_of(now, LOOK_EVERY)
    kept = Memory(slot, minute, frozenset(one.instrument_id for one in active))
    newcomers = tuple(one.symbol for one in active if one.instrument_id not in memory.known)
    is_new_slot = slot != memory.served
    since = min(slot - loop.slot, memory.served or slot)
    found = due(active, slot, slot - since)
    if not (is_new_slot and found.open) and not newcomers:
        reason = (
            describe(found, now)
            if is_new_slot
            else f"nobody became active; the next slot begins at {stamp(slot + loop.slot)}"
        )
        return Decision(None, reason, kept)
    if not is_new_slot:
        return Decision(Request(f"{loop.name}:{stamp(minute)}:new", None, newcomers), "", kept)
    everyone = len(newcomers) == len(active)
    request = Request(f"{loop.name}:{stamp(slot)}", None if everyone else since, () if everyone else newcomers)
    return Decision(request, "", kept)
