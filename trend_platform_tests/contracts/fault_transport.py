"""A network in the process: requests go to a function, and one planted fault of the contract lies between.

A late page is made by taking the oldest element off the answer's list of rows.
"""

import asyncio
from collections.abc import Callable

import httpx
import orjson

from trend_platform_tests.contracts.provider_contract import PASSING, SECRET, WireFault

Serve = Callable[[httpx.Request], httpx.Response]
_PAGE = b"<!DOCTYPE html><html><body><h1>Checking your browser</h1></body></html>"
_REFUSALS: dict[WireFault, tuple[int, dict[str, str], bytes]] = {
    WireFault.RATE_LIMITED: (429, {}, b"{}"),
    WireFault.RETRY_AFTER_ZERO: (429, {"Retry-After": "0"}, b"{}"),
    WireFault.LONG_RETRY_AFTER: (429, {"Retry-After": "86400"}, b"{}"),
    WireFault.SERVER_ERROR: (500, {}, b"{}"),
    WireFault.ALWAYS_DOWN: (500, {}, b"{}"),
    WireFault.PAGE_FAILS: (500, {}, b"{}"),
    WireFault.HTML: (200, {"Content-Type": "text/html"}, _PAGE),
}


class FaultTransport(httpx.AsyncBaseTransport):
    """Serves requests by `serve`, except where the fault strikes.

    Args:
        serve: Answers a request as the provider would.
        fault: What goes wrong; `None` for nothing.
        is_later_page: Tells a request for a page that is not the first.
        rows_key: The key under which answers carry their rows, `a.b` for one inside another; empty if the answer is their list.
        newest_first: Whether rows descend.
        key_in_query: Whether the provider takes its key in the query and nowhere else.
    """

    def __init__(
        self,
        serve: Serve,
        fault: WireFault | None = None,
        *,
        is_later_page: Callable[[httpx.Request], bool] = lambda _: False,
        rows_key: str = "results",
        newest_first: bool = False,
        key_in_query: bool = False,
    ) -> None:
        self._serve, self._fault, self._is_later_page = serve, fault, is_later_page
        self._rows_path, self._newest_first = rows_key.split(".") if rows_key else [], newest_first
        self._key_in_query, self._has_struck = key_in_query, False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert (SECRET in str(request.url)) is self._key_in_query, "a key belongs in a header, where one is read"
        fault = self._fault
        if fault in PASSING and self._has_struck:
            fault = None
        if fault in {WireFault.PAGE_FAILS, WireFault.LATE_PAGE} and not self._is_later_page(request):
            fault = None
        if fault is None:
            return self._serve(request)
        return await self._struck(fault, request)

    async def _struck(self, fault: WireFault, request: httpx.Request) -> httpx.Response:
        is_first, self._has_struck = not self._has_struck, True
        if fault in _REFUSALS:
            status, headers, body = _REFUSALS[fault]
            return httpx.Response(status, headers=headers, content=body)
        if fault is WireFault.TIMEOUT:
            await asyncio.sleep(60)
        served = self._serve(request)
        if fault is WireFault.CUT_BODY:
            return httpx.Response(200, content=served.content[: len(served.content) // 2])
        return self._late(served) if fault is WireFault.LATE_PAGE and is_first else served

    def _late(self, served: httpx.Response) -> httpx.Response:
        rows = document = orjson.loads(served.content)
        for key in self._rows_path:
            rows = rows[key]
        del rows[slice(-1, None) if self._newest_first else slice(0, 1)]
        return httpx.Response(200, content=orjson.dumps(document))
