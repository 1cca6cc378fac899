"""The outcome: the honest account of what a run asked, stored, corrected, explained and left missing.

Two sums always hold, and `Outcome.adds_up` says so: every row received was stored, unchanged or set aside; every candle
the calendar expects in the wanted days is stored or missing, with or without an explanation.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from trend_platform.domain.coverage import Gap, GapReason
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.base import PriceKind, Upsert


@dataclass(frozen=True, slots=True)
class Failure:
    """One instrument that a provider did not serve.

    Attributes:
        symbol: The instrument.
        provider: Who was asked.
        kind: The error's class, such as `Transient`.
        message: What it said.
        served_by: Who served it instead; empty if nobody did.
    """

    symbol: str
    provider: str
    kind: str
    message: str
    served_by: str = ""


@dataclass(frozen=True, slots=True)
class SeriesAccount:
    """What is there of one series in the wanted days, at the end of the run.

    Attributes:
        symbol: The instrument.
        expected: Candles the calendar expects that are over.
        stored: How many candles are stored, counted from the rows.
        gaps: What is missing by the ledger, cut to the wanted days.
        unasked: Expected candles that the ledger does not account for yet.
    """

    symbol: str
    expected: int
    stored: int
    gaps: tuple[Gap, ...] = ()
    unasked: int = 0

    @property
    def missing(self) -> Mapping[GapReason, int]:
        """Return the missing candles by reason; what was never asked counts as unknown."""
        counts: Counter[GapReason] = Counter()
        for gap in self.gaps:
            counts[gap.reason] += gap.missing
        if self.unasked:
            counts[GapReason.UNKNOWN] += self.unasked
        return counts

    @property
    def unexplained(self) -> int:
        """Return how many expected candles are missing without a reason that accounts for them."""
        return sum(count for reason, count in self.missing.items() if not reason.explains)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did.

    Attributes:
        run_id: Its number.
        kind: Such as `backfill`.
        prices: Whether these are real or simulated prices.
        ranges: The ranges that were wanted.
        as_of: Their last day.
        asked: Candles the calendar expects from the calls that were planned first.
        received: Rows the providers sent in the asked intervals.
        upserted: What became of the good ones.
        rejected: Rows set aside.
        calls: Calls made, by provider.
        accounts: What is there of each series now.
        failures: Instruments that a provider did not serve.
        warnings: Rows stored although a rule had something to say, by rule.
        replaced: Days asked again because a better provider is back, by the provider that is replaced.
        seconds: How long the run took, in seconds.
        timeframe: The length of the candles.
    """

    run_id: int
    kind: str
    prices: PriceKind
    ranges: tuple[str, ...]
    as_of: date
    asked: int
    received: int
    upserted: Upsert
    rejected: int
    calls: Mapping[str, int]
    accounts: Sequence[SeriesAccount]
    failures: Sequence[Failure] = ()
    warnings: Mapping[str, int] = field(default_factory=dict)
    replaced: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    timeframe: Timeframe = Timeframe.D1

    @property
    def expected(self) -> int:
        """Return how many candles the calendar expects in the wanted days."""
        return sum(account.expected for account in self.accounts)

    @property
    def stored(self) -> int:
        """Return how many of the expected candles are stored now."""
        return sum(account.stored for account in self.accounts)

    @property
    def missing(self) -> Mapping[GapReason, int]:
        """Return the missing candles of all series, by reason."""
        total: Counter[GapReason] = Counter()
        for account in self.accounts:
            total.update(account.missing)
        return total

    @property
    def explained_missing(self) -> int:
        """Return how many expected candles are missing for a known reason."""
        return sum(count for reason, count in self.missing.items() if reason.explains)

    @property
    def unexplained_missing(self) -> int:
        """Return how many expected candles are missing without one."""
        return sum(account.unexplained for account in self.accounts)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing without an explanation."""
        return self.unexplained_missing == 0

    @property
    def adds_up(self) -> bool:
        """Whether both sums hold."""
        missing = self.explained_missing + self.unexplained_missing
        return self.received == self.upserted.rows + self.rejected and self.expected == self.stored + missing

    def as_dict(self) -> dict[str, object]:
        """Return the outcome as plain values, for `--json`, the run's record and Dagster."""
        return {
            "run_id": self.run_id,
            "kind": self.kind,
            "timeframe": self.timeframe.value,
            "prices": self.prices.value,
            "ranges": list(self.ranges),
            "as_of": self.as_of.isoformat(),
            "asked": self.asked,
            "received": self.received,
            "inserted": self.upserted.inserted,
            "corrected": self.upserted.corrected,
            "completed": self.upserted.completed,
            "unchanged": self.upserted.unchanged,
            "rejected": self.rejected,
            "expected": self.expected,
            "stored": self.stored,
            "explained_missing": self.explained_missing,
            "unexplained_missing": self.unexplained_missing,
            "missing": {reason.value: count for reason, count in self.missing.items()},
            "calls": dict(self.calls),
            "failures": [_failure_as_dict(failure) for failure in self.failures],
            "warnings": dict(self.warnings),
            "replaced": dict(self.replaced),
            "series": [_account_as_dict(account) for account in self.accounts],
            "seconds": round(self.seconds, 3),
        }


def _failure_as_dict(failure: Failure) -> dict[str, str]:
    return {
        "symbol": failure.symbol,
        "provider": failure.provider,
        "kind": failure.kind,
        "message": failure.message,
        "served_by": failure.served_by,
    }


def _account_as_dict(account: SeriesAccount) -> dict[str, object]:
    return {
        "symbol": account.symbol,
        "expected": account.expected,
        "stored": account.stored,
        "unasked": account.unasked,
        "gaps": [gap_as_dict(gap) for gap in account.gaps],
    }


def gap_as_dict(gap: Gap) -> dict[str, object]:
    """Return a gap as plain values; instants in ISO 8601."""
    return {
        "start": gap.interval.start.isoformat(),
        "end": gap.interval.end.isoformat(),
        "missing": gap.missing,
        "reason": gap.reason.value,
        "provider": gap.provider,
        "evidence": gap.evidence,
        "attempts": gap.attempts,
        "is_believed": gap.is_believed,
        "next_check_at": gap.next_check_at.isoformat(),
    }
