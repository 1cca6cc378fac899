"""A local server in Polygon's shape: real sockets on loopback, lean enough to be no bottleneck, with planned faults.

Run it beside a test: `python -m trend_platform_tests.servers.polygon_server --candles FILE [--fail-share 0.05]`; it
prints `listening on PORT` once it does. Market and shape live in `polygon_book`, sockets and faults in `wire`.
"""

import argparse
import asyncio
from pathlib import Path

from trend_platform_tests.servers.polygon_book import MOST_ROWS, PolygonBook, read_candles
from trend_platform_tests.servers.wire import Reply, add_arguments, serve_forever
from trend_platform_tests.servers.wire_faults import WireFault

_TOO_MANY = b'{"status":"ERROR","request_id":"r","error":"You\'ve exceeded the maximum requests per minute."}'
_REFUSALS = {
    WireFault.RATE_LIMITED: Reply(429, _TOO_MANY, {"Retry-After": "0"}),
    WireFault.SERVER_ERROR: Reply(500, b'{"status":"ERROR","request_id":"r","error":"oops"}'),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candles", type=Path, required=True, help="Parquet, Arrow IPC or CSV (.gz too)")
    parser.add_argument("--key", default=None, help="bearer that requests must carry")
    parser.add_argument("--page-rows", type=int, default=MOST_ROWS)
    add_arguments(parser)
    arguments = parser.parse_args()
    book = PolygonBook(read_candles(arguments.candles), page_rows=arguments.page_rows, key=arguments.key)
    asyncio.run(serve_forever(book.reply, _REFUSALS, arguments))


if __name__ == "__main__":
    main()
