"""What Alpaca would answer, from frames: bars of several symbols in pages, snapshots, splits, and its refusals."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import httpx
import orjson
import polars as pl


class AlpacaBook:
    """Serves as `https://data.alpaca.markets` does.

    Args:
        bars: By symbol: `opened_at` and prices; days by midnight UTC of the session, told as midnight New York.
        page_rows: Bars of a page, over all symbols.
        secret: The secret half of the credential.
        snapshots: By symbol.
        splits: Rows of forward splits.
        delay: How old what is asked of the consolidated tape has to be.
        invalid: Symbols that spoil a call.
    """

    def __init__(
        self,
        bars: Mapping[str, pl.DataFrame],
        *,
        page_rows: int = 10_000,
        secret: str,
        snapshots: Mapping[str, object] | None = None,
        splits: Sequence[Mapping[str, object]] = (),
        now: datetime | None = None,
        delay: timedelta = timedelta(minutes=15),
        invalid: frozenset[str] = frozenset(),
    ) -> None:
        self._bars, self._page_rows, self._secret = bars, page_rows, secret
        self._snapshots, self._splits = dict(snapshots or {}), splits
        self._now, self._delay, self._invalid = now, delay, invalid
        self.asked: list[httpx.QueryParams] = []

    def serve(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        self.asked.append(request.url.params)
        if request.headers.get("apca-api-secret-key") != self._secret or not request.headers.get("apca-api-key-id"):
            return httpx.Response(403, content=b'{"message":"forbidden."}')
        status, document = self._document(request.url.path, request.url.params)
        return httpx.Response(status, content=orjson.dumps(document))

    def _document(self, path: str, params: httpx.QueryParams) -> tuple[int, object]:
        symbols = params["symbols"].split(",")
        spoilt = [symbol for symbol in symbols if symbol in self._invalid]
        if spoilt:
            return 400, {"code": 400, "message": f"invalid symbol: {spoilt[0]}"}
        if path.endswith("/snapshots"):
            told = {symbol: self._snapshots[symbol] for symbol in symbols if symbol in self._snapshots}
            return 200, {"snapshots": told} if "crypto" in path else told
        if path == "/v1/corporate-actions":
            return 200, {"corporate_actions": self._actions(params), "next_page_token": None}
        return self._page(path, symbols, params)

    def _actions(self, params: httpx.QueryParams) -> dict[str, object]:
        # Asked by the date they were processed, which is the `ex_date` of splits.
        first, last = params["start"], params["end"]
        rows = [row for row in self._splits if first <= str(row["ex_date"]) <= last]
        return {"forward_splits": rows} if rows and "forward_split" in params["types"].split(",") else {}

    def _page(self, path: str, symbols: Sequence[str], params: httpx.QueryParams) -> tuple[int, object]:
        assert ("crypto" in path) is ("feed" not in params)
        first, last = (datetime.fromisoformat(params[name]) for name in ("start", "end"))
        if self._now is not None and params.get("feed") == "sip" and last > self._now - self._delay:
            return 403, {"message": "subscription does not permit querying recent SIP data"}
        rows = [
            (symbol, row)
            for symbol in sorted(symbols)
            for row in _told(self._bars.get(symbol), first, last, is_day=params["timeframe"] == "1Day")
        ]
        start = int(params.get("page_token", "0"))
        end = start + self._page_rows
        bars: dict[str, list[object]] = {}
        for symbol, row in rows[start:end]:
            bars.setdefault(symbol, []).append(row)
        return 200, {"bars": bars, "next_page_token": str(end) if end < len(rows) else None}


def _told(bars: pl.DataFrame | None, first: datetime, last: datetime, *, is_day: bool) -> list[dict[str, object]]:
    if bars is None:
        return []
    stamp = pl.col("opened_at")
    opened = stamp.dt.replace_time_zone("America/New_York").dt.convert_time_zone("UTC") if is_day else stamp
    told = bars.with_columns(opened.alias("at")).filter(pl.col("at").is_between(first, last))
    return [
        {"t": f"{row['at']:%Y-%m-%dT%H:%M:%SZ}", "o": row["open"], "h": row["high"], "l": row["low"], "c": row["close"]}
        | {"v": 100, "n": 3, "vw": row["close"]}
        for row in told.iter_rows(named=True)
    ]
