"""Taking turns: which of many instruments one run asks for by name, when a run may ask for few."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from trend_platform.domain.instruments import Instrument
from trend_platform.ingest.due import slot_of
from trend_platform.ingest.workshop import Workshop

Member = TypeVar("Member")


def chosen_or_in_turn(
    workshop: Workshop, symbols: Sequence[str], at_once: int, every: timedelta
) -> tuple[Instrument, ...]:
    """Return the instruments of these symbols; of none, `at_once` of those that people look at, in turns; of no list, of all.

    Raises:
        UsageError: A symbol is not in the universe.
    """
    if symbols:
        return workshop.select(symbols)
    known = workshop.storage.interests.active() or workshop.storage.universe.instruments()
    return whose_turn(known, at_once, workshop.clock.now(), every)


def whose_turn(members: Sequence[Member], at_once: int, now: datetime, every: timedelta) -> tuple[Member, ...]:
    """Return `at_once` of the members, others in each stretch of `every`, so that all have their turn in equal measure.

    Nothing is remembered: the stretch decides. Of few members all have their turn always.
    """
    if len(members) <= at_once:
        return tuple(members)
    turn = int(slot_of(now, every).timestamp() // every.total_seconds())
    first = turn * at_once % len(members)
    return tuple((*members[first:], *members[:first])[:at_once])
