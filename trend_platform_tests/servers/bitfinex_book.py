"""What a server in Bitfinex's shape knows: one-minute candles kept as text, told verbatim, and tickers made of the last ones.

Files have a line a candle, `ms,open,CLOSE,high,low,volume`, in Bitfinex's order; minutes without trades have no line.
"""

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import numpy as np
import orjson
from numpy.typing import NDArray

from trend_platform_tests.servers.wire import Reply

MOST_ROWS, _USUAL_ROWS = 10_000, 100
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class _Shelf:
    stamps: NDArray[np.int64]
    rows: list[bytes]


class BitfinexBook:
    """Candles of some pairs, all of one length.

    Args:
        rows: Per symbol (`tBTCUSD`) the candles as JSON arrays, oldest first.
        length: The length on the wire, `1m`; any other is refused as Bitfinex refuses what it does not know.
    """

    def __init__(self, rows: Mapping[str, Sequence[bytes]], length: str = "1m") -> None:
        self._length = length
        self._shelves = {
            symbol: _Shelf(np.array([int(row[1 : row.index(b",")]) for row in told], dtype=np.int64), list(told))
            for symbol, told in rows.items()
        }

    def reply(self, target: str) -> Reply:
        """Return the answer to a request's path and query."""
        address = urlsplit(target)
        query = dict(parse_qsl(address.query))
        match unquote(address.path).strip("/").split("/"):
            case ["v2", "candles", key, "hist"]:
                return self._candles(key, query)
            case ["v2", "tickers"]:
                return self._tickers(query.get("symbols", "ALL"))
        return Reply(404, b'{"error":"ERR_PATH"}')

    def _candles(self, key: str, query: Mapping[str, str]) -> Reply:
        _, length, symbol = key.split(":", 2)
        if length != self._length:
            return Reply(500, b'["error",10020,"time_interval: invalid"]')
        limit = int(query.get("limit", _USUAL_ROWS))
        if limit > MOST_ROWS:
            return Reply(500, b'["error",10020,"limit: invalid"]')
        shelf = self._shelves.get(symbol)
        if shelf is None:
            return Reply(200, b"[]")
        first = int(np.searchsorted(shelf.stamps, int(query.get("start", 0)), side="left"))
        after = int(np.searchsorted(shelf.stamps, int(query.get("end", 2**62)), side="right"))
        rows = shelf.rows[first:after]
        rows = rows[:limit] if query.get("sort") == "1" else rows[: -limit - 1 : -1]
        return Reply(200, b"[" + b",".join(rows) + b"]")

    def _tickers(self, symbols: str) -> Reply:
        # Unknown symbols are silently left out; the answer is made when the newest candle ends.
        asked = list(self._shelves) if symbols == "ALL" else symbols.split(",")
        told = [_ticker(symbol, self._shelves[symbol]) for symbol in asked if symbol in self._shelves]
        newest = max((int(shelf.stamps[-1]) for shelf in self._shelves.values()), default=0)
        at = datetime.fromtimestamp(newest // 1000 + 60, UTC)
        return Reply(200, orjson.dumps(told), {"Date": format_datetime(at, usegmt=True)})


def read_rows(file: Path) -> list[bytes]:
    """Return the candles of a file, CSV or CSV.gz, as JSON arrays with their numbers as they were written."""
    text = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return [b"[" + line + b"]" for line in text.split(b"\n") if line]


def _ticker(symbol: str, shelf: _Shelf) -> list[object]:
    day = [orjson.loads(row) for row in shelf.rows[int(np.searchsorted(shelf.stamps, shelf.stamps[-1] - _DAY_MS)) :]]
    last, volume = day[-1][2], sum(row[5] for row in day)
    change = last - day[0][1]
    highest, lowest = max(row[3] for row in day), min(row[4] for row in day)
    return [symbol, last, 1.5, last, 2.5, change, change / day[0][1], last, volume, highest, lowest]
