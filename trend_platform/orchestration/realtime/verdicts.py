"""The verdict on freshness: rows in, the result of a check out, in the three shapes Dagster takes it.

Computed from rows alone, so it is the same whoever asks: a run at its end, the alert sensor, or a person on the asset's page.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import dagster as dg

from trend_platform.ingest.freshness import Freshness, What, freshness, instant_words, sentence
from trend_platform.ingest.workshop import Workshop
from trend_platform.orchestration.realtime.keys import (
    HOURLY_CANDLES,
    HOURLY_CANDLES_ARE_FRESH,
    LATEST_PRICES,
    LATEST_PRICES_ARE_FRESH,
)
from trend_platform.orchestration.tables import cut, markdown

_SHOWN = 20
_LOOKS_AT = {LATEST_PRICES_ARE_FRESH: What.LATEST_PRICE, HOURLY_CANDLES_ARE_FRESH: What.HOURLY_CANDLES}
_ASSETS = {LATEST_PRICES_ARE_FRESH: LATEST_PRICES, HOURLY_CANDLES_ARE_FRESH: HOURLY_CANDLES}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one kind of data is fresh.

    Attributes:
        check: The check it answers.
        found: How fresh each active instrument is.
    """

    check: str
    found: tuple[Freshness, ...]

    @property
    def stale(self) -> tuple[Freshness, ...]:
        """Return what is stale."""
        return tuple(one for one in self.found if one.is_stale)

    @property
    def severity(self) -> dg.AssetCheckSeverity:
        """Return an error where nothing that is expected is fresh, else a warning."""
        expected = sum(one.expected_at is not None for one in self.found)
        is_all = bool(self.stale) and len(self.stale) == expected
        return dg.AssetCheckSeverity.ERROR if is_all else dg.AssetCheckSeverity.WARN

    @property
    def metadata(self) -> Mapping[str, dg.MetadataValue]:
        """Return the counts, and the stale ones where there are any: a verdict comes every minute, so it is short."""
        counts = {"stale": dg.MetadataValue.int(len(self.stale)), "looked at": dg.MetadataValue.int(len(self.found))}
        return {**counts, "what is stale": dg.MetadataValue.md(stale_table(self.stale))} if self.stale else counts


def verdicts(workshop: Workshop) -> tuple[Verdict, ...]:
    """Return the verdicts on all active instruments, from rows.

    Raises:
        UnavailableError: The database went away.
    """
    found = freshness(workshop, workshop.storage.interests.active())
    return tuple(Verdict(check, tuple(one for one in found if one.what is what)) for check, what in _LOOKS_AT.items())


def look(workshop: Workshop, check: str) -> Verdict:
    """Return the verdict of one check."""
    return next(one for one in verdicts(workshop) if one.check == check)


def as_result(verdict: Verdict) -> dg.AssetCheckResult:
    """Return the verdict as a check's own step returns it."""
    return dg.AssetCheckResult(
        passed=not verdict.stale,
        severity=verdict.severity,
        description=sentence(verdict.found),
        metadata=verdict.metadata,
    )


def as_event(verdict: Verdict) -> dg.AssetCheckEvaluation:
    """Return the verdict as an event that a run or a sensor reports."""
    return dg.AssetCheckEvaluation(
        asset_key=_ASSETS[verdict.check],
        check_name=verdict.check,
        passed=not verdict.stale,
        severity=verdict.severity,
        description=sentence(verdict.found),
        metadata=verdict.metadata,
    )


def stale_table(stale: tuple[Freshness, ...]) -> str:
    """Return what is stale as a table: the first ones, and how many there are beyond them."""
    rows = [
        (one.symbol, instant_words(one.expected_at), instant_words(one.found_at), one.reason) for one in stale[:_SHOWN]
    ]
    return cut(markdown(("symbol", "expected", "found", "reason"), rows), len(stale), _SHOWN)
