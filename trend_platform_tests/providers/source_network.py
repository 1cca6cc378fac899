"""A network that answers sources by path, with what a test wrote down, and remembers what was asked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.providers.http import HttpAnswer

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEY = "0123456789abcdef0123456789abcdef"
AAPL = Instrument(1, "AAPL", AssetClass.STOCK, "XNYS", "Apple Inc.")
BRK = Instrument(2, "BRK.B", AssetClass.STOCK, "XNYS", "Berkshire Hathaway Inc.")
BTC = Instrument(3, "BTC-USD", AssetClass.CRYPTO, "24/7")
EUR = Instrument(4, "EUR-USD", AssetClass.FOREX, "24/5")

Reply = tuple[int, object]


def clock() -> ManualClock:
    """A clock that stands still at `NOW`."""
    return ManualClock(NOW)


def answer(status: int, told: object, headers: Mapping[str, str] | None = None) -> HttpAnswer:
    """An answer as the client hands it to a classifier; text and bytes stay as they are, the rest becomes JSON."""
    return HttpAnswer(status, dict(headers or {}), _body(told))


@dataclass
class Told(httpx.AsyncBaseTransport):
    """Answers by the end of the path; several answers of one path in turn, the last one repeated."""

    by_path: Mapping[str, Reply | Sequence[Reply]]
    requests: list[httpx.Request] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = next(path for path in self.by_path if request.url.path.endswith(path))
        replies = self.by_path[path]
        turns = [replies] if isinstance(replies, tuple) else list(replies)
        asked = sum(one.url.path == request.url.path for one in self.requests)
        self.requests.append(request)
        status, told = turns[min(asked, len(turns) - 1)]
        return httpx.Response(status, content=_body(told))

    def params(self, path: str) -> list[dict[str, str]]:
        """The parameters of the calls of one path, in turn."""
        return [dict(one.url.params) for one in self.requests if one.url.path.endswith(path)]


def _body(told: object) -> bytes:
    if isinstance(told, bytes):
        return told
    return told.encode() if isinstance(told, str) else json.dumps(told).encode()
