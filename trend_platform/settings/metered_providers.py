"""What providers with a small allowance on their free plans, or none, can be told. Pure models, no environment."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from trend_platform.settings.provider import ProviderSettings


class FinnhubSettings(ProviderSettings):
    """Finnhub.

    Attributes:
        has_candles: Whether the plan behind the key includes candles; the free one does not.
    """

    needs: ClassVar[tuple[str, ...]] = ("api_key",)

    base_url: str = "https://finnhub.io/api/v1"
    has_candles: bool = False


class AlphaVantageSettings(ProviderSettings):
    """Alpha Vantage; its key travels in the query, because it takes it nowhere else.

    Attributes:
        full_history: Whether the plan behind the key includes more than the last hundred days; the free one does not.
    """

    needs: ClassVar[tuple[str, ...]] = ("api_key",)

    base_url: str = "https://www.alphavantage.co"
    full_history: bool = False


class FmpSettings(ProviderSettings):
    """Financial Modeling Prep, its stable API.

    Attributes:
        basis: `raw` asks for prices that are not adjusted for splits, `split` for adjusted ones, if the plan lacks the first.
        history_years: Years of history the plan behind the key reaches back; `None` asks for everything.
        batch_quotes: Whether the plan includes latest prices of many symbols in one call; the free one does not.
    """

    needs: ClassVar[tuple[str, ...]] = ("api_key",)

    base_url: str = "https://financialmodelingprep.com/stable"
    basis: str = Field(default="raw", pattern="^(raw|split)$")
    history_years: int | None = Field(default=5, ge=1)
    batch_quotes: bool = False


class CryptoCompareSettings(ProviderSettings):
    """CryptoCompare, named CoinDesk Data since 2025; its older API on `https://min-api.cryptocompare.com`.

    Attributes:
        market: Whose prices: an index such as `cadli` or `ccix`; the older API calls its own `CCCAGG`.
        minute_days: Days of minute candles the plan behind the key reaches back; `None` asks for everything.
    """

    needs: ClassVar[tuple[str, ...]] = ("api_key",)

    base_url: str = "https://data-api.coindesk.com"
    market: str = "cadli"
    minute_days: int | None = Field(default=7, ge=1)


class NasdaqDataLinkSettings(ProviderSettings):
    """Nasdaq Data Link, once Quandl: one dataset for each symbol, or one table for all.

    Attributes:
        code: Where daily candles are: a dataset such as `WIKI/{symbol}`, or a table such as `SHARADAR/SEP`, which has no `{symbol}`
            and is asked by its column `ticker`. Empty: the provider takes no part.
        basis: What the prices there mean: `raw` (the `WIKI` datasets) or `split` (Sharadar's tables).
        columns: Which column there holds which field of a candle, where it is not named like the field.
    """

    needs: ClassVar[tuple[str, ...]] = ("api_key", "code")

    base_url: str = "https://data.nasdaq.com/api/v3"
    code: str = Field(default="", pattern="^([A-Za-z0-9_]+/[A-Za-z0-9_{}]+)?$")
    basis: str = Field(default="raw", pattern="^(raw|split)$")
    columns: Mapping[str, str] = Field(default_factory=dict)
