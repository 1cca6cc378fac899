"""The providers by name. Each one's modules are loaded when it is opened and not before."""

from collections.abc import Callable
from difflib import get_close_matches
from types import MappingProxyType

import httpx

from trend_platform.domain.clock import Clock
from trend_platform.errors import ConfigurationError
from trend_platform.providers.base import Provider
from trend_platform.settings import ProvidersSettings

_Opener = Callable[[ProvidersSettings, Clock, httpx.AsyncBaseTransport | None], Provider]

# Sources that people still know and that no longer serve.
_CLOSED = MappingProxyType(
    {
        "iex": "IEX Cloud shut down on 2024-08-31; Tiingo and Alpaca carry IEX prices, and polygon the whole tape",
        "iexcloud": "IEX Cloud shut down on 2024-08-31; Tiingo and Alpaca carry IEX prices, and polygon the whole tape",
        "stooq": "Stooq answers programs with a puzzle for browsers since July 2026; download by hand and use files",
    }
)
_OTHER_NAMES = MappingProxyType({"massive": "polygon", "polygon.io": "polygon", "coin-gecko": "coingecko"})


def known_providers() -> tuple[str, ...]:
    """Return the names of all providers there are."""
    return tuple(_OPENERS)


def open_provider(
    name: str, settings: ProvidersSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None = None
) -> Provider:
    """Return the provider of that name, ready to be asked; nothing is sent yet.

    Args:
        name: As in settings, such as `polygon`.
        settings: What the user set for all of them.
        clock: The time.
        transport: The network; the real one by default. Providers that use none ignore it.

    Raises:
        ConfigurationError: There is no such provider, or it lacks a setting.
        AuthFailed: Its key is missing.
    """
    asked = name.strip().lower()
    opener = _OPENERS.get(_OTHER_NAMES.get(asked, asked))
    if opener is None:
        raise _unknown(name, asked)
    return opener(settings, clock, transport)


def _unknown(name: str, asked: str) -> ConfigurationError:
    if asked in _CLOSED:
        return ConfigurationError(f"provider {name!r} is closed: {_CLOSED[asked]}")
    close = get_close_matches(asked, [*_OPENERS, *_OTHER_NAMES], n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return ConfigurationError(f"there is no provider {name!r}: {hint}known are {', '.join(_OPENERS)}")


def _polygon(settings: ProvidersSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None) -> Provider:
    from trend_platform.providers.polygon.provider import open_polygon  # noqa: PLC0415  loaded when asked for

    return open_polygon(settings.polygon, clock, transport)


def _coingecko(settings: ProvidersSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None) -> Provider:
    from trend_platform.providers.coingecko.provider import open_coingecko  # noqa: PLC0415  loaded when asked for

    return open_coingecko(settings.coingecko, clock, transport)


def _files(settings: ProvidersSettings, clock: Clock, _transport: httpx.AsyncBaseTransport | None) -> Provider:
    from trend_platform.providers.files.provider import FilesProvider  # noqa: PLC0415  loaded when asked for

    return FilesProvider(settings.files, clock)


def _simulated(settings: ProvidersSettings, clock: Clock, transport: httpx.AsyncBaseTransport | None) -> Provider:
    from trend_platform.providers.simulated.provider import SimulatedProvider  # noqa: PLC0415  loaded when asked for

    return SimulatedProvider(settings.simulated, clock, transport)


_OPENERS: MappingProxyType[str, _Opener] = MappingProxyType(
    {"polygon": _polygon, "coingecko": _coingecko, "files": _files, "simulated": _simulated}
)
