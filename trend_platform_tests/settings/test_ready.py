"""Which providers are asked where the user names none: enabled, with what they need, in the order the settings give."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from trend_platform.ingest.build import provider_names
from trend_platform.settings import (
    AlpacaSettings,
    BinanceSettings,
    CoinbaseSettings,
    FilesSettings,
    NasdaqDataLinkSettings,
    PolygonSettings,
    ProviderSettings,
    ProvidersSettings,
    Settings,
)
from trend_platform.storage.base import PriceKind

KEY = SecretStr("k")
KEYLESS = ("coinbase", "bitfinex", "kraken", "coingecko")


def names(providers: ProvidersSettings, kind: PriceKind = PriceKind.REAL) -> tuple[str, ...]:
    return provider_names(Settings(providers=providers), kind)


def test_without_a_key_the_exchanges_and_coingecko_are_asked() -> None:
    assert names(ProvidersSettings()) == KEYLESS


def test_with_every_key_all_but_those_that_must_be_named_are_asked() -> None:
    providers = ProvidersSettings()
    filled: dict[str, ProviderSettings] = {
        name: one.model_copy(update={"api_key": KEY, "secret_key": KEY, "code": "A/B", "path": Path("prices")})
        for name, one in providers
        if isinstance(one, ProviderSettings)
    }
    told = names(providers.model_copy(update=filled))
    assert set(filled) - set(told) == {"binance", "yahoo", "simulated"}
    assert told[:4] == ("files", "coinbase", "bitfinex", "polygon")
    assert told.index("polygon") < told.index("alpaca") < told.index("tiingo") < told.index("alphavantage")


@pytest.mark.parametrize(
    ("name", "settings", "lacks"),
    [
        ("polygon", PolygonSettings(), ("api_key",)),
        ("alpaca", AlpacaSettings(api_key=KEY), ("secret_key",)),
        ("nasdaq_data_link", NasdaqDataLinkSettings(api_key=KEY), ("code",)),
        ("files", FilesSettings(), ("path",)),
        ("coinbase", CoinbaseSettings(), ()),
    ],
)
def test_what_a_provider_lacks_is_told_and_keeps_it_out(
    name: str, settings: ProviderSettings, lacks: tuple[str, ...]
) -> None:
    assert settings.lacks == lacks
    assert (name in names(ProvidersSettings().model_copy(update={name: settings}))) is not bool(lacks)


def test_a_provider_that_is_switched_off_is_not_asked_though_it_has_its_key() -> None:
    off = ProvidersSettings(
        polygon=PolygonSettings(api_key=KEY, enabled=False), coinbase=CoinbaseSettings(enabled=False)
    )
    assert names(off) == KEYLESS[1:]


def test_the_order_of_the_user_is_taken_as_it_is_but_never_mixes_in_simulated_prices() -> None:
    assert names(ProvidersSettings(order=("yahoo", "simulated", "polygon"))) == ("yahoo", "polygon")
    assert not BinanceSettings().lacks


def test_simulated_prices_come_from_the_simulated_provider_alone() -> None:
    assert names(ProvidersSettings(order=("polygon",)), PriceKind.SIMULATED) == ("simulated",)
