"""How fresh what is kept by the minute is, by kind: how many are stale, and which. Computed from rows; nothing is asked."""

from collections.abc import Sequence
from dataclasses import dataclass

from trend_platform.cli.output import Output
from trend_platform.cli.session import Session
from trend_platform.errors import ConfigurationError, ProviderError, TrendError
from trend_platform.ingest.freshness import Freshness, What, freshness, worst
from trend_platform.providers.base import Provider

NOTHING_LISTED = "No list holds anything, so nothing is kept fresh: `trend overview add SPY BTC-USD`."

# So many stale symbols of a kind are named; JSON has them all.
_NAMED = 8


@dataclass(frozen=True, slots=True)
class FreshnessReport:
    """What was found.

    Attributes:
        findings: One per instrument that people look at and kind of data; none where nothing was looked at.
        unknown: Why nothing can be said; empty where it can.
    """

    findings: tuple[Freshness, ...] = ()
    unknown: str = ""

    @property
    def stale(self) -> tuple[Freshness, ...]:
        """Return what is older than it should be."""
        return tuple(one for one in self.findings if one.is_stale)

    def kinds(self) -> dict[What, list[Freshness]]:
        """Return the findings by kind of data."""
        return {what: [one for one in self.findings if one.what is what] for what in What} if self.findings else {}

    def as_dict(self) -> dict[str, object]:
        """Return it as plain values; what is fresh is only counted."""
        return {
            "unknown": self.unknown or None,
            "looked_at": len(self.findings),
            "stale": [
                {
                    "what": one.what.value,
                    "symbol": one.symbol,
                    "expected_at": one.expected_at and one.expected_at.isoformat(),
                    "found_at": one.found_at and one.found_at.isoformat(),
                    "reason": one.reason,
                }
                for one in self.stale
            ],
        }


def look_at_freshness(session: Session) -> FreshnessReport:
    """Look at everything on a watchlist, in a portfolio or on the overview; a database that is away is no error here."""
    try:
        return _look(session, None)
    except (ConfigurationError, ProviderError):
        # A provider that lacks its key is another finding's; without any at hand everything is expected.
        return _look_as_reader(session)
    except TrendError as error:
        return FreshnessReport(unknown=str(error))


def _look_as_reader(session: Session) -> FreshnessReport:
    try:
        return _look(session, ())
    except TrendError as error:
        return FreshnessReport(unknown=str(error))


def _look(session: Session, ready: tuple[Provider, ...] | None) -> FreshnessReport:
    with session.workshop(ready=ready) as workshop:
        return FreshnessReport(freshness(workshop, workshop.storage.interests.active()))


def show_freshness(out: Output, report: FreshnessReport) -> None:
    """Show each kind of data in a line: whether it is fresh, how much of it is stale, whose, and why."""
    if report.unknown:
        out.say(f"How fresh prices are cannot be told: {report.unknown}", "yellow")
    elif not report.findings:
        out.say(NOTHING_LISTED, "yellow")
    else:
        rows = [freshness_row(what, found) for what, found in report.kinds().items()]
        styles = ["yellow" if row[2] else "" for row in rows]
        out.table("", ("kept fresh", "state", "stale", "of", "which, and why the worst"), rows, styles)


def freshness_row(what: What, found: Sequence[Freshness]) -> tuple[str, str, int, int, str]:
    """Return the cells of one kind: its name, `fresh` or `stale`, how many are stale, of how many, which and why the worst."""
    first = worst(found)
    if first is None:
        return what.words, "fresh", 0, len(found), ""
    stale = [first.symbol, *(one.symbol for one in found if one.is_stale and one is not first)]
    named = ", ".join(stale[:_NAMED]) + (f" and {len(stale) - _NAMED:,} more" if len(stale) > _NAMED else "")
    return what.words, "stale", len(stale), len(found), f"{named} ({first.symbol}: {first.reason})"
