"""The settings of the platform as a whole: the only module that reads the environment.

Sources, strongest first: arguments, environment, `trend_platform.toml` (or the file named by
`TREND_CONFIG`). Secrets are `SecretStr`: they never appear in a log, an error or `trend config show`.
What does not belong here: decisions made from settings; those live with the code that uses them.
"""

import os
import warnings
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from trend_platform.errors import ConfigurationError
from trend_platform.settings.archive import ArchiveSettings
from trend_platform.settings.hints import fault_sentence, misspelt_names
from trend_platform.settings.intraday import IntradaySettings
from trend_platform.settings.providers import ProvidersSettings
from trend_platform.settings.realtime import AlertSettings, RealtimeSettings, RetentionSettings
from trend_platform.settings.repair import RepairSettings
from trend_platform.settings.restate import RestateSettings
from trend_platform.settings.sources import SourcesSettings

CONFIG_FILE = "trend_platform.toml"

# Names people already have in their shell, and the setting each one fills.
KEY_NAMES: Mapping[str, str] = {
    "polygon_api_key": "trend_providers__polygon__api_key",
    "massive_api_key": "trend_providers__polygon__api_key",
    "coingecko_api_key": "trend_providers__coingecko__api_key",
    "alpaca_api_key_id": "trend_providers__alpaca__api_key",
    "apca_api_key_id": "trend_providers__alpaca__api_key",
    "alpaca_api_secret_key": "trend_providers__alpaca__secret_key",
    "apca_api_secret_key": "trend_providers__alpaca__secret_key",
    "tiingo_api_key": "trend_providers__tiingo__api_key",
    "twelve_data_api_key": "trend_providers__twelvedata__api_key",
    "twelvedata_api_key": "trend_providers__twelvedata__api_key",
    "finnhub_api_key": "trend_providers__finnhub__api_key",
    "alpha_vantage_api_key": "trend_providers__alphavantage__api_key",
    "alphavantage_api_key": "trend_providers__alphavantage__api_key",
    "fmp_api_key": "trend_providers__fmp__api_key",
    "cryptocompare_api_key": "trend_providers__cryptocompare__api_key",
    "coindesk_api_key": "trend_providers__cryptocompare__api_key",
    "nasdaq_data_link_api_key": "trend_providers__nasdaq_data_link__api_key",
    "fred_api_key": "trend_sources__fred__api_key",
    "news_api_key": "trend_sources__newsapi__api_key",
    "newsapi_api_key": "trend_sources__newsapi__api_key",
    "twitter_bearer_token": "trend_sources__x__api_key",
    "x_bearer_token": "trend_sources__x__api_key",
}


def variable_of(name: str) -> str:
    """Return the environment variable of a dotted setting, by the name people already have if there is one."""
    if name == "providers.order":
        return "TREND_PROVIDERS"
    variable = "TREND_" + name.replace(".", "__").upper()
    familiar = [key.upper() for key, target in KEY_NAMES.items() if target.upper() == variable]
    return familiar[0] if familiar else variable


class Mode(StrEnum):
    """Where prices come from: `auto` is decided once by `trend up` and remembered."""

    AUTO = "auto"
    LIVE = "live"
    SIMULATED = "simulated"


