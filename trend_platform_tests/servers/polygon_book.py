"""A market in Polygon's shape: answers to its paths, made of rows that were serialised once. No socket lives here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import numpy as np
import orjson
import polars as pl

from trend_platform_tests.servers.polygon_tape import snapshots_of
from trend_platform_tests.servers.wire import Reply

MOST_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class _Shelf:
    # One ticker's rows: stamps in milliseconds, and each row as JSON.
    stamps: np.ndarray[tuple[int], np.dtype[np.int64]]
    rows: list[bytes]


class PolygonBook:
    """Daily bars of some tickers, with splits, and snapshots of their last day.

    Args:
        candles: `symbol` (Polygon's ticker), `opened_at` (midnight UTC of the session's date), prices, `volume` and, where
            there are any, `vwap` and `trade_count`.
        splits: Rows as Polygon tells them: `ticker`, `execution_date`, `split_from`, `split_to`.
        page_rows: The most rows of one page.
        key: What requests must carry as bearer; `None` takes any.
        host: Which address `next_url` names.
    """

    def __init__(
        self,
        candles: pl.DataFrame,
        *,
        splits: list[dict[str, object]] | None = None,
        page_rows: int = MOST_ROWS,
        key: str | None = None,
        host: str = "https://api.polygon.io:443",
    ) -> None:
        self._splits, self._page_rows, self._key, self._host = splits or [], page_rows, key, host
        self._snapshots = snapshots_of(candles)
        lines = _lines(candles)
        self._shelves = {
            str(symbol): _Shelf(part["t"].to_numpy(), [line.encode() for line in part["line"]])
            for (symbol,), part in lines.group_by("symbol", maintain_order=True)
        }
        self._days: dict[str, list[bytes]] = {}
        for symbol, day, line in lines.select("symbol", "day", "line").iter_rows():
            self._days.setdefault(day, []).append(b'{"T":"%s",' % symbol.encode() + line[1:].encode())

    def reply(self, target: str, authorization: str) -> Reply:
        """Answer `GET target`."""
        if self._key is not None and authorization != f"Bearer {self._key}":
            return Reply(401, b'{"status":"ERROR","request_id":"r","error":"Unknown API Key"}')
        parts = urlsplit(target)
        steps = unquote(parts.path).strip("/").split("/")
        query = dict(parse_qsl(parts.query))
        match steps:
            case ["v2", "aggs", "ticker", ticker, "range", "1", "day", start, end]:
                return self._aggregates(ticker, start, end, query)
            case ["v2", "aggs", "grouped", "locale", _, "market", market, day]:
                return self._grouped(day, is_crypto=market == "crypto")
            case ["v2", "snapshot", "locale", _, "markets", market, "tickers"]:
                return self._snapshot(query, is_crypto=market == "crypto")
            case ["v3", "reference", "splits"]:
                return self._told_splits(query)
        return Reply(404, b'{"status":"NOT_FOUND","request_id":"r","message":"Data not found."}')

    def _aggregates(self, ticker: str, start: str, end: str, query: Mapping[str, str]) -> Reply:
        shelf = self._shelves.get(ticker)
        after = _ms(end) + 86_400_000
        if shelf is None:
            return Reply(200, _envelope(ticker, [], b""))
        first, last = np.searchsorted(shelf.stamps, [_ms(start), after])
        stop = min(int(last), int(first) + min(int(query.get("limit", "5000")), self._page_rows))
        more = b""
        if stop < last:
            again = urlencode({"cursor": f"c{stop}", "limit": query.get("limit", "5000")})
            path = f"/v2/aggs/ticker/{ticker}/range/1/day/{int(shelf.stamps[stop])}/{end}"
            more = f',"next_url":"{self._host}{path}?{again}"'.encode()
        return Reply(200, _envelope(ticker, shelf.rows[int(first) : stop], more))

    def _grouped(self, day: str, *, is_crypto: bool) -> Reply:
        rows = [row for row in self._days.get(day, []) if row.startswith(b'{"T":"X:') is is_crypto]
        head = b'{"queryCount":%d,"resultsCount":%d,"adjusted":false,' % (len(rows), len(rows))
        results = b'"results":[' + b",".join(rows) + b"]," if rows else b""
        return Reply(200, head + results + b'"status":"OK","request_id":"r"}')

    def _snapshot(self, query: Mapping[str, str], *, is_crypto: bool) -> Reply:
        # Tickers of another market, or of none, are silently left out.
        asked = query["tickers"].split(",") if "tickers" in query else list(self._snapshots)
        told = [self._snapshots[one] for one in asked if one in self._snapshots and one.startswith("X:") is is_crypto]
        return Reply(200, orjson.dumps({"status": "OK", "request_id": "r", "count": len(told), "tickers": told}))

    def _told_splits(self, query: Mapping[str, str]) -> Reply:
        first, last = query.get("execution_date.gte", ""), query.get("execution_date.lte", "9999")
        told = [
            split
            for split in self._splits
            if first <= str(split["execution_date"]) <= last and query.get("ticker", split["ticker"]) == split["ticker"]
        ]
        return Reply(200, orjson.dumps({"results": told, "status": "OK", "request_id": "r"}))


def read_candles(path: Path) -> pl.DataFrame:
    """Read the book's candles from Parquet, Arrow IPC or a CSV with `date`/`opened_at` and `Name`/`symbol`."""
    if path.suffix == ".parquet":
        frame = pl.read_parquet(path)
    elif path.suffix in {".ipc", ".arrow", ".feather"}:
        frame = pl.read_ipc(path)
    else:
        frame = pl.read_csv(path, try_parse_dates=True)
    renamed = frame.rename({"date": "opened_at", "Name": "symbol"}, strict=False)
    if renamed.schema["opened_at"] == pl.Date():
        renamed = renamed.with_columns(pl.col("opened_at").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"))
    return renamed


def _lines(candles: pl.DataFrame) -> pl.DataFrame:
    # A day of shares opens at midnight New York, one of crypto or currencies at midnight UTC.
    local = pl.col("opened_at").dt.replace_time_zone(None)
    new_york = local.dt.replace_time_zone("America/New_York").dt.convert_time_zone("UTC")
    is_pair = pl.col("symbol").str.contains(":")
    names = {"v": "volume", "vw": "vwap", "o": "open", "c": "close", "h": "high", "l": "low"}
    fields = [
        pl.format('"{}":{}', pl.lit(short), pl.col(name).cast(pl.String).fill_null("null"))
        for short, name in names.items()
        if name in candles.columns
    ]
    counts = [pl.format('"n":{}', pl.col("trade_count").fill_null(0))] if "trade_count" in candles.columns else []
    stamped = candles.sort("symbol", "opened_at").with_columns(
        pl.when(is_pair).then(pl.col("opened_at")).otherwise(new_york).dt.epoch("ms").alias("t"),
        pl.col("opened_at").dt.strftime("%Y-%m-%d").alias("day"),
    )
    body = pl.concat_str([*fields, pl.format('"t":{}', pl.col("t")), *counts], separator=",")
    return stamped.select("symbol", "t", "day", pl.concat_str([pl.lit("{"), body, pl.lit("}")]).alias("line"))


def _envelope(ticker: str, rows: list[bytes], more: bytes) -> bytes:
    head = b'{"ticker":"%s","queryCount":%d,"resultsCount":%d,' % (ticker.encode(), len(rows), len(rows))
    results = b'"results":[' + b",".join(rows) + b"]," if rows else b""
    return (
        head + b'"adjusted":false,' + results + b'"status":"OK","request_id":"r","count":%d' % len(rows) + more + b"}"
    )


def _ms(bound: str) -> int:
    if "-" not in bound:
        return int(bound)
    day = date.fromisoformat(bound)
    return (datetime(day.year, day.month, day.day) - datetime(1970, 1, 1)) // timedelta(milliseconds=1)  # noqa: DTZ001
