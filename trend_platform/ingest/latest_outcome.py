"""The outcome of a refresh of latest prices: the honest account of what was asked, came, was set aside and is missing.

One sum always holds, and `LatestOutcome.adds_up` says so: every instrument asked for has a new quote, has the one it had,
or is missing with a reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from trend_platform.domain.quotes import LatestPrice
from trend_platform.ingest.outcome import Failure

# So many symbols are named in a record that may be written every minute for hours.
_NAMED = 10


class RejectedQuote(NamedTuple):
    """A quote that was set aside.

    Attributes:
        symbol: Whose.
        provider: Who gave it.
        rule: The rule that struck it.
        reason: What the rule says.
    """

    symbol: str
    provider: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class LatestOutcome:
    """What a refresh did.

    Attributes:
        asked: Instruments asked for.
        fresh: Instruments with a new quote, stored.
        unchanged: Instruments whose quote is not newer than the stored one.
        rejected: Quotes set aside.
        missing: Per symbol without a believed quote, why: what each provider asked had to say.
        stale: Per symbol whose newest quote is older than its open market explains, that quote's time.
        calls: Calls made, by provider.
        failures: Instruments that a provider failed to serve, each with who served it instead.
        cache_skipped: Prices the cache did not take because it is down; readers read through.
        seconds: How long it took, in seconds.
        prices: What readers get now, of each instrument with a believed quote.
    """

    asked: int
    fresh: int
    unchanged: int
    rejected: tuple[RejectedQuote, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    stale: Mapping[str, datetime] = field(default_factory=dict)
    calls: Mapping[str, int] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    cache_skipped: int = 0
    seconds: float = 0.0
    prices: tuple[LatestPrice, ...] = ()

    @property
    def adds_up(self) -> bool:
        """Whether every instrument asked for is accounted for."""
        return self.asked == self.fresh + self.unchanged + len(self.missing)

    def as_dict(self) -> dict[str, object]:
        """Return the outcome as plain values without the prices, for `--json` and Dagster."""
        return {
            **self._counts(),
            "rejected": [quote._asdict() for quote in self.rejected],
            "missing": dict(self.missing),
            "stale": {symbol: quoted_at.isoformat() for symbol, quoted_at in self.stale.items()},
            "failures": [asdict(failure) for failure in self.failures],
        }

    def as_record(self) -> dict[str, object]:
        """Return the outcome for the run's record: like `as_dict`, what is alike in many instruments said once.

        The `symbol` of a failure names the first instruments it struck and how many more.
        """
        return {
            **self._counts(),
            "rejected": [quote._asdict() for quote in self.rejected[:_NAMED]],
            "missing": _grouped([(reason, symbol) for symbol, reason in self.missing.items()]),
            "stale": _some(list(self.stale)),
            "failures": [asdict(failure) for failure in _merged(self.failures)],
        }

    def _counts(self) -> dict[str, object]:
        return {
            "asked": self.asked,
            "fresh": self.fresh,
            "unchanged": self.unchanged,
            "set_aside": len(self.rejected),
            "calls": dict(self.calls),
            "cache_skipped": self.cache_skipped,
            "seconds": round(self.seconds, 3),
        }


def _merged(failures: Sequence[Failure]) -> list[Failure]:
    def alike(failure: Failure) -> tuple[str, str, str, str]:
        return failure.provider, failure.kind, failure.message, failure.served_by

    return [
        Failure(_some([one.symbol for one in group]), *key)
        for key, group in groupby(sorted(failures, key=alike), key=alike)
    ]


def _grouped(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    reasons: dict[str, list[str]] = {}
    for reason, symbol in pairs:
        reasons.setdefault(reason, []).append(symbol)
    return {reason: _some(symbols) for reason, symbols in reasons.items()}


def _some(symbols: Sequence[str]) -> str:
    rest = len(symbols) - _NAMED
    return ", ".join(symbols[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")
