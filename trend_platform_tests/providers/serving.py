"""A network in the process whose answers a function makes, and the requests that came."""

from collections.abc import Callable

import httpx
import orjson

Serve = Callable[[httpx.Request], tuple[int, object]]
"""Returns status and body of the answer; bytes are sent as they are, anything else as JSON."""


class Serving(httpx.AsyncBaseTransport):
    """Answers each request by `serve`.

    Args:
        serve: Makes the answers.
    """

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self.asked: list[httpx.Request] = []

    @property
    def paths(self) -> list[str]:
        """Return path and query of each request, as they were sent."""
        return [request.url.raw_path.decode() for request in self.asked]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer and remember a request."""
        self.asked.append(request)
        status, document = self._serve(request)
        return httpx.Response(status, content=document if isinstance(document, bytes) else orjson.dumps(document))
