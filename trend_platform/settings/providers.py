"""What each provider can be told. Pure models: reading the environment is `platform`'s."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_settings import NoDecode

from trend_platform.settings.provider import ProviderSettings


class ReplacePolicy(StrEnum):
    """What happens to candles of a lesser provider when a better one is back."""

    KEEP = "keep"
    PREFER_FIRST = "prefer_first"


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
