"""Incidents: what is wrong now is held against what is known to be wrong; people are told once when it begins and once when it ends.

What is told is kept in the database, so that a restart forgets nothing and a channel that is down loses nothing. What can be
wrong with the market's data is found in `troubles`; who is told is a `Messenger`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from trend_platform.ingest.troubles import Trouble, grace_of, market_troubles
from trend_platform.ingest.workshop import Workshop
from trend_platform.storage.realtime import Incident
from trend_platform.wording import counted

__all__ = ["Messenger", "Reviewed", "Trouble", "market_troubles", "review"]

# No instrument has this number: whoever holds its lock is the only one to review.
_ONE_REVIEW_AT_A_TIME = 0


class Messenger(Protocol):
    """Tells people something over the channels they chose."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Return the names of the channels; none if nobody is to be told."""
        ...

    def tell(self, title: str, body: str) -> tuple[str, ...]:
        """Send a message to every channel; return the names of those that did not take it. Raise nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What one review found and did.

    Attributes:
        opened: Incidents that began with this review.
        closed: Incidents that are over; if somebody was told of them, somebody was told that they are over.
        ongoing: Incidents that were known and go on.
        undelivered: Incidents of which no channel took the message that is due; it is tried again at the next review.
        failed_channels: Channels that did not take a message.
    """

    opened: tuple[Incident, ...] = ()
    closed: tuple[Incident, ...] = ()
    ongoing: tuple[Incident, ...] = ()
    undelivered: tuple[Incident, ...] = ()
    failed_channels: tuple[str, ...] = ()


def review(
    workshop: Workshop, troubles: Sequence[Trouble], tell: Messenger, quiet: timedelta = timedelta(0)
) -> Reviewed:
    """Open, continue and close incidents, and tell people what they do not know yet.

    Each trouble is told once, when it has lasted `quiet` and its own grace, and once more when it is over. A message counts
    as delivered when one channel took it; one that nobody took stays due. A second reviewer waits for the first.

    Args:
        workshop: The ports.
        troubles: All that is wrong now, one per key; an open incident that is not among them is over.
        tell: The channels.
        quiet: How long anything must be wrong before anybody is told.

    Raises:
        UnavailableError: The database went away; nothing was told that is not recorded, save for the message under way.
    """
    incidents = workshop.storage.incidents
    with workshop.storage.market.begin(run_id=0) as turn:
        turn.lock([_ONE_REVIEW_AT_A_TIME])
        now = workshop.clock.now()
        known = {one.key: one for one in incidents.unfinished()}
        wrong = {one.key: one for one in troubles}
        opened = [Incident(one.key, one.summary, now, now) for key, one in wrong.items() if key not in known]
        ongoing = [replace(one, last_seen_at=now) for key, one in known.items() if key in wrong]
        # Kept before anybody is told: a message that is lost with the process is sent again, not forgotten.
        incidents.save([*opened, *ongoing])
        desk = _Desk(workshop, tell, quiet, now)
        told = [desk.begin(one) for one in (*opened, *ongoing)]
        over = [desk.end(one) for key, one in known.items() if key not in wrong]
    return Reviewed(
        tuple(told[: len(opened)]),
        tuple(one for one in over if one.closed_at),
        tuple(told[len(opened) :]),
        tuple(desk.undelivered),
        tuple(dict.fromkeys(desk.failed_channels)),
    )


class _Desk:
    # Sends what is due at one instant, and keeps what became of it message by message.
    def __init__(self, workshop: Workshop, tell: Messenger, quiet: timedelta, now: datetime) -> None:
        self._incidents, self._tell, self._quiet, self._now = workshop.storage.incidents, tell, quiet, now
        self.undelivered: list[Incident] = []
        self.failed_channels: list[str] = []

    def begin(self, incident: Incident) -> Incident:
        if incident.told_at or not self._was_due(incident) or not self._tell.channels:
            return incident
        if not self._delivered(incident, f"Wrong: {incident.key}", _beginning(incident)):
            return incident
        return self._keep(replace(incident, told_at=self._now))

    def end(self, incident: Incident) -> Incident:
        # Of what nobody was told in time people learn all the same, unless it never lasted long enough to be told.
        is_news = incident.told_at is not None or self._was_due(incident)
        if (
            is_news
            and self._tell.channels
            and not self._delivered(incident, f"Over: {incident.key}", _ending(incident))
        ):
            return incident
        return self._keep(replace(incident, closed_at=self._now))

    def _was_due(self, incident: Incident) -> bool:
        return incident.last_seen_at - incident.opened_at >= max(self._quiet, grace_of(incident.key))

    def _delivered(self, incident: Incident, title: str, body: str) -> bool:
        failed = self._tell.tell(title, body)
        self.failed_channels += failed
        if len(failed) < len(self._tell.channels):
            return True
        self.undelivered.append(incident)
        return False

    def _keep(self, incident: Incident) -> Incident:
        self._incidents.save([incident])
        return incident


def _beginning(incident: Incident) -> str:
    return f"{incident.summary}\n\nFirst seen {_at(incident.opened_at)}. You will be told when it is over."


def _ending(incident: Incident) -> str:
    lasted = _in_words(incident.last_seen_at - incident.opened_at)
    seen = f"It lasted {lasted}: seen from {_at(incident.opened_at)} to {_at(incident.last_seen_at)}."
    before = "" if incident.told_at else " No channel took the message when it began."
    return f"This is over: {incident.summary}\n\n{seen}{before}"


def _at(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"


def _in_words(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    words = [counted(count, unit) for count, unit in ((days, "day"), (hours, "hour"), (minutes, "minute")) if count]
    return " ".join(words[:2]) or "less than a minute"
