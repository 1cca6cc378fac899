"""A session for tests: the verbs work on a store, a clock and providers that the test chose."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from pydantic import SecretStr

from trend_platform.cli.prices import price_kind, refuse_other_prices
from trend_platform.domain.clock import Clock
from trend_platform.ingest.workshop import Workshop
from trend_platform.local.connections import Connections
from trend_platform.providers.base import Provider
from trend_platform.providers.patience import Patience
from trend_platform.settings import Mode, Settings


@dataclass
class GivenSession:
    """What a verb works with in a test.

    Attributes:
        whole: The workshop with every provider at hand.
        settings: What the user set.
        database_url: For verbs that look behind the ports.
        redis_url: The same.
        mode: Where prices come from.
        asked_for: Per opened workshop, the provider that was named and whether none was wanted.
        patience: How the workshop opened last was to retry.
    """

    whole: Workshop
    settings: Settings = field(default_factory=Settings)
    database_url: str = "postgresql://nobody@127.0.0.1:9/nowhere"
    redis_url: str = "redis://127.0.0.1:9/0"
    mode: Mode = Mode.SIMULATED
    asked_for: list[tuple[str | None, bool]] = field(default_factory=list)
    patience: Patience | None = None

    @property
    def clock(self) -> Clock:
        return self.whole.clock

    @property
    def connections(self) -> Connections:
        database, redis = SecretStr(self.database_url), SecretStr(self.redis_url)
        return Connections(database, database, redis, self.mode, "the test says so", False, database, redis)

    @contextmanager
    def workshop(
        self,
        provider: str | None = None,
        ready: tuple[Provider, ...] | None = None,
        patience: Patience | None = None,
    ) -> Iterator[Workshop]:
        self.patience = patience
        refuse_other_prices(provider, price_kind(self.mode))
        self.asked_for.append((provider, ready == ()))
        yield replace(self.whole, providers=ready) if ready is not None else self.whole.with_provider(provider)
