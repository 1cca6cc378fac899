"""Canonical symbols: what people type, made one. Provider spellings live with the providers."""

import re
from difflib import get_close_matches

from trend_platform.domain.instruments import AssetClass
from trend_platform.errors import UsageError

# ISO 4217 codes that are traded against each other, and so make a pair of two of them a currency pair.
FIAT = frozenset(
    [
        "USD",
        "EUR",
        "GBP",
        "JPY",
        "CHF",
        "CAD",
        "AUD",
        "NZD",
        "SEK",
        "NOK",
        "DKK",
        "CNY",
        "HKD",
        "SGD",
        "MXN",
        "PLN",
        "CZK",
        "HUF",
        "TRY",
        "ZAR",
        "INR",
        "KRW",
        "BRL",
    ]
)
QUOTES = FIAT | {"USDT", "USDC", "BTC", "ETH"}

# Funds of the default universe and the most traded US ones: enough to tell a fund from a stock without a provider.
COMMON_ETFS = frozenset(
    [
        "SPY",
        "QQQ",
        "IWM",
        "VTI",
        "VOO",
        "IVV",
        "DIA",
        "VEA",
        "VWO",
        "EFA",
        "EEM",
        "AGG",
        "BND",
        "LQD",
        "HYG",
        "TLT",
        "IEF",
        "SHY",
        "GLD",
        "SLV",
        "USO",
        "XLF",
        "XLK",
        "XLE",
        "XLV",
        "XLI",
        "XLY",
        "XLP",
        "XLU",
        "XLB",
        "XLRE",
        "XLC",
        "VNQ",
        "ARKK",
        "SCHD",
        "VUG",
        "VTV",
        "IWF",
        "IWD",
        "RSP",
        "SMH",
        "SOXX",
        "TQQQ",
        "SQQQ",
        "UVXY",
    ]
)

_SHARE = re.compile(r"^[A-Z0-9]{1,6}(\.[A-Z]{1,3})?$")
_PAIR = re.compile(r"^[A-Z0-9]{2,10}-[A-Z]{3,5}$")
_INDEX = re.compile(r"^\^[A-Z0-9]{1,8}$")


def canonical_symbol(text: str) -> str:
    """Return the canonical form of a symbol as people type it.

    `brk-b` and `BRK/B` become `BRK.B`; `btc/usd` and `BTC_USD` become `BTC-USD`.

    Raises:
        UsageError: `text` cannot be a symbol.
    """
    symbol = re.sub(r"[/_ ]", "-", text.strip().upper())
    base, dash, quote = symbol.partition("-")
    if dash and quote not in QUOTES and len(quote) <= 2:
        symbol = f"{base}.{quote}"
    if _SHARE.match(symbol) or _PAIR.match(symbol) or _INDEX.match(symbol):
        return symbol
    raise UsageError(f"{text!r} is no symbol; expected one like AAPL, BRK.B, BTC-USD, EUR-USD or ^GSPC")


def guess_asset_class(symbol: str) -> AssetClass:
    """Return the asset class a canonical symbol most likely has; a person can always say otherwise."""
    if symbol.startswith("^"):
        return AssetClass.INDEX
    base, dash, quote = symbol.partition("-")
    if dash:
        return AssetClass.FOREX if base in FIAT and quote in FIAT else AssetClass.CRYPTO
    return AssetClass.ETF if symbol in COMMON_ETFS else AssetClass.STOCK


def default_calendar(asset_class: AssetClass) -> str:
    """Return the name of the calendar instruments of a class trade on unless told otherwise."""
    return {AssetClass.CRYPTO: "24/7", AssetClass.FOREX: "24/5"}.get(asset_class, "XNYS")


def unknown_symbol(symbol: str, known: list[str]) -> UsageError:
    """Return the error for a symbol that is not in the universe, with what it may have meant."""
    close = get_close_matches(symbol, known, n=3)
    hint = f"did you mean {', '.join(close)}?" if close else f"add it with `trend instruments add {symbol}`"
    return UsageError(f"{symbol} is not in the universe; {hint}")


def cannot_rename(symbol: str, to: str, *, is_known: bool) -> UsageError:
    """Return the error for a symbol that cannot become another one: it is not in the universe, or the other one is."""
    if not is_known:
        return UsageError(f"{symbol} is not in the universe, so it cannot become {to}; see `trend instruments list`")
    return UsageError(
        f"{to} is in the universe beside {symbol}: take it out first with `trend instruments remove {to}`, then {symbol} "
        f"and all that is stored of it can become {to}"
    )
