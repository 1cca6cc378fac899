"""The settings of the platform: the only module that reads the environment.

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

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
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
from trend_platform.setting_hints import fault_sentence, misspelt_names

CONFIG_FILE = "trend_platform.toml"

# Names people already have in their shell, and the setting each one fills.
KEY_NAMES: Mapping[str, str] = {
    "polygon_api_key": "trend_providers__polygon__api_key",
    "massive_api_key": "trend_providers__polygon__api_key",
    "coingecko_api_key": "trend_providers__coingecko__api_key",
}


class Mode(StrEnum):
    """Where prices come from: `auto` is decided once by `trend up` and remembered."""

    AUTO = "auto"
    LIVE = "live"
    SIMULATED = "simulated"


class ReplacePolicy(StrEnum):
    """What happens to candles of a lesser provider when a better one is back."""

    KEEP = "keep"
    PREFER_FIRST = "prefer_first"


class ProviderSettings(BaseModel):
    """What every provider can be told.

    Attributes:
        enabled: Whether the provider takes part at all.
        base_url: Where its API lives, without a trailing slash.
        api_key: The credential; sent in a header, never in a URL.
        rate_per_minute: Calls per minute allowed to this platform; `None` takes the provider's default.
        timeout_seconds: Limit of one attempt, from connect to the last byte.
        max_attempts: Attempts of one request before it counts as failed.
        max_wait_seconds: The longest wait between two attempts; a longer `Retry-After` gives up instead.
        concurrency: Requests under way at once.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = True
    base_url: str = ""
    api_key: SecretStr | None = None
    rate_per_minute: float | None = Field(default=None, gt=0)
    timeout_seconds: float = Field(default=30.0, gt=0)
    max_attempts: int = Field(default=5, ge=1)
    max_wait_seconds: float = Field(default=60.0, ge=0)
    concurrency: int = Field(default=8, ge=1)

    @field_validator("base_url")
    @classmethod
    def _check_base_url(cls, url: str) -> str:
        if url and not url.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return url.rstrip("/")


class PolygonSettings(ProviderSettings):
    """Polygon.io, named Massive since October 2025.

    Attributes:
        history_years: Years of history the plan behind the key reaches back; `None` asks for everything.
    """

    base_url: str = "https://api.massive.com"
    history_years: int | None = Field(default=None, ge=1)


class CoinGeckoSettings(ProviderSettings):
    """CoinGecko: keyless or Demo on the default host, Pro on `https://pro-api.coingecko.com/api/v3`.

    Attributes:
        history_days: Days of history the plan behind the key reaches back; `None` asks for everything.
        ids: CoinGecko's id of a coin by its symbol, where several coins share one.
    """

    base_url: str = "https://api.coingecko.com/api/v3"
    history_days: int | None = Field(default=365, ge=1)
    ids: Mapping[str, str] = Field(default_factory=dict)


class FilesSettings(ProviderSettings):
    """A folder of the user's own CSV or Parquet files.

    Attributes:
        path: The folder, or one file.
        columns: Which column of the files holds which field of a candle; fields with their own name need no entry.
        symbol_from_name: Take the symbol from the file's name where the files have no symbol column.
        basis: What the prices mean: `raw` or `split`.
        timeframe: Length of the candles in the files.
        timezone: Zone of time stamps that carry none.
        date_format: `strptime` format of the time column, where it is neither ISO 8601 nor an epoch.
        has_header: Whether the first line of a CSV names its columns; else they are `column_1`, `column_2`, ...
    """

    path: Path | None = None
    columns: Mapping[str, str] = Field(default_factory=dict)
    symbol_from_name: bool = False
    basis: str = Field(default="raw", pattern="^(raw|split)$")
    timeframe: str = "1d"
    timezone: str = "UTC"
    date_format: str | None = None
    has_header: bool = True


class FaultSettings(BaseModel):
    """One fault planted in the simulated provider; see `providers/simulated/faults.py` for the kinds.

    Attributes:
        kind: Such as `hole`, `unit_100x`, `http_429`, `timeout`.
        symbol: The instrument it strikes; `None` strikes all.
        start: First day struck, ISO date.
        end: First day no longer struck, ISO date.
        times: How often it strikes one symbol before it heals there; `None` never heals.
        retry_after: What a 429 says in its `Retry-After` header; `None` sends none.
        other: Whose candles `other_symbol` brings; `None` takes SPY's.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    symbol: str | None = None
    start: str | None = None
    end: str | None = None
    times: int | None = Field(default=None, ge=1)
    retry_after: str | None = None
    other: str | None = None


class SimulatedSettings(ProviderSettings):
    """The simulated provider: the same seed gives the same candles on every machine, `faults` go wrong on purpose."""

    base_url: str = "http://simulated.invalid"
    seed: int = 20260101
    latency_seconds: float = Field(default=0.0, ge=0)
    candles_per_page: int = Field(default=5000, ge=1)
    faults: tuple[FaultSettings, ...] = ()


class ProvidersSettings(BaseModel):
    """All providers, and the order in which they are asked (`TREND_PROVIDERS=polygon,coingecko`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    order: Annotated[tuple[str, ...], NoDecode] = ()
    replace_policy: ReplacePolicy = ReplacePolicy.KEEP
    polygon: PolygonSettings = PolygonSettings()
    coingecko: CoinGeckoSettings = CoinGeckoSettings()
    files: FilesSettings = FilesSettings()
    simulated: SimulatedSettings = SimulatedSettings()

    @field_validator("order", mode="before")
    @classmethod
    def _split_order(cls, order: object) -> object:
        if isinstance(order, str):
            return tuple(name.strip() for name in order.split(",") if name.strip())
        return order


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
        docs_url: Prefix of the links to documentation shown in the Dagster UI.
        providers: The providers, their order and their settings.
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
    docs_url: str = ""
    providers: ProvidersSettings = ProvidersSettings()

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
        # Its text names the field; the value is only in its cause.
        raise ConfigurationError(f"settings do not fit: {error}; expected JSON") from None
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}") from None
