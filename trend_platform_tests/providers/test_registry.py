"""Providers by name: the known, the closed and the misspelt."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.errors import AuthFailed, ConfigurationError
from trend_platform.providers.registry import known_providers, open_provider
from trend_platform.settings import PolygonSettings, ProvidersSettings

CLOCK = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))


def test_there_are_four_providers() -> None:
    assert known_providers() == ("polygon", "coingecko", "files", "simulated")


@pytest.mark.parametrize("name", ["polygon", "Massive", " POLYGON "])
def test_polygon_opens_under_both_of_its_names(name: str) -> None:
    settings = ProvidersSettings(polygon=PolygonSettings(api_key=SecretStr("k")))
    assert open_provider(name, settings, CLOCK).name == "polygon"


def test_coingecko_and_simulated_need_no_key() -> None:
    for name in ("coingecko", "simulated"):
        assert open_provider(name, ProvidersSettings(), CLOCK).name == name


def test_a_missing_key_is_named_by_its_variable() -> None:
    with pytest.raises(AuthFailed, match="POLYGON_API_KEY"):
        open_provider("polygon", ProvidersSettings(), CLOCK)


@pytest.mark.parametrize(("name", "instead"), [("iex", "Tiingo"), ("IEXcloud", "Tiingo"), ("stooq", "files")])
def test_a_closed_source_says_what_took_its_place(name: str, instead: str) -> None:
    with pytest.raises(ConfigurationError, match=f"is closed.*{instead}"):
        open_provider(name, ProvidersSettings(), CLOCK)


def test_a_misspelt_name_is_met_with_a_guess() -> None:
    with pytest.raises(ConfigurationError, match="did you mean polygon"):
        open_provider("poligon", ProvidersSettings(), CLOCK)


def test_the_registry_loads_no_provider_before_it_is_asked_for() -> None:
    code = "import sys, trend_platform.providers.registry; print([m for m in sys.modules if 'providers.polygon' in m])"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
