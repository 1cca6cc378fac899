"""The cache of range series in Redis. Down, it answers nothing and skips what it is given; it never raises for that."""

import logging
from collections.abc import Collection, Mapping, Sequence

import orjson
import redis
from pydantic import SecretStr
from redis.client import Pipeline

from trend_platform.domain.clock import Clock
from trend_platform.domain.ranges import Range
from trend_platform.storage.redis.connection import connect
from trend_platform.storage.redis.guard import GuardedClient
from trend_platform.storage.redis.keys import SERIES_PATTERNS, series_key, series_lifetime_seconds, symbol_of_series

_log = logging.getLogger(__name__)


class RedisSeriesCache:
    """The `SeriesCache` port over Redis or Valkey; may be shared between threads."""

    def __init__(self, client: redis.Redis, clock: Clock) -> None:
        self._guarded = GuardedClient(client, clock)

    def get(self, symbol: str, range_: Range) -> bytes | None:
        """Return the JSON of a range; `None` where it is absent, damaged, or the server is down."""
        value = self._guarded.ask(lambda client: client.get(series_key(symbol, range_)))
        return value if isinstance(value, bytes) and _is_json(value) else None

    def put(self, series: Mapping[tuple[str, Range], bytes]) -> int:
        """Store many in one pipeline; return how many were skipped because the server is down or refused them."""
        if not series:
            return 0

        def fill(pipeline: Pipeline) -> None:
            for (symbol, range_), value in series.items():
                pipeline.set(series_key(symbol, range_), value, ex=series_lifetime_seconds(range_))

        answers = self._guarded.ask_all(fill)
        if answers is None:
            return len(series)
        refused = [answer for answer in answers if isinstance(answer, Exception)]
        if refused:
            _log.warning("the cache refused %d of %d series: %s", len(refused), len(series), refused[0])
        return len(refused)

    def forget(self, symbols: Sequence[str]) -> None:
        """Drop all ranges of these symbols, where the server answers."""
        keys = [series_key(symbol, range_) for symbol in symbols for range_ in Range]
        if keys:
            self._guarded.ask(lambda client: client.delete(*keys))

    def forget_others(self, keep: Collection[str]) -> int:
        """Drop the series of every symbol that is not in `keep`; return how many keys went, 0 while the server is down."""
        kept = frozenset(keep)

        def is_unwanted(key: str) -> bool:
            symbol = symbol_of_series(key)
            return symbol is not None and symbol not in kept

        return sum(self._guarded.drop(pattern, is_unwanted) for pattern in SERIES_PATTERNS)

    def close(self) -> None:
        """Close the connections."""
        self._guarded.close()


def open_cache(url: SecretStr, clock: Clock) -> RedisSeriesCache:
    """Return the cache at `url`; no connection is made before it is first used.

    Raises:
        ConfigurationError: `url` is no Redis URL.
    """
    return RedisSeriesCache(connect(url), clock)


def _is_json(value: bytes) -> bool:
    try:
        orjson.loads(value)
    except orjson.JSONDecodeError:
        return False
    return True
