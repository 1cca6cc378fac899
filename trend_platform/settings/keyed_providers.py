"""Providers of US shares that need a key of a free account: what each can be told beside what all can be.

Pure models; what a setting means for requests lives with the provider.
"""

from typing import ClassVar

from pydantic import Field, SecretStr

from trend_platform.settings.provider import ProviderSettings


class AlpacaSettings(ProviderSettings):
    """Alpaca Market Data. `api_key` is the key's id, which goes with `secret_key`.

    Attributes:
        secret_key: The second half of the credential.
        feed: Whose trades make the candles of shares: `sip` (the consolidated tape) or `iex` (about 2 % of it).
        quote_feed: Whose trades make their latest prices: `iex` (free, real time), `delayed_sip`, or `sip` (paid).
        delay_minutes: Minutes the plan's consolidated tape lies behind the present; 0 with Algo Trader Plus.
    """

    needs: ClassVar[tuple[str, ...]] = ("api_key", "secret_key")

    base_url: str = "https://data.alpaca.markets"
    secret_key: SecretStr | None = None
    feed: str = Field(default="sip", pattern="^(sip|iex)$")
    quote_feed: str = Field(default="iex", pattern="^(iex|delayed_sip|sip)$")
    delay_minutes: float = Field(default=16.0, ge=0)


class TiingoSettings(ProviderSettings):
    """Tiingo.

    Attributes:
        calls_per_hour: Calls to spend in any hour; the free plan allows 50.
        calls_per_day: Calls to spend in any day; the free plan allows 1,000.
        symbols_per_month: Distinct symbols the plan allows in a month of New York; `None` counts none.
    """

    needs: ClassVar[tuple[str, ...]] = ("api_key",)

    base_url: str = "https://api.tiingo.com"
    calls_per_hour: float = Field(default=48, gt=0)
    calls_per_day: float = Field(default=950, gt=0)
    symbols_per_month: int | None = Field(default=500, ge=1)


class TwelveDataSettings(ProviderSettings):
    """Twelve Data. `rate_per_minute` counts credits: one for each symbol of a call.

    Attributes:
        credits_per_day: Credits to spend in any day; unset, 780 of the free plan's 800, and with a `rate_per_minute` no limit.
        basis: What prices are asked for: `raw`, or `split` where the plan gives no raw ones.
    """

    needs: ClassVar[tuple[str, ...]] = ("api_key",)

    base_url: str = "https://api.twelvedata.com"
    credits_per_day: float | None = Field(default=None, gt=0)
    basis: str = Field(default="raw", pattern="^(raw|split)$")
