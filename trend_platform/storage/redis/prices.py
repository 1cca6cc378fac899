"""Latest prices in Redis: one key each, and a message to whoever listens. Down, it answers nothing and never raises."""

import logging
from collections.abc import Collection, Mapping, Sequence

import redis
from pydantic import SecretStr
from redis.client import Pipeline

from trend_platform.domain.clock import Clock
from trend_platform.storage.redis.connection import connect
from trend_platform.storage.redis.guard import GuardedClient
from trend_platform.storage.redis.keys import PRICE_PATTERN, PRICE_SECONDS, PRICES_CHANNEL, price_key, symbol_of_price

_log = logging.getLogger(__name__)


class RedisPriceCache:
    """The `PriceCache` port over Redis or Valkey; may be shared between threads."""

    def __init__(self, client: redis.Redis, clock: Clock, channel: str = PRICES_CHANNEL) -> None:
        self._guarded = GuardedClient(client, clock)
        self._channel = channel

    def get(self, symbols: Sequence[str]) -> Mapping[str, bytes]:
        """Return the value of those that are there, as it was found; none while the server is down."""
        if not symbols:
            return {}
        found = self._guarded.ask(lambda client: client.mget([price_key(symbol) for symbol in symbols])) or ()
        return {symbol: value for symbol, value in zip(symbols, found, strict=False) if isinstance(value, bytes)}

    def put(self, prices: Mapping[str, bytes]) -> int:
        """Store and publish many in one pipeline; return how many were skipped: the server is down or refused them."""
        if not prices:
            return 0

        def fill(pipeline: Pipeline) -> None:
            # All are stored before the first is told: who hears of one price finds the others of its minute too.
            for symbol, value in prices.items():
                pipeline.set(price_key(symbol), value, ex=PRICE_SECONDS)
            for value in prices.values():
                pipeline.publish(self._channel, value)

        answers = self._guarded.ask_all(fill)
        if answers is None:
            return len(prices)
        refused = [answer for answer in answers if isinstance(answer, Exception)]
        if refused:
            _log.warning("the cache refused %d of %d commands: %s", len(refused), len(answers), refused[0])
        return sum(isinstance(answer, Exception) for answer in answers[: len(prices)])

    def forget_others(self, keep: Collection[str]) -> int:
        """Drop the price of every symbol that is not in `keep`; return how many keys went, 0 while the server is down."""
        kept = frozenset(keep)

        def is_unwanted(key: str) -> bool:
            symbol = symbol_of_price(key)
            return symbol is not None and symbol not in kept

        return self._guarded.drop(PRICE_PATTERN, is_unwanted)

    def close(self) -> None:
        """Close the connections."""
        self._guarded.close()


def open_prices(url: SecretStr, clock: Clock, channel: str = PRICES_CHANNEL) -> RedisPriceCache:
    """Return the cache at `url` that tells prices on `channel`; no connection is made before it is first used.

    Raises:
        ConfigurationError: `url` is no Redis URL.
    """
    return RedisPriceCache(connect(url), clock, channel)
