"""The providers by name. Each one's modules are loaded when it is opened and not before.

A provider lives in `providers/NAME/provider.py`, whose function `open_NAME` takes its settings, the clock and the network.
"""

from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module
from types import MappingProxyType
from typing import Any

import httpx

from trend_platform.domain.clock import Clock
from trend_platform.errors import ConfigurationError
from trend_platform.providers.base import Provider
from trend_platform.providers.sharing import Shared, sharing
from trend_platform.settings import ProvidersSettings
from trend_platform.settings.closed import CLOSED

_Opener = Callable[[Any, Clock, httpx.AsyncBaseTransport | None], Provider]

_NAMES = (
    *("polygon", "alpaca", "tiingo", "twelvedata", "fmp", "finnhub", "alphavantage", "nasdaq_data_link", "yahoo"),
    *("coinbase", "bitfinex", "kraken", "binance", "coingecko", "cryptocompare"),
    *("files", "simulated"),
)

_OTHER_NAMES = MappingProxyType(
    {
        "massive": "polygon",
        "polygon.io": "polygon",
        "coin_gecko": "coingecko",
        "twelve_data": "twelvedata",
        "alpha_vantage": "alphavantage",
        "financial_modeling_prep": "fmp",
        "coindesk": "cryptocompare",
        "quandl": "nasdaq_data_link",
    }
)


def known_providers() -> tuple[str, ...]:
    """Return the names of all providers there are."""
    return _NAMES


def provider_named(name: str) -> str:
    """Return the provider's own name for one of those people use, such as `polygon` for `Massive`.

    Raises:
        ConfigurationError: There is no such provider, or none any more; the message says who took its place.
    """
    asked = name.strip().lower().replace("-", "_").replace(" ", "_")
    found = _OTHER_NAMES.get(asked, asked)
    if found in _NAMES:
        return found
    if asked in CLOSED:
        raise ConfigurationError(f"provider {name!r} is closed: {CLOSED[asked]}")
    close = get_close_matches(asked, [*_NAMES, *_OTHER_NAMES], n=1)
    hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(_NAMES)}"
    raise ConfigurationError(f"there is no provider {name!r}; {hint}")


def open_provider(
    name: str,
    settings: ProvidersSettings,
    clock: Clock,
    transport: httpx.AsyncBaseTransport | None = None,
    shared: Shared | None = None,
) -> Provider:
    """Return the provider of that name, ready to be asked; nothing is sent yet.

    Args:
        name: As in settings, such as `polygon`, or another one that `provider_named` knows.
        settings: What the user set for all of them.
        clock: The time.
        transport: The network; the real one by default. Providers that use none ignore it.
        shared: The budgets and the archive it shares with others; by default nothing is shared and nothing kept.

    Raises:
        ConfigurationError: There is no such provider, or it lacks a setting.
        AuthFailed: Its key is missing.
    """
    known = provider_named(name)
    module = import_module(f"trend_platform.providers.{known}.provider")
    opener: _Opener = getattr(module, f"open_{known}")
    with sharing(shared or Shared()):
        return opener(getattr(settings, known), clock, transport)
