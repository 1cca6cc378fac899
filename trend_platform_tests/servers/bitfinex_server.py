"""A local server in Bitfinex's shape: real sockets on loopback, recorded candles, planned faults.

Run it beside a test: `python -m trend_platform_tests.servers.bitfinex_server --candles tBTCUSD=FILE [--fail-share 0.05]`; it
prints `listening on PORT` once it does. Market and shape live in `bitfinex_book`, sockets and faults in `wire`.
"""

import argparse
import asyncio
from pathlib import Path

from trend_platform_tests.servers.bitfinex_book import BitfinexBook, read_rows
from trend_platform_tests.servers.wire import Reply, add_arguments, serve_forever
from trend_platform_tests.servers.wire_faults import WireFault

# A breach is waited for a minute, so it is not among the faults that are planted unasked.
_USUAL_FAULTS = f"{WireFault.SERVER_ERROR},{WireFault.CUT_BODY}"
_REFUSALS = {
    WireFault.RATE_LIMITED: Reply(429, b'["error",11010,"ratelimit: error"]'),
    WireFault.SERVER_ERROR: Reply(500, b'["error",10001,"unknown"]'),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--candles", nargs="+", required=True, help="SYMBOL=FILE; files of one symbol in their order")
    add_arguments(parser)
    parser.set_defaults(fail_kinds=_USUAL_FAULTS)
    arguments = parser.parse_args()
    told: dict[str, list[bytes]] = {}
    for symbol, _, file in (one.partition("=") for one in arguments.candles):
        told.setdefault(symbol, []).extend(read_rows(Path(file)))
    book = BitfinexBook(told)
    asyncio.run(serve_forever(lambda target, _: book.reply(target), _REFUSALS, arguments))


if __name__ == "__main__":
    main()