class Settings(BaseSettings):
    """Everything a person can set, from file and environment.

    Attributes:
        home: Folder of the services this machine runs for itself, and of what `trend up` remembers.
        mode: Where prices come from.
        database_url: An existing server to use instead of the local one; `postgresql://...`.
        redis_url: An existing Redis or Valkey to use instead of the local one.
        universe: Symbols of the default universe, written to an empty database by `trend up`.
        bind_host: Where servers of ours listen; loopback unless you say otherwise.
        webserver_port: Port of the Dagster UI.
        database_port: Port of the local database server.
        redis_port: Port of the local Valkey.
        etl_port: Port of the `etl` code location.
        realtime_port: Port of the `realtime` code location.
        runs_port: Port of the warm workers that run the minute lanes.
        docs_url: Prefix of the links to documentation shown in the Dagster UI.
        providers: The providers, their order and their settings.
        sources: The sources of economic series, news and social posts.
        realtime: How the minute loop judges what it gets.
        intraday: Which candles within a day are kept up to date.
        restate: How long candles are asked again, since providers correct them.
        retention: How long what is written by the minute is kept.
        alerts: Who is told when something goes wrong.
        archive: Whether and where the answers of providers are kept.
        repair: What is done about gaps without being told to.
    """

    model_config = SettingsConfigDict(
        env_prefix="TREND_",
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
    )

    home: Path = Path(".trend")
    mode: Mode = Mode.AUTO
    database_url: SecretStr | None = None
    redis_url: SecretStr | None = None
    universe: Annotated[tuple[str, ...], NoDecode] = (
        *("AAPL", "GOOGL", "MSFT", "AMZN", "TSLA", "NVDA", "META", "SPY", "QQQ", "IWM", "VTI"),
        *("BTC-USD", "ETH-USD"),
    )
    bind_host: str = "127.0.0.1"
    webserver_port: int = Field(default=3000, ge=1, le=65535)
    database_port: int = Field(default=54329, ge=1, le=65535)
    redis_port: int = Field(default=63790, ge=1, le=65535)
    etl_port: int = Field(default=3031, ge=1, le=65535)
    realtime_port: int = Field(default=3032, ge=1, le=65535)
    runs_port: int = Field(default=3033, ge=1, le=65535)
    docs_url: str = ""
    providers: ProvidersSettings = ProvidersSettings()
    sources: SourcesSettings = SourcesSettings()
    realtime: RealtimeSettings = RealtimeSettings()
    intraday: IntradaySettings = IntradaySettings()
    restate: RestateSettings = RestateSettings()
    retention: RetentionSettings = RetentionSettings()
    alerts: AlertSettings = AlertSettings()
    archive: ArchiveSettings = ArchiveSettings()
    repair: RepairSettings = RepairSettings()

    @field_validator("universe", mode="before")
    @classmethod
    def _split_universe(cls, symbols: object) -> object:
        if isinstance(symbols, str):
            return tuple(symbol.strip() for symbol in symbols.split(",") if symbol.strip())
        return symbols

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the signature is pydantic's
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources: arguments, environment, then the configuration file."""
        return init_settings, _Environment(settings_cls), TomlConfigSettingsSource(settings_cls, config_file())


class _Environment(EnvSettingsSource):
    # `TREND_PROVIDERS` is the order, although `TREND_PROVIDERS__...` are the nested settings.
    def _load_env_vars(self) -> Mapping[str, str | None]:
        found = dict(super()._load_env_vars())
        if "trend_providers" in found:
            found["trend_providers__order"] = found.pop("trend_providers")
        for name, target in KEY_NAMES.items():
            if found.get(name):
                found.setdefault(target, found[name])
        return found


def _not_json() -> list[str]:
    # Each variable is read alone: the fault is in those that cannot be.
    source, found = _Environment(Settings), []
    everything = source.env_vars
    for name, value in everything.items():
        source.env_vars = {name: value}
        try:
            source()
        except SettingsError:
            found.append(f"{name.upper()}: expected {_example_of(name)}")
    return found


def _example_of(name: str) -> str:
    return """JSON, such as '{"latest": ["polygon"]}'""" if name.endswith("__orders") else "a value in JSON"


def config_file() -> Path:
    """Return the configuration file in force, whether it is there or not."""
    return Path(os.environ.get("TREND_CONFIG") or CONFIG_FILE)


@cache
def load_settings() -> Settings:
    """Read the settings once per process.

    Warns:
        UserWarning: The environment holds a name that looks like a misspelt setting.

    Raises:
        ConfigurationError: A setting does not fit; the message names each one, never its value.
    """
    file = config_file()
    if os.environ.get("TREND_CONFIG") and not file.is_file():
        raise ConfigurationError(f"TREND_CONFIG names {file}, and there is no such file: create it or unset it")
    for hint in misspelt_names(os.environ, Settings):
        warnings.warn(hint, stacklevel=2)
    try:
        return Settings()
    except ValidationError as error:
        faults = "; ".join(
            fault_sentence(fault, Settings) for fault in error.errors(include_input=False, include_url=False)
        )
        raise ConfigurationError(f"settings do not fit: {faults}") from None
    except SettingsError as error:
        # Its text names the whole section, and its cause holds the value.
        raise ConfigurationError(f"settings do not fit: {'; '.join(_not_json()) or error}") from None
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}") from None
