"""Daily candles of some shares as Tiingo and as Twelve Data tell them, and a network that is down when a test says so.

Rows are serialised once. What Polygon tells is `polygon_book`'s.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import polars as pl

from trend_platform_tests.servers.polygon_book import PolygonBook

Serve = Callable[[httpx.Request], httpx.Response]


@dataclass(frozen=True, slots=True)
class _Shelf:
    days: list[str]
    rows: list[str]

    def between(self, first: str, last: str) -> str:
        return ",".join(self.rows[bisect_left(self.days, first) : bisect_right(self.days, last)])


def _shelves(candles: pl.DataFrame, template: str) -> dict[str, _Shelf]:
    # `symbol`, `opened_at`, prices and volume become one line of JSON each.
    day = pl.col("opened_at").dt.strftime("%Y-%m-%d")
    values = [day, *(pl.col(name).cast(pl.String) for name in ("open", "high", "low", "close", "volume"))]
    head, *texts = template.split("{}")
    parts = [part for value, text in zip(values, texts, strict=True) for part in (value, pl.lit(text))]
    line = pl.concat_str([pl.lit(head), *parts]).alias("line")
    lines = candles.sort("symbol", "opened_at").select("symbol", day.alias("day"), line)
    return {
        str(symbol): _Shelf(part["day"].to_list(), part["line"].to_list())
        for (symbol,), part in lines.group_by("symbol", maintain_order=True)
    }


class TiingoBook:
    """Serves `/tiingo/daily/TICKER/prices`; tickers are lower-case there."""

    def __init__(self, candles: pl.DataFrame) -> None:
        prices = '"open":{},"high":{},"low":{},"close":{},"volume":{}'
        rest = '"adjClose":1.0,"divCash":0.0,"splitFactor":1.0'
        shelves = _shelves(candles, '{"date":"{}T00:00:00.000Z",' + prices + "," + rest + "}")
        self._shelves = {symbol.replace(".", "-").lower(): shelf for symbol, shelf in shelves.items()}

    def serve(self, request: httpx.Request) -> httpx.Response:
        shelf = self._shelves.get(request.url.path.split("/")[3])
        if shelf is None:
            return httpx.Response(404, content=b'{"detail":"Error: Ticker not found"}')
        params = request.url.params
        return httpx.Response(200, content=f"[{shelf.between(params['startDate'], params['endDate'])}]")


class TwelveDataBook:
    """Serves `/time_series` of days; numbers are texts there, and errors come with status 200."""

    def __init__(self, candles: pl.DataFrame) -> None:
        template = '{"datetime":"{}","open":"{}","high":"{}","low":"{}","close":"{}","volume":"{}"}'
        self._shelves = _shelves(candles, template)

    def serve(self, request: httpx.Request) -> httpx.Response:
        params = request.url.params
        shelf = self._shelves.get(params["symbol"])
        if shelf is None:
            return httpx.Response(200, content=b'{"code":404,"message":"**symbol** not found","status":"error"}')
        rows = shelf.between(params["start_date"][:10], params["end_date"][:10])
        if not rows:
            said = b'{"code":400,"message":"No data is available on the specified dates.","status":"error"}'
            return httpx.Response(200, content=said)
        meta = f'{{"symbol":"{params["symbol"]}","interval":"1day","exchange_timezone":"America/New_York"}}'
        return httpx.Response(200, content=f'{{"meta":{meta},"values":[{rows}],"status":"ok"}}')


def serving_polygon(book: PolygonBook) -> Serve:
    """Return what answers requests from a book of Polygon's."""

    def serve(request: httpx.Request) -> httpx.Response:
        reply = book.reply(request.url.raw_path.decode(), request.headers.get("authorization", ""))
        return httpx.Response(reply.status, content=reply.body, headers={"content-type": "application/json"})

    return serve


@dataclass(slots=True)
class Line(httpx.AsyncBaseTransport):
    """A network that is up or down.

    Attributes:
        serve: Answers while it is up.
        is_up: Asked before each request.
        down: What happens while it is not: a response, or an error that is raised.
        served: Requests answered while it was up.
        refused: Requests while it was down.
    """

    serve: Serve
    is_up: Callable[[], bool] = lambda: True
    down: httpx.Response | Exception = field(default_factory=lambda: httpx.ConnectError("refused"))
    served: int = 0
    refused: int = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.is_up():
            self.served += 1
            return self.serve(request)
        self.refused += 1
        if isinstance(self.down, Exception):
            raise self.down
        return httpx.Response(self.down.status_code, content=self.down.content)
