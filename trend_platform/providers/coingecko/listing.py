"""CoinGecko's list of coins as pairs against the dollar: the ones a symbol alone finds again."""

import polars as pl

from trend_platform.domain.instruments import AssetClass
from trend_platform.domain.listings import LISTING_SCHEMA
from trend_platform.domain.symbols import canonical_symbol
from trend_platform.errors import UsageError
from trend_platform.providers.coingecko.classing import NAME
from trend_platform.providers.coingecko.ids import CoinIds
from trend_platform.providers.reference import ListingAnswer

LISTED = frozenset({AssetClass.CRYPTO})
"""The kinds of instruments CoinGecko lists."""


async def fetch_listing(ids: CoinIds, kind: AssetClass) -> ListingAnswer:
    """Fetch the coins whose symbol is theirs alone, or pinned, or chosen by the user; it is the list of all coins, once.

    Raises:
        ProviderError: The list did not come.
        UsageError: The kind is not crypto.
    """
    if kind not in LISTED:
        raise UsageError(f"{NAME} lists no {kind} instruments; it lists crypto")
    coins, left_out, calls = await ids.unique()
    pairs = {symbol: coin for base, coin in coins.items() if (symbol := _pair(base)) is not None}
    rows = [(symbol, kind.value, coin, "", "", None) for symbol, coin in sorted(pairs.items())]
    return ListingAnswer(pl.DataFrame(rows, LISTING_SCHEMA, orient="row"), left_out + len(coins) - len(pairs), calls)


def _pair(base: str) -> str | None:
    try:
        symbol = canonical_symbol(f"{base}-USD")
    except UsageError:
        return None
    return symbol if symbol == f"{base}-USD" else None
