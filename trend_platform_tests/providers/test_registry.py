"""Providers by name: the known, the closed and the misspelt."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

import trend_platform.providers
from trend_platform.domain.clock import ManualClock
from trend_platform.errors import AuthFailed, ConfigurationError
from trend_platform.providers.base import Provider
from trend_platform.providers.reference import TellsDelistings, TellsDividends, TellsListing, TellsMarketStatus
from trend_platform.providers.registry import known_providers, open_provider, provider_named
from trend_platform.settings import KEY_NAMES, PolygonSettings, ProviderSettings, ProvidersSettings

CLOCK = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
KEY = SecretStr("k")
FOLDER = Path(trend_platform.providers.__file__).parent

each_provider = pytest.mark.parametrize("name", known_providers())


def filled(path: Path) -> ProvidersSettings:
    """Return settings with which every provider can be opened."""
    plain = ProvidersSettings()
    needed = {"api_key": KEY, "secret_key": KEY, "code": "WIKI/{symbol}", "path": path}
    update = {
        name: one.model_copy(update={need: needed[need] for need in one.needs})
        for name, one in plain
        if isinstance(one, ProviderSettings)
    }
    return plain.model_copy(update=update)


def with_a_provider() -> Iterator[str]:
    for module in FOLDER.glob("*/provider.py"):
        yield module.parent.name


def test_every_folder_with_a_provider_is_known_and_has_its_settings() -> None:
    settings = {name for name, one in ProvidersSettings() if isinstance(one, ProviderSettings)}
    assert set(known_providers()) == set(with_a_provider()) == settings
    assert len(known_providers()) == len(set(known_providers()))


@each_provider
async def test_each_opens_under_its_name_with_what_it_needs(name: str, tmp_path: Path) -> None:
    provider: Provider = open_provider(name, filled(tmp_path), CLOCK)
    assert provider.name == name
    assert provider.capabilities.asset_classes
    await provider.close()


@each_provider
def test_each_claims_the_ports_it_keeps(name: str, tmp_path: Path) -> None:
    provider = open_provider(name, filled(tmp_path), CLOCK)
    able = provider.capabilities
    # A plan may be too small for what the provider could tell: then it is not claimed.
    assert isinstance(provider, TellsDividends) or not able.has_dividends
    assert isinstance(provider, TellsDelistings) or not able.has_delistings
    assert isinstance(provider, TellsListing) or not able.listings
    assert isinstance(provider, TellsMarketStatus) == able.has_market_status


@each_provider
def test_what_is_missing_is_named_as_the_user_would_set_it(name: str) -> None:
    needs = getattr(ProvidersSettings(), name).needs
    if not needs:
        assert open_provider(name, ProvidersSettings(), CLOCK).name == name
        return
    variables = [key.upper() for key, target in KEY_NAMES.items() if target.startswith(f"trend_providers__{name}__")]
    with pytest.raises((AuthFailed, ConfigurationError)) as told:
        open_provider(name, ProvidersSettings(), CLOCK)
    assert any(word in str(told.value) for word in [*variables, *(f"providers.{name}.{need}" for need in needs)])


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Massive", "polygon"),
        (" POLYGON ", "polygon"),
        ("polygon.io", "polygon"),
        ("twelve-data", "twelvedata"),
        ("Alpha Vantage", "alphavantage"),
        ("CoinDesk", "cryptocompare"),
        ("quandl", "nasdaq_data_link"),
    ],
)
def test_a_provider_is_known_by_the_names_people_use(name: str, known: str) -> None:
    assert provider_named(name) == known


def test_it_opens_under_another_name_too() -> None:
    settings = ProvidersSettings(polygon=PolygonSettings(api_key=KEY))
    assert open_provider("Massive", settings, CLOCK).name == "polygon"


@pytest.mark.parametrize(
    ("name", "instead"),
    [("iex", "tiingo or alpaca"), ("IEXcloud", "tiingo"), ("IEX Cloud", "tiingo"), ("stooq", "files")],
)
def test_a_closed_source_says_what_took_its_place(name: str, instead: str) -> None:
    with pytest.raises(ConfigurationError, match=f"is closed.*{instead}"):
        open_provider(name, ProvidersSettings(), CLOCK)


def test_a_misspelt_name_is_met_with_a_guess_and_no_list() -> None:
    with pytest.raises(ConfigurationError, match=r"'poligon'; did you mean polygon\?$"):
        provider_named("poligon")


def test_a_name_like_none_is_met_with_the_list() -> None:
    with pytest.raises(ConfigurationError, match=r"'zzzz'; known are polygon, .*, simulated$"):
        provider_named("zzzz")
