"""What a person sees of candles within a day: each day's counts, and what the run did for its timeframe."""

from collections.abc import Mapping, Sequence

import dagster as dg

from trend_platform.domain.coverage import Gap
from trend_platform.ingest.by_day import DayAccount
from trend_platform.ingest.outcome import Outcome
from trend_platform.orchestration.tables import SHOWN, cut, markdown, some


def day_metadata(account: DayAccount) -> dict[str, dg.MetadataValue]:
    """Return what is there of one day of one timeframe after the run."""
    return {
        "verdict": dg.MetadataValue.text(day_verdict(account)),
        "expected": dg.MetadataValue.int(account.expected),
        "stored": dg.MetadataValue.int(account.stored),
        "explained missing": dg.MetadataValue.int(account.explained),
        "unexplained missing": dg.MetadataValue.int(account.unexplained),
        "dagster/partition_row_count": dg.MetadataValue.int(account.stored),
    }


def day_verdict(account: DayAccount) -> str:
    """Return in one sentence what is there of a day and whose candles are not."""
    if not account.expected:
        return "no candle of this day is expected, or none is over yet"
    there = f"{account.stored:,} of {account.expected:,} expected candles are stored"
    known = f", {account.explained:,} missing for a known reason" if account.explained else ""
    if not account.unexplained:
        return f"{there}{known}; nothing is unexplained"
    return f"{there}{known}, {account.unexplained:,} missing unexplained ({some(list(account.open))})"


def holes_to_the_minute(outcome: Outcome) -> str:
    """Return the first holes of an outcome as a table, unexplained ones first, then the larger ones."""
    holes = [(account.symbol, gap) for account in outcome.accounts for gap in account.gaps]
    holes.sort(key=lambda hole: (hole[1].reason.explains, -hole[1].missing, hole[0]))
    head = ("symbol", "from", "until before", "missing", "reason", "looks", "next check", "evidence")
    return cut(markdown(head, [_row(*hole) for hole in holes[:SHOWN]]), len(holes), if_none="no holes")


def days_table(by_day: Mapping[str, DayAccount]) -> str:
    """Return the days that lack candles unexplained, most missing first."""
    rows = [
        (key, one.expected, one.stored, one.explained, one.unexplained, some(list(one.open)))
        for key, one in by_day.items()
    ]
    open_ = sorted((row for row in rows if row[4]), key=lambda row: -row[4])
    head = ("partition", "expected", "stored", "explained", "unexplained", "of")
    return cut(markdown(head, open_[:SHOWN]), len(open_))


def summed(accounts: Sequence[DayAccount]) -> DayAccount:
    """Return several days as one."""
    open_: dict[str, int] = {}
    for account in accounts:
        for symbol, count in account.open.items():
            open_[symbol] = open_.get(symbol, 0) + count
    expected, explained, unexplained = (
        sum(getattr(account, name) for account in accounts) for name in ("expected", "explained", "unexplained")
    )
    return DayAccount(expected, explained, unexplained, open_)


def _row(symbol: str, gap: Gap) -> tuple[object, ...]:
    return (
        symbol,
        f"{gap.interval.start:%Y-%m-%d %H:%M}",
        f"{gap.interval.end:%Y-%m-%d %H:%M}",
        gap.missing,
        f"{gap.reason.value}, {'believed' if gap.is_believed else 'provisional'}"
        if gap.reason.is_observation
        else gap.reason.value,
        gap.attempts,
        f"{gap.next_check_at:%Y-%m-%d %H:%M} UTC",
        f"{gap.provider}: {gap.evidence}",
    )
