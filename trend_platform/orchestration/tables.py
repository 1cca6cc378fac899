"""Markdown tables for people: the outcome, the ranges, the holes, the failures. Values in, text out; no Dagster here."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from trend_platform.domain.coverage import Gap, GapReason
from trend_platform.domain.ranges import Range, range_window
from trend_platform.ingest.outcome import Failure, Outcome, SeriesAccount

SHOWN = 50
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Hole:
    """One gap of one series.

    Attributes:
        symbol: The instrument.
        ranges: The ranges it shows in, shortest first.
        gap: What is missing, and why.
    """

    symbol: str
    ranges: tuple[Range, ...]
    gap: Gap


def holes_of(accounts: Iterable[SeriesAccount], ranges: Sequence[Range], as_of: date) -> list[Hole]:
    """Return the gaps of the series: unexplained ones first, then the larger ones first."""
    starts = {range_: range_window(range_, as_of).start for range_ in ranges}
    starts = dict(sorted(starts.items(), key=lambda item: item[1], reverse=True))
    holes = [
        Hole(account.symbol, tuple(one for one, start in starts.items() if start < gap.interval.end), gap)
        for account in accounts
        for gap in account.gaps
    ]
    return sorted(holes, key=lambda hole: (hole.gap.reason.explains, -hole.gap.missing, hole.symbol))


def holes_table(holes: Sequence[Hole]) -> str:
    """Return the first holes as a table, and how many there are beyond them."""
    head = ("symbol", "shows in", "from", "until before", "missing", "reason", "looks", "next check", "evidence")
    rows = [_hole_row(hole) for hole in holes[:SHOWN]]
    return cut(markdown(head, rows), len(holes), if_none="no holes")


def failures_table(failures: Sequence[Failure]) -> str:
    """Return the instruments a provider did not serve, and who served them instead."""
    head = ("symbol", "provider", "what happened", "served by", "message")
    rows = [(one.symbol, one.provider, one.kind, one.served_by or "nobody", one.message) for one in failures[:SHOWN]]
    return cut(markdown(head, rows), len(failures))


def outcome_table(outcome: Outcome) -> str:
    """Return the two sums of an outcome: rows that came, candles that should be there."""
    stored = outcome.upserted
    return markdown(
        ("what", "count", "meaning"),
        [
            ("asked", outcome.asked, "candles the first plan asked providers for"),
            ("received", outcome.received, "rows that came; the next five add up to them"),
            ("inserted", stored.inserted, "new candles"),
            ("completed", stored.completed, "forming candles that changed or became final"),
            ("corrected", stored.corrected, "final candles a provider changed; the old values are kept as revisions"),
            ("unchanged", stored.unchanged, "rows that said what was stored; nothing was written"),
            ("rejected", outcome.rejected, "rows set aside, each with its reason, in quarantine"),
            ("expected", outcome.expected, "candles the calendars expect; the next three add up to them"),
            ("stored", outcome.stored, "of these in the database now"),
            ("explained", outcome.explained_missing, "missing for a known reason"),
            ("unexplained", outcome.unexplained_missing, "missing without one: look at the holes"),
        ],
    )


def ranges_table(by_range: Mapping[Range, Sequence[SeriesAccount]]) -> str:
    """Return expected, stored and missing candles of each range."""
    rows = [
        (
            range_.value,
            len(accounts),
            sum(account.expected for account in accounts),
            sum(account.stored for account in accounts),
            explained(accounts),
            unexplained(accounts),
            sum(account.unasked for account in accounts),
        )
        for range_, accounts in by_range.items()
    ]
    return markdown(("range", "series", "expected", "stored", "explained", "unexplained", "of these never asked"), rows)


def counts_table(counts: Mapping[str, int], what: str) -> str:
    """Return counts by name, largest first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return cut(markdown((what, "count"), ordered), len(ordered), max(SHOWN, len(ordered)))


def reasons(accounts: Iterable[SeriesAccount]) -> str:
    """Return why candles are missing unexplained, most frequent first, such as `fetch_failed 250, unknown 3`."""
    counts: Counter[GapReason] = Counter()
    for account in accounts:
        counts.update({reason: count for reason, count in account.missing.items() if not reason.explains})
    return ", ".join(f"{reason.value} {count:,}" for reason, count in counts.most_common())


def explained(accounts: Iterable[SeriesAccount]) -> int:
    """Return how many candles of some series are missing for a known reason."""
    return sum(count for one in accounts for reason, count in one.missing.items() if reason.explains)


def unexplained(accounts: Iterable[SeriesAccount]) -> int:
    """Return how many candles of some series are missing without one."""
    return sum(account.unexplained for account in accounts)


def markdown(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a markdown table; bars and line breaks in its cells are made harmless."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(value) for value in line) + " |" for line in lines)


def cut(table: str, count: int, shown: int = SHOWN, if_none: str = "none") -> str:
    """Return a table that holds the first `shown` of `count` rows with how many there are beyond them."""
    if not count:
        return if_none
    return table if count <= shown else f"{table}\n\nand {count - shown:,} more"


def some(names: Sequence[str]) -> str:
    """Return the first names, and how many there are beyond them."""
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")


def _hole_row(hole: Hole) -> tuple[object, ...]:
    gap = hole.gap
    return (
        hole.symbol,
        _shortest(hole.ranges),
        f"{gap.interval.start:%Y-%m-%d}",
        f"{gap.interval.end:%Y-%m-%d}",
        gap.missing,
        _reason(gap),
        gap.attempts,
        f"{gap.next_check_at:%Y-%m-%d %H:%M} UTC",
        gap.evidence if gap.evidence.startswith(gap.provider) else f"{gap.provider}: {gap.evidence}",
    )


def _shortest(ranges: Sequence[Range]) -> str:
    # All ranges end on the same day, so a hole shows in every one that is longer; a full list is too wide to read.
    return f"{ranges[0]} and longer" if len(ranges) > 1 else " ".join(ranges)


def _reason(gap: Gap) -> str:
    if not gap.reason.is_observation or gap.reason is GapReason.UNKNOWN:
        return gap.reason.value
    return f"{gap.reason.value}, {'believed' if gap.is_believed else 'provisional'}"


def _cell(value: object) -> str:
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return " ".join(text.replace("|", "\\|").split())
