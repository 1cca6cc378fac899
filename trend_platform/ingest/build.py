"""The composition root: the one place where settings, databases and providers become a workshop."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from pydantic import SecretStr

from trend_platform.domain.clock import Clock, SystemClock
from trend_platform.errors import SimulatedDataRefused
from trend_platform.ingest.workshop import IngestPolicy, Workshop
from trend_platform.providers.base import Provider
from trend_platform.providers.registry import open_provider
from trend_platform.quality.quotes import QuoteLimits
from trend_platform.settings import Settings
from trend_platform.storage.base import PriceKind
from trend_platform.storage.redis.cache import open_cache
from trend_platform.storage.redis.prices import open_prices
from trend_platform.storage.timescale.store import open_timescale


@contextmanager
def open_workshop(
    settings: Settings,
    database_url: SecretStr,
    redis_url: SecretStr,
    kind: PriceKind,
    clock: Clock | None = None,
    provider: str | None = None,
    ready: tuple[Provider, ...] | None = None,
) -> Iterator[Workshop]:
    """Open what the use cases work with; connections close when the context ends.

    Args:
        settings: What the user set.
        database_url: The market's database.
        redis_url: The cache.
        kind: Which prices the database must hold.
        clock: The time; the machine's own by default.
        provider: Put only this provider at hand instead of the settings' order.
        ready: Put exactly these providers at hand; none of them for readers, who then need no provider's settings.

    Raises:
        UnavailableError: The database does not answer or is not migrated.
        SimulatedDataRefused: The database holds the other kind of prices.
        ConfigurationError: A provider is not known or lacks a setting.
    """
    clock = clock or SystemClock()
    storage = open_timescale(database_url)
    cache, prices = open_cache(redis_url, clock), open_prices(redis_url, clock)
    try:
        if storage.market.kind is not kind:
            raise SimulatedDataRefused(
                f"this database holds {storage.market.kind.value} prices and {kind.value} ones were about to be used with it: "
                "each kind has its own database; see `trend doctor` and the setting TREND_MODE"
            )
        providers = _providers(settings, kind, clock, provider) if ready is None else ready
        yield Workshop(storage, cache, prices, providers, clock, _policy(settings))
    finally:
        prices.close()
        cache.close()
        storage.close()


def provider_names(settings: Settings, kind: PriceKind) -> tuple[str, ...]:
    """Return the providers at hand, the preferred one first.

    Simulated prices come from the simulated provider alone. Real ones come from the order the user set, else from the
    user's own files, then from every provider that is enabled and has what it needs.
    """
    if kind is PriceKind.SIMULATED:
        return ("simulated",)
    providers = settings.providers
    if providers.order:
        return tuple(name for name in providers.order if name != "simulated")
    ready = {
        "files": providers.files.enabled and providers.files.path is not None,
        "polygon": providers.polygon.enabled and providers.polygon.api_key is not None,
        "coingecko": providers.coingecko.enabled,
    }
    return tuple(name for name, is_ready in ready.items() if is_ready)


def _policy(settings: Settings) -> IngestPolicy:
    realtime = settings.realtime
    limits = QuoteLimits(
        stale_after=timedelta(seconds=realtime.stale_after_seconds),
        jump_percent=realtime.jump_percent,
        ahead=timedelta(seconds=realtime.ahead_seconds),
    )
    return IngestPolicy(replacing=settings.providers.replace_policy, quotes=limits)


def _providers(settings: Settings, kind: PriceKind, clock: Clock, only: str | None) -> tuple[Provider, ...]:
    names = (only,) if only else provider_names(settings, kind)
    return tuple(open_provider(name, settings.providers, clock) for name in names)
