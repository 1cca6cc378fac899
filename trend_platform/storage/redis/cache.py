"""The cache of range series in Redis. Down, it answers nothing and skips what it is given; it never raises for that."""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta

import orjson
import redis
from pydantic import SecretStr
from redis.exceptions import RedisError, ResponseError

from trend_platform.domain.clock import Clock
from trend_platform.domain.ranges import Range
from trend_platform.storage.redis.circuit import Circuit
from trend_platform.storage.redis.connection import connect
from trend_platform.storage.redis.keys import series_key, series_lifetime_seconds

_log = logging.getLogger(__name__)

REST_AFTER_FAILURE = timedelta(seconds=5)


class RedisSeriesCache:
    """The `SeriesCache` port over Redis or Valkey; may be shared between threads."""

    def __init__(self, client: redis.Redis, clock: Clock) -> None:
        self._client = client
        self._circuit = Circuit(clock, REST_AFTER_FAILURE)

    def get(self, symbol: str, range_: Range) -> bytes | None:
        """Return the JSON of a range; `None` where it is absent, damaged, or the server is down."""
        if self._circuit.is_open:
            return None
        try:
            value = self._client.get(series_key(symbol, range_))
        except ResponseError as error:  # the server is well; the key holds another type, or may not be read
            _log.warning("%s cannot be read from the cache: %s", series_key(symbol, range_), error)
            return None
        except (RedisError, OSError) as error:
            self._note_failure(error)
            return None
        self._circuit.succeeded()
        return value if isinstance(value, bytes) and _is_json(value) else None

    def put(self, series: Mapping[tuple[str, Range], bytes]) -> int:
        """Store many in one pipeline; return how many were skipped because the server is down or refused them."""
        if not series or self._circuit.is_open:
            return len(series)
        try:
            with self._client.pipeline(transaction=False) as pipeline:
                for (symbol, range_), value in series.items():
                    pipeline.set(series_key(symbol, range_), value, ex=series_lifetime_seconds(range_))
                answers = pipeline.execute(raise_on_error=False)
        except (RedisError, OSError) as error:
            self._note_failure(error)
            return len(series)
        self._circuit.succeeded()
        refused = [answer for answer in answers if isinstance(answer, Exception)]
        if refused:
            _log.warning("the cache refused %d of %d series: %s", len(refused), len(series), refused[0])
        return len(refused)

    def forget(self, symbols: Sequence[str]) -> None:
        """Drop all ranges of these symbols, where the server answers."""
        if not symbols or self._circuit.is_open:
            return
        try:
            self._client.delete(*(series_key(symbol, range_) for symbol in symbols for range_ in Range))
        except (RedisError, OSError) as error:
            self._note_failure(error)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _note_failure(self, error: Exception) -> None:
        self._circuit.failed()
        rest = REST_AFTER_FAILURE.total_seconds()
        _log.warning("Redis does not answer (%s); going on without the cache for %g s", type(error).__name__, rest)


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
