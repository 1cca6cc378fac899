"""A server on loopback that repeats every key it is sent: in bodies, in headers, in the place it sends people on to.

Polygon's paths are answered from a book, so that one provider succeeds; whoever else asks is refused in turn in each of the
ways in which providers refuse.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from urllib.parse import unquote_plus

import polars as pl

from trend_platform_tests.servers.polygon_book import PolygonBook

_DAYS = 40


class Gossip:
    """What the server has heard so far, and where it is.

    Attributes:
        heard: Every request: its address and its headers.
        url: Where it listens.
    """

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.book = PolygonBook(_candles())
        self._turn = count()

    def answer(self, target: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body; what was sent is repeated in all of them."""
        sent = f"{unquote_plus(target)} {target} {headers}"
        self.heard.append(sent)
        said = {"X-Echo": target.replace("\n", ""), "X-Request-Id": headers.get("authorization", "none")}
        if target.startswith(("/polygon/v2/aggs", "/polygon/v3")):
            reply = self.book.reply(target.removeprefix("/polygon"), headers.get("authorization", ""))
            return reply.status, {**said, "Content-Type": "application/json"}, reply.body[:-1] + _echo(sent)
        return self._refusal(said, sent, target)

    def _refusal(self, said: dict[str, str], sent: str, target: str) -> tuple[int, dict[str, str], bytes]:
        words = sent.replace('"', "'").replace("\\", "")
        told = f'{{"error": "key refused: {words}", "message": "{words}", "Note": "{words}"}}'.encode()
        elsewhere = f"http://{said['X-Request-Id'].split()[-1]}.test{target}"
        ways = (
            (401, said, told),
            (429, {**said, "Retry-After": "60"}, told),
            (500, said, words.encode()),
            (302, {**said, "Location": elsewhere}, b""),
            (200, {**said, "Content-Type": "text/html"}, f"<html><body>{words}</body></html>".encode()),
            (200, said, told),
            (403, said, told),
            (200, said, told[:-9]),
        )
        return ways[next(self._turn) % len(ways)]


@contextmanager
def gossip() -> Iterator[tuple[Gossip, str]]:
    """Serve on a free port of loopback; tell what was heard, and where it listens."""
    told = Gossip()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = told.answer(
                self.path, {name.lower(): value for name, value in self.headers.items()}
            )
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the signature is the library's
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield told, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def _echo(sent: str) -> bytes:
    return b', "you_sent": "' + sent.replace('"', "'").replace("\\", "").encode() + b'"}'


def _candles() -> pl.DataFrame:
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [midnight - timedelta(days=back) for back in range(_DAYS, 0, -1)]
    price = [100.0 + number for number in range(_DAYS)]
    columns = {"opened_at": days, "open": price, "high": price, "low": price, "close": price, "volume": price}
    return pl.concat(pl.DataFrame({"symbol": symbol, **columns}) for symbol in ("AAPL", "X:BTCUSD"))
