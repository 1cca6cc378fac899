"""What can be wrong with settings whose names and types fit: symbols that are none, providers nobody knows, paths not there.

Channels that cannot be read as well; nothing is sent, and no service is asked.
"""

from collections.abc import Callable, Iterator
from typing import TypeVar

from trend_platform.domain.symbols import canonical_symbol
from trend_platform.domain.timeframes import parse_timeframe
from trend_platform.errors import ConfigurationError
from trend_platform.local import urls
from trend_platform.observability.messenger import AppriseMessenger
from trend_platform.providers.registry import provider_named
from trend_platform.providers.wiring import key_of
from trend_platform.settings import Settings

Value = TypeVar("Value")


def settings_faults(settings: Settings) -> tuple[str, ...]:
    """Return what does not fit, each as one sentence without a secret; nothing if all does."""
    return (
        *_wrong_values(settings),
        *_wrong_providers(settings),
        *_wrong_sources(settings),
        *_wrong_channels(settings),
    )


def _wrong_values(settings: Settings) -> Iterator[str]:
    for symbol in settings.universe:
        yield from _fault("universe", canonical_symbol, symbol)
    yield from _fault("providers.files.timeframe", parse_timeframe, settings.providers.files.timeframe)
    if settings.database_url:
        yield from _fault("database_url", urls.check_database_url, settings.database_url)
    if settings.redis_url:
        yield from _fault("redis_url", urls.check_redis_url, settings.redis_url)


def _fault(name: str, read: Callable[[Value], object], value: Value) -> Iterator[str]:
    try:
        read(value)
    except ConfigurationError as error:
        yield f"{name}: {error}"


def _wrong_providers(settings: Settings) -> Iterator[str]:
    for name in settings.providers.order:
        yield from _fault("providers.order", provider_named, name)
    for what, names in settings.providers.orders.items():
        for name in names:
            yield from _fault(f"providers.orders.{what}", provider_named, name)
    path = settings.providers.files.path
    if path is not None and not path.exists():
        yield f"providers.files.path: {path} is not there"
    if path is None and "files" in settings.providers.order:
        yield "providers.order names 'files', and providers.files.path is not set"


def _wrong_sources(settings: Settings) -> Iterator[str]:
    x = settings.sources.x
    if x.enabled and key_of(x) is None:
        yield "sources.x is enabled and has no token, so it is not asked: set TWITTER_BEARER_TOKEN, or switch it off"


def _wrong_channels(settings: Settings) -> Iterator[str]:
    # By their place: an address is a credential as a whole.
    for channel in AppriseMessenger(settings.alerts.urls).unreadable():
        yield f"alerts.urls: {channel} is no address that Apprise understands; expected one like jsons://host/path"
