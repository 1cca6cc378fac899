"""A look at what the minute loop keeps: how fresh it is by each market's hours, and whether anybody is told when it is not."""

from collections.abc import Iterator

from trend_platform.cli.findings import Finding, note, ok
from trend_platform.cli.freshness_report import NOTHING_LISTED, freshness_row, look_at_freshness
from trend_platform.cli.session import Session
from trend_platform.wording import counted


def look_at_minutes(session: Session) -> Iterator[Finding]:
    """Yield what is found; nothing here keeps other work from being done, so nothing is broken."""
    yield from _fresh(session)
    channels = len(session.settings.alerts.urls)
    if channels:
        yield ok(
            "alerts", f"{counted(channels, 'channel')}; `trend alerts test` tries {'it' if channels == 1 else 'them'}"
        )
    else:
        yield note("alerts", "nobody is told of incidents: set alerts.urls; `trend alerts list` shows them")


def _fresh(session: Session) -> Iterator[Finding]:
    report = look_at_freshness(session)
    if report.unknown:
        yield note("freshness", f"cannot be told: {report.unknown}")
    elif not report.findings:
        yield note("freshness", NOTHING_LISTED)
    for what, found in report.kinds().items():
        name, state, stale, looked_at, which = freshness_row(what, found)
        yield (
            note(name, f"{stale:,} of {looked_at:,} stale: {which}")
            if stale
            else ok(name, f"{state}, all {looked_at:,}")
        )
