"""A local server in Polygon's shape: real sockets on loopback, lean enough to be no bottleneck, with planned faults.

Run it beside a test: `python -m trend_platform_tests.servers.polygon_server --candles FILE [--fail-share 0.05]`; it
prints `listening on PORT` once it does. Market and shape live in `polygon_book`, faults in `wire_faults`.
"""

import argparse
import asyncio
from pathlib import Path

from trend_platform_tests.servers.polygon_book import MOST_ROWS, PolygonBook, Reply, read_candles
from trend_platform_tests.servers.wire_faults import FaultPlan, WireFault

_REASONS = {200: "OK", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests", 500: "Internal Server Error"}
_END_OF_HEAD = b"\r\n\r\n"


class PolygonProtocol(asyncio.Protocol):
    """One keep-alive connection; requests on it are answered in their order."""

    def __init__(self, book: PolygonBook, faults: FaultPlan) -> None:
        self._book, self._faults = book, faults
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(_END_OF_HEAD)) >= 0:
            head, self._buffer = self._buffer[:end], self._buffer[end + 4 :]
            self._answer(head)

    def _answer(self, head: bytes) -> None:
        assert self._transport is not None
        line, *headers = head.split(b"\r\n")
        target = line.split(b" ")[1].decode()
        authorization = next(
            (value[14:].strip().decode() for value in headers if value[:14].lower() == b"authorization:"), ""
        )
        match self._faults.strike(target):
            case WireFault.TIMEOUT:
                return  # the client is left waiting
            case WireFault.CUT_BODY:
                whole = _bytes(self._book.reply(target, authorization))
                self._transport.write(whole[: len(whole) - max(1, (len(whole) - whole.find(_END_OF_HEAD)) // 2)])
                self._transport.close()
            case WireFault.RATE_LIMITED:
                text = (
                    b'{"status":"ERROR","request_id":"r","error":"You\'ve exceeded the maximum requests per minute."}'
                )
                self._transport.write(_bytes(Reply(429, text, {"Retry-After": "0"})))
            case WireFault.SERVER_ERROR:
                self._transport.write(_bytes(Reply(500, b'{"status":"ERROR","request_id":"r","error":"oops"}')))
            case None:
                self._transport.write(_bytes(self._book.reply(target, authorization)))


async def serve(book: PolygonBook, faults: FaultPlan | None = None, port: int = 0) -> asyncio.Server:
    """Return a server that listens on loopback; `port` 0 takes a free one."""
    plan = faults or FaultPlan()
    return await asyncio.get_running_loop().create_server(lambda: PolygonProtocol(book, plan), "127.0.0.1", port)


def port_of(server: asyncio.Server) -> int:
    """Return the port a server listens on."""
    return int(server.sockets[0].getsockname()[1])


def _bytes(reply: Reply) -> bytes:
    extra = "".join(f"{name}: {value}\r\n" for name, value in reply.headers.items())
    head = (
        f"HTTP/1.1 {reply.status} {_REASONS.get(reply.status, 'Other')}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(reply.body)}\r\n{extra}\r\n"
    )
    return head.encode() + reply.body


async def _run(arguments: argparse.Namespace) -> None:
    book = PolygonBook(read_candles(arguments.candles), page_rows=arguments.page_rows, key=arguments.key)
    kinds = tuple(WireFault(kind) for kind in arguments.fail_kinds.split(","))
    server = await serve(book, FaultPlan(arguments.fail_share, arguments.seed, kinds), arguments.port)
    print(f"listening on {port_of(server)}", flush=True)
    async with server:
        await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candles", type=Path, required=True, help="Parquet, Arrow IPC or CSV (.gz too)")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--key", default=None, help="bearer that requests must carry")
    parser.add_argument("--page-rows", type=int, default=MOST_ROWS)
    parser.add_argument("--fail-share", type=float, default=0.0)
    parser.add_argument("--fail-kinds", default=",".join(WireFault))
    parser.add_argument("--seed", type=int, default=0)
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
