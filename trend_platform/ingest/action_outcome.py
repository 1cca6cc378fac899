"""The account of a refresh of corporate actions: who told what, what is new, what is disputed, what failed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from trend_platform.domain.actions import ACTION_KEY, ActionKind, empty_actions
from trend_platform.domain.claims import DISPUTE_SCHEMA, Settled
from trend_platform.errors import ProviderError
from trend_platform.ingest.outcome import Failure


@dataclass(frozen=True, slots=True)
class ActionsOutcome:
    """What a refresh did.

    Attributes:
        run_id: Its number.
        instruments: How many shares it was about.
        told: Rows that providers told, by kind.
        added: Actions that are new or say another thing than before (action frame).
        removed: Actions their provider has moved or withdrawn (action frame).
        disputes: What providers do not agree on (`DISPUTE_SCHEMA`).
        untold: Shares nobody could tell of, by kind.
        calls: Calls by provider.
        failures: Providers that did not answer.
        series_written: Hot series written anew.
        series_skipped: Hot series the cache did not take; readers read the database.
        seconds: How long it took.
    """

    run_id: int
    instruments: int
    told: Mapping[ActionKind, int]
    added: pl.DataFrame
    removed: pl.DataFrame
    disputes: pl.DataFrame
    untold: Mapping[ActionKind, int]
    calls: Mapping[str, int]
    failures: tuple[Failure, ...]
    series_written: int
    series_skipped: int
    seconds: float

    @property
    def is_whole(self) -> bool:
        """Return whether somebody has told of every share."""
        return not any(self.untold.values())

    def as_dict(self) -> dict[str, object]:
        """Return the counts as plain values."""
        return {
            "instruments": self.instruments,
            "told": {kind.value: count for kind, count in self.told.items()},
            "added": self.added.height,
            "removed": self.removed.height,
            "disputes": self.disputes.height,
            "untold": {kind.value: count for kind, count in self.untold.items()},
            "calls": dict(self.calls),
            "failures": [
                {"symbol": one.symbol, "provider": one.provider, "kind": one.kind, "message": one.message}
                for one in self.failures
            ],
            "series_written": self.series_written,
            "series_skipped": self.series_skipped,
            "seconds": self.seconds,
        }


@dataclass(slots=True)
class ActionsTally:
    """The running account.

    Attributes:
        settled: What followed from each answer.
        told: Rows told, by kind.
        untold: Shares nobody told of, by kind.
        calls: Calls by provider.
        failures: By provider and kind.
        series: Hot series written, and skipped.
    """

    settled: list[Settled] = field(default_factory=list)
    told: Counter[ActionKind] = field(default_factory=Counter)
    untold: dict[ActionKind, int] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    failures: dict[tuple[str, ActionKind], Failure] = field(default_factory=dict)
    series: tuple[int, int] = (0, 0)

    def failed(self, kind: ActionKind, provider: str, error: ProviderError) -> None:
        """Count a question that was not answered."""
        self.calls[provider] += error.calls
        self.failures[provider, kind] = Failure(f"{kind}s", provider, type(error).__name__, str(error))

    def outcome(self, run_id: int, instruments: int, seconds: float) -> ActionsOutcome:
        """Return the account."""
        added = pl.concat([empty_actions(), *(one.added for one in self.settled)])
        removed = pl.concat([empty_actions(), *(one.removed for one in self.settled)])
        disputes = pl.concat([DISPUTE_SCHEMA.to_frame(), *(one.disputes for one in self.settled)])
        return ActionsOutcome(
            run_id,
            instruments,
            dict(self.told),
            added.unique(ACTION_KEY, keep="last").sort(ACTION_KEY),
            removed.sort(ACTION_KEY),
            disputes,
            dict(self.untold),
            dict(self.calls),
            tuple(self.failures.values()),
            *self.series,
            seconds,
        )
