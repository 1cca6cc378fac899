"""What providers can be told that need no key and are usable as they come. Pure models."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from trend_platform.settings.provider import ProviderSettings


class BinanceSettings(ProviderSettings):
    """Binance's spot market, from the host that serves market data only.

    Attributes:
        quote_currencies: Which of its currencies stands for one it does not trade against.
        symbols: Binance's symbol of a pair by its canonical one; it wins over `quote_currencies`.
    """

    by_name_only: ClassVar[bool] = True

    base_url: str = "https://data-api.binance.vision"
    quote_currencies: Mapping[str, str] = Field(default_factory=lambda: {"USD": "USDT"})
    symbols: Mapping[str, str] = Field(default_factory=dict)


class YahooSettings(ProviderSettings):
    """Yahoo Finance: unofficial; no terms of its permit use by programs, so think before you rely on it.

    Attributes:
        symbols: Yahoo's symbol of an instrument by its canonical one, where the usual spelling does not fit.
        user_agent: What the requests say they come from: a program's own name is refused at once.
    """

    by_name_only: ClassVar[bool] = True

    base_url: str = "https://query1.finance.yahoo.com"
    concurrency: int = Field(default=2, ge=1)
    symbols: Mapping[str, str] = Field(default_factory=dict)
    user_agent: str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
