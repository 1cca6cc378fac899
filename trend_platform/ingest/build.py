"""The composition root: the one place where settings, databases and providers become a workshop."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache as once

from pydantic import SecretStr

from trend_platform.domain.breakers import BreakerPolicy
from trend_platform.domain.clock import Clock, SystemClock
from trend_platform.errors import SimulatedDataRefused
from trend_platform.ingest.breaker import Breakers
from trend_platform.ingest.ordering import OrderPolicy
from trend_platform.ingest.replay import OpenToReplay
from trend_platform.ingest.workshop import IngestPolicy, Workshop
from trend_platform.providers.base import Provider
from trend_platform.providers.budgets import LocalBudgets
from trend_platform.providers.limits import AloneNotice
from trend_platform.providers.patience import Patience
from trend_platform.providers.registry import open_provider, provider_named
from trend_platform.providers.replaying import Find, open_to_replay
from trend_platform.providers.sharing import Shared
from trend_platform.providers.source_registry import ConfiguredSources
from trend_platform.providers.sources import ReadySources, Sources
from trend_platform.quality.quotes import QuoteLimits
from trend_platform.settings import Ordering, ProvidersSettings, Settings
from trend_platform.storage.archive.files import FileArchive
from trend_platform.storage.base import PriceKind
from trend_platform.storage.redis.budget import RedisBudgets, open_budgets
from trend_platform.storage.redis.cache import RedisSeriesCache, open_cache
from trend_platform.storage.redis.keys import PRICES_CHANNEL, SIMULATED_PRICES_CHANNEL
from trend_platform.storage.redis.prices import RedisPriceCache, open_prices
from trend_platform.storage.redis.trips import RedisTrips, open_trips
from trend_platform.storage.timescale.store import open_timescale
from trend_platform.storage.trips import LocalTrips


@contextmanager
def open_workshop(
    settings: Settings,
    database_url: SecretStr,
    redis_url: SecretStr,
    kind: PriceKind,
    clock: Clock | None = None,
    provider: str | None = None,
    ready: tuple[Provider, ...] | None = None,
    patience: Patience | None = None,
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
        patience: How providers are asked again, where that is not left to their settings.

    Raises:
        UnavailableError: The database does not answer or is not migrated.
        SimulatedDataRefused: The database holds the other kind of prices.
        ConfigurationError: A provider is not known or lacks a setting.
    """
    clock = clock or SystemClock()
    archive = FileArchive(settings.archive.folder(settings.home))
    with closing(open_timescale(database_url)) as storage, _opened_redis(redis_url, clock, kind) as redis:
        _refuse_other_prices(storage.market.kind, kind)
        shared = _shared(redis.budgets, archive if settings.archive.enabled else None, patience or Patience())
        yield Workshop(
            storage,
            redis.cache,
            redis.prices,
            _providers(settings, kind, clock, provider, shared) if ready is None else ready,
            clock,
            _policy(settings),
            shared=shared,
            archive=archive,
            sources=_sources(settings, kind, clock, shared),
            breakers=Breakers(redis.trips, _breaker_policy(settings)),
        )


@dataclass(frozen=True, slots=True)
class _Redis:
    # What lives in Redis; none of it is missed for long when the server is away.
    cache: RedisSeriesCache
    prices: RedisPriceCache
    budgets: RedisBudgets
    trips: RedisTrips


@contextmanager
def _opened_redis(url: SecretStr, clock: Clock, kind: PriceKind) -> Iterator[_Redis]:
    channel = PRICES_CHANNEL if kind is PriceKind.REAL else SIMULATED_PRICES_CHANNEL
    with (
        closing(open_cache(url, clock)) as cache,
        closing(open_prices(url, clock, channel)) as prices,
        closing(open_budgets(url, clock)) as budgets,
    ):
        trips = open_trips(url, clock, _trips_of_this_process())
        try:
            yield _Redis(cache, prices, budgets, trips)
        finally:
            trips.disconnect()


def _refuse_other_prices(found: PriceKind, wanted: PriceKind) -> None:
    if found is not wanted:
        raise SimulatedDataRefused(
            f"this database holds {found.value} prices and {wanted.value} ones were about to be used with it: "
            "each kind has its own database; see `trend doctor` and the setting TREND_MODE"
        )


def _shared(budgets: RedisBudgets, archive: FileArchive | None, patience: Patience) -> Shared:
    local, notice = _limits_of_this_process()
    return Shared(budgets, archive, local=local, notice=notice, patience=patience)


def opener_to_replay(settings: Settings) -> OpenToReplay:
    """Return what opens a provider on kept answers, for `ingest.replay`."""

    def open_(name: str, clock: Clock, find: Find) -> Provider:
        return open_to_replay(name, settings.providers, clock, find)

    return open_


def provider_names(settings: Settings, kind: PriceKind) -> tuple[str, ...]:
    """Return the providers at hand, the preferred one first.

    Simulated prices come from the simulated provider alone. Real ones come from the order the user set, else from every
    provider that is enabled and has what it needs (see `ProvidersSettings`), and from those that an order of its own names.
    """
    if kind is PriceKind.SIMULATED:
        return ("simulated",)
    providers = settings.providers
    named = (name for names in providers.orders.values() for name in names)
    names = dict.fromkeys(map(provider_named, (*(providers.order or providers.ready), *named)))
    return tuple(name for name in names if name != "simulated")


def _policy(settings: Settings) -> IngestPolicy:
    realtime = settings.realtime
    limits = QuoteLimits(
        stale_after=timedelta(seconds=realtime.stale_after_seconds),
        jump_percent=realtime.jump_percent,
        ahead=timedelta(seconds=realtime.ahead_seconds),
    )
    providers = settings.providers
    return IngestPolicy(
        replacing=providers.replace_policy,
        quotes=limits,
        answers_days=settings.archive.retention_days,
        order=_order_policy(providers),
        hedges=providers.hedges,
        half_life=timedelta(hours=providers.fallback.half_life_hours),
        reconcile_share=providers.fallback.reconcile_share,
    )


def _order_policy(providers: ProvidersSettings) -> OrderPolicy:
    special = {what: tuple(map(provider_named, names)) for what, names in providers.orders.items()}
    by_scores = providers.ordering is Ordering.SCORECARD
    return OrderPolicy(tuple(map(provider_named, providers.order)), special, by_scores)


def _breaker_policy(settings: Settings) -> BreakerPolicy:
    fallback = settings.providers.fallback
    rest, longest = (timedelta(seconds=one) for one in (fallback.rest_seconds, fallback.longest_rest_seconds))
    return BreakerPolicy(failures=fallback.failures, rest=rest, longest_rest=max(rest, longest))


@once
def _limits_of_this_process() -> tuple[LocalBudgets, AloneNotice]:
    # The same for limits: a worker that opens a workshop each minute must not begin each one with full windows.
    return LocalBudgets(), AloneNotice()


@once
def _trips_of_this_process() -> LocalTrips:
    # Outlives a workshop, so that without Redis a process at least remembers what it has learnt itself.
    return LocalTrips()


def _providers(
    settings: Settings, kind: PriceKind, clock: Clock, only: str | None, shared: Shared
) -> tuple[Provider, ...]:
    names = (only,) if only else provider_names(settings, kind)
    return tuple(open_provider(name, settings.providers, clock, shared=shared) for name in names)


def _sources(settings: Settings, kind: PriceKind, clock: Clock, shared: Shared) -> Sources:
    # Real figures and headlines beside prices that are made up would only mislead.
    return ReadySources() if kind is PriceKind.SIMULATED else ConfiguredSources(settings, clock, shared=shared)
