"""What each provider can be told. Pure models: reading the environment is `platform`'s."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator
from pydantic_settings import NoDecode

from trend_platform.settings.fallback import FallbackSettings, Ordering, ReplacePolicy
from trend_platform.settings.keyed_providers import AlpacaSettings, TiingoSettings, TwelveDataSettings
from trend_platform.settings.keyless_providers import BinanceSettings, YahooSettings
from trend_platform.settings.metered_providers import (
    AlphaVantageSettings,
    CryptoCompareSettings,
    FinnhubSettings,
    FmpSettings,
    NasdaqDataLinkSettings,
)
from trend_platform.settings.provider import ProviderSettings

_CAPABILITIES = ("daily_history", "intraday_history", "latest", "splits")
_CLASSES = ("stock", "etf", "crypto", "forex", "index", "commodity")


def _check_ordered_by(what: str) -> str:
    capability, dot, asset_class = what.partition(".")
    if capability not in _CAPABILITIES or (dot and asset_class not in _CLASSES):
        raise ValueError(
            f"an order is for {', '.join(_CAPABILITIES[:-1])} or {_CAPABILITIES[-1]}, or for one asset class of it "
            f"({', '.join(_CLASSES)}), such as latest or daily_history.crypto"
        )
    return what


OrderedBy = Annotated[str, AfterValidator(_check_ordered_by)]
"""What an order of its own is for: a capability, or one of an asset class, such as `latest` or `daily_history.crypto`."""


class PolygonSettings(ProviderSettings):
    """Polygon.io, named Massive since October 2025.

    Attributes:
        history_years: Years of history the plan behind the key reaches back; `None` asks for everything.
    """

    needs: ClassVar[tuple[str, ...]] = ("api_key",)

    base_url: str = "https://api.massive.com"
    history_years: int | None = Field(default=None, ge=1)


class CoinGeckoSettings(ProviderSettings):
    """CoinGecko: keyless or Demo on the default host, Pro on `https://pro-api.coingecko.com/api/v3`.

    Attributes:
        history_days: Days of history the plan behind the key reaches back; `None` asks for everything.
        calls_per_month: Calls to spend in any thirty days; unset, 9,500 of a Demo key's 10,000 and no limit otherwise.
        ids: CoinGecko's id of a coin by its symbol, where several coins share one.
    """

    base_url: str = "https://api.coingecko.com/api/v3"
    history_days: int | None = Field(default=365, ge=1)
    calls_per_month: float | None = Field(default=None, gt=0)
    ids: Mapping[str, str] = Field(default_factory=dict)


class CoinbaseSettings(ProviderSettings):
    """Coinbase Exchange: its own market, without a key."""

    base_url: str = "https://api.exchange.coinbase.com"


class KrakenSettings(ProviderSettings):
    """Kraken: its own market, without a key."""

    base_url: str = "https://api.kraken.com/0/public"


class BitfinexSettings(ProviderSettings):
    """Bitfinex: its own market, without a key."""

    base_url: str = "https://api-pub.bitfinex.com/v2"


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

    needs: ClassVar[tuple[str, ...]] = ("path",)

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

    by_name_only: ClassVar[bool] = True

    base_url: str = "http://simulated.invalid"
    seed: int = 20260101
    latency_seconds: float = Field(default=0.0, ge=0)
    candles_per_page: int = Field(default=5000, ge=1)
    faults: tuple[FaultSettings, ...] = ()


class ProvidersSettings(BaseModel):
    """All providers, and the order in which they are asked (`TREND_PROVIDERS=polygon,coingecko`).

    `orders` names who is asked for one capability, or for one of an asset class, and nobody else is asked for it then.
    Where the user names no order, they are asked in the order of the fields here: the user's own files; the exchanges with a
    deep history, which tell their own trades and cost no allowance; the tapes of shares, then the sources with less
    of them; indices of crypto; whoever has a small allowance.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    order: Annotated[tuple[str, ...], NoDecode] = ()
    orders: Mapping[OrderedBy, tuple[str, ...]] = Field(default_factory=dict)
    ordering: Ordering = Ordering.SETTINGS
    replace_policy: ReplacePolicy = ReplacePolicy.KEEP
    fallback: FallbackSettings = FallbackSettings()
    files: FilesSettings = FilesSettings()
    coinbase: CoinbaseSettings = CoinbaseSettings()
    bitfinex: BitfinexSettings = BitfinexSettings()
    polygon: PolygonSettings = PolygonSettings()
    alpaca: AlpacaSettings = AlpacaSettings()
    tiingo: TiingoSettings = TiingoSettings()
    twelvedata: TwelveDataSettings = TwelveDataSettings()
    kraken: KrakenSettings = KrakenSettings()
    coingecko: CoinGeckoSettings = CoinGeckoSettings()
    cryptocompare: CryptoCompareSettings = CryptoCompareSettings()
    fmp: FmpSettings = FmpSettings()
    finnhub: FinnhubSettings = FinnhubSettings()
    alphavantage: AlphaVantageSettings = AlphaVantageSettings()
    nasdaq_data_link: NasdaqDataLinkSettings = NasdaqDataLinkSettings()
    binance: BinanceSettings = BinanceSettings()
    yahoo: YahooSettings = YahooSettings()
    simulated: SimulatedSettings = SimulatedSettings()

    @property
    def ready(self) -> Mapping[str, ProviderSettings]:
        """Return the providers that are asked where the user names no order, by name, the preferred one first."""
        each = {name: getattr(self, name) for name in type(self).model_fields}
        known = {name: one for name, one in each.items() if isinstance(one, ProviderSettings)}
        return {name: one for name, one in known.items() if one.is_ready and not one.by_name_only}

    @property
    def hedges(self) -> Mapping[str, float]:
        """Return after how many seconds somebody else is asked as well, by provider; whoever is waited for is left out."""
        each = {name: getattr(self, name) for name in type(self).model_fields}
        told = {name: one.hedge_after_seconds for name, one in each.items() if isinstance(one, ProviderSettings)}
        return {name: after for name, after in told.items() if after is not None}

    @field_validator("order", mode="before")
    @classmethod
    def _split_order(cls, order: object) -> object:
        if isinstance(order, str):
            return tuple(name.strip() for name in order.split(",") if name.strip())
        return order
