"""Snapshots in Polygon's shape, made of daily candles: each ticker as it stands a second before its last day closes."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl

Snapshot = dict[str, object]
_NEW_YORK = ZoneInfo("America/New_York")


def snapshots_of(candles: pl.DataFrame) -> dict[str, Snapshot]:
    """Return a snapshot for each ticker of a book's candles; a ticker with one day has no `prevDay`."""
    return {
        str(ticker): _snapshot(str(ticker), days.tail(2).to_dicts())
        for (ticker,), days in candles.sort("opened_at").group_by("symbol", maintain_order=True)
    }


def _snapshot(ticker: str, days: list[dict[str, object]]) -> Snapshot:
    last = days[-1]
    traded_at = _last_second(last["opened_at"], is_pair=":" in ticker)
    price, updated = last["close"], traded_at * 1_000_000_000
    # Shares tell nanoseconds, pairs milliseconds.
    trade_time = traded_at * 1000 if ":" in ticker else updated
    parts: Snapshot = {
        "ticker": ticker,
        "updated": updated,
        "day": _bar(last),
        "min": {**_bar(last), "t": traded_at // 60 * 60_000},
        "lastTrade": {"p": price, "s": 100, "t": trade_time, "x": 4, "c": [37], "i": "1"},
    }
    return {**parts, "prevDay": _bar(days[0])} if len(days) > 1 else parts


def _bar(day: dict[str, object]) -> dict[str, object]:
    return {"o": day["open"], "h": day["high"], "l": day["low"], "c": day["close"], "v": day["volume"]}


def _last_second(opened_at: object, *, is_pair: bool) -> int:
    assert isinstance(opened_at, datetime)
    end = opened_at.replace(hour=23, minute=59, second=59, tzinfo=UTC)
    if not is_pair:
        end = opened_at.replace(hour=15, minute=59, second=59, tzinfo=_NEW_YORK)
    return int(end.timestamp())
