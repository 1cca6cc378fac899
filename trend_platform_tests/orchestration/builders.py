"""Small builders for tests of what Dagster shows: gaps, accounts and outcomes in one line each."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from trend_platform.domain.coverage import Gap, GapReason
from trend_platform.domain.intervals import days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.outcome import Failure, Outcome, SeriesAccount
from trend_platform.storage.base import PriceKind, Upsert

NOW = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)


def gap(first: date, last: date, missing: int, reason: GapReason = GapReason.UNKNOWN, evidence: str = "no rows") -> Gap:
    later = NOW + timedelta(hours=12)
    return Gap(1, Timeframe.D1, days(first, last), missing, reason, "simulated", evidence, 1, NOW, NOW, later)


def account(symbol: str, expected: int, *gaps: Gap, unasked: int = 0) -> SeriesAccount:
    missing = sum(one.missing for one in gaps) + unasked
    return SeriesAccount(symbol, expected, expected - missing, gaps, unasked)


def outcome(*accounts: SeriesAccount, failures: tuple[Failure, ...] = (), received: int = 10) -> Outcome:
    return Outcome(
        run_id=7,
        kind="backfill",
        prices=PriceKind.SIMULATED,
        ranges=("7D",),
        as_of=TODAY,
        asked=10,
        received=received,
        upserted=Upsert(inserted=9),
        rejected=1,
        calls={"simulated": 3},
        accounts=accounts,
        failures=failures,
        seconds=1.5,
    )


def real(made_up: Outcome) -> Outcome:
    return replace(made_up, prices=PriceKind.REAL)
