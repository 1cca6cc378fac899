"""An exchange written down beforehand: one answer to every request, and the requests that came."""

from collections.abc import Mapping

import httpx
import orjson

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.base import CandleRequest, Route
from trend_platform.providers.http import HttpAnswer


def pair(symbol: str, number: int = 1) -> Instrument:
    return Instrument(number, symbol, AssetClass.CRYPTO, "24/7")


def asking(symbol: str, timeframe: Timeframe, interval: Interval) -> CandleRequest:
    return CandleRequest(Route.BY_SYMBOL, (pair(symbol),), timeframe, interval)


def answer(status: int, document: object) -> HttpAnswer:
    return HttpAnswer(status, {}, document if isinstance(document, bytes) else orjson.dumps(document))


class Exchange(httpx.AsyncBaseTransport):
    """Answers requests in turn, the last answer to all that follow.

    Args:
        documents: The bodies, as JSON.
        headers: Sent with each.
    """

    def __init__(self, *documents: object, headers: Mapping[str, str] | None = None) -> None:
        self._documents, self._headers = documents, dict(headers or {})
        self.asked: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        document = self._documents[min(len(self.asked), len(self._documents) - 1)]
        self.asked.append(request)
        return httpx.Response(200, headers=self._headers, content=orjson.dumps(document))
