"""A client whose server may be down: that costs its timeout once, a line in the log, and never an error.

What the server is asked for lives in the caches.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Final, TypeVar

import redis
from redis.client import Pipeline
from redis.exceptions import RedisError, ResponseError

from trend_platform.domain.clock import Clock
from trend_platform.storage.redis.circuit import Circuit

_log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

REST_AFTER_FAILURE: Final = timedelta(seconds=5)

_KEYS_PER_STEP: Final = 1000


class GuardedClient:
    """A client behind a circuit breaker; may be shared between threads.

    Args:
        client: The server.
        clock: The time.
        what: What is gone without while it is down, for the log.
        level: How loud that is said; whoever says it in words of its own keeps this one low.
    """

    def __init__(
        self, client: redis.Redis, clock: Clock, what: str = "the cache", level: int = logging.WARNING
    ) -> None:
        self._client, self._what, self._level = client, what, level
        self._circuit = Circuit(clock, REST_AFTER_FAILURE)

    def ask(self, question: Callable[[redis.Redis], Answer]) -> Answer | None:
        """Return what `question` makes of the client, `None` while the server is down or where it refuses."""
        if self._circuit.is_open:
            return None
        try:
            answer = question(self._client)
        except ResponseError as error:  # the server is well; a key holds another type, or may not be read
            _log.warning("%s refused: %s", self._what, error)
            return None
        except (RedisError, OSError) as error:
            self._circuit.failed()
            rest = REST_AFTER_FAILURE.total_seconds()
            said = "Redis does not answer (%s); going on without %s for %g s"
            _log.log(self._level, said, type(error).__name__, self._what, rest)
            return None
        self._circuit.succeeded()
        return answer

    def ask_all(self, fill: Callable[[Pipeline], None]) -> list[object] | None:
        """Send what `fill` puts into one pipeline; return the answers, an exception where one was refused, `None` while down."""

        def send(client: redis.Redis) -> list[object]:
            with client.pipeline(transaction=False) as pipeline:
                fill(pipeline)
                return list(pipeline.execute(raise_on_error=False))

        return self.ask(send)

    def drop(self, pattern: str, is_unwanted: Callable[[str], bool]) -> int:
        """Drop the unwanted ones of the keys that look like `pattern`; return how many went, 0 while the server is down."""
        return sum(self._drop_some(keys) for keys in self._found(pattern, is_unwanted))

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _found(self, pattern: str, is_unwanted: Callable[[str], bool]) -> Iterator[list[bytes]]:
        # SCAN by steps: the server answers others in between, however many keys it holds.
        cursor, is_begun = 0, False
        while cursor or not is_begun:
            found = self.ask(partial(_scan, cursor=cursor, pattern=pattern))
            if found is None:
                return
            (cursor, keys), is_begun = found, True
            unwanted = [key for key in keys if is_unwanted(key.decode(errors="replace"))]
            if unwanted:
                yield unwanted

    def _drop_some(self, keys: list[bytes]) -> int:
        return self.ask(lambda client: int(client.unlink(*keys))) or 0


def _scan(client: redis.Redis, cursor: int, pattern: str) -> tuple[int, list[bytes]]:
    following, keys = client.scan(cursor, match=pattern, count=_KEYS_PER_STEP)
    return int(following), [key for key in keys if isinstance(key, bytes)]
