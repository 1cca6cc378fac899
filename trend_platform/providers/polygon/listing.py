"""Polygon's tickers: `[{ticker, name, market, type, primary_exchange, active, delisted_utc}]`, a thousand a page.

Told are those that have a canonical symbol under which Polygon finds them again: preferred shares (`KIMpL`), warrants, units
and rights have none.
"""

from types import MappingProxyType

import polars as pl

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.listings import LISTING_SCHEMA
from trend_platform.domain.symbols import canonical_symbol, default_calendar
from trend_platform.errors import UsageError
from trend_platform.providers.http import HttpClient
from trend_platform.providers.polygon.classing import NAME
from trend_platform.providers.polygon.pages import PER_PAGE, all_pages, results_of
from trend_platform.providers.polygon.symbols import canonical_of, ticker_of
from trend_platform.providers.records import typed_columns
from trend_platform.providers.reference import ListingAnswer
from trend_platform.providers.traffic import counting

PATH = "/v3/reference/tickers"
_MARKETS = MappingProxyType(
    {
        AssetClass.STOCK: "stocks",
        AssetClass.ETF: "stocks",
        AssetClass.CRYPTO: "crypto",
        AssetClass.FOREX: "fx",
        AssetClass.INDEX: "indices",
    }
)
LISTED = frozenset(_MARKETS)
"""The kinds of instruments Polygon lists."""

# Common and ordinary shares, receipts and shares of New York registry; funds, notes and vehicles traded like shares.
_TYPES = MappingProxyType(
    {AssetClass.STOCK: ("CS", "OS", "ADRC", "GDR", "NYRS"), AssetClass.ETF: ("ETF", "ETS", "ETN", "ETV")}
)
_ROW = pl.Schema(
    {
        "ticker": pl.String(),
        "name": pl.String(),
        "type": pl.String(),
        "primary_exchange": pl.String(),
        "delisted_utc": pl.String(),
    }
)


async def fetch_listing(client: HttpClient, base_url: str, kind: AssetClass) -> ListingAnswer:
    """Fetch what is traded of one kind.

    Raises:
        ProviderError: A call failed for good.
        UsageError: Polygon lists nothing of that kind.
    """
    if kind not in LISTED:
        raise UsageError(f"{NAME} lists no {kind} instruments; it lists {', '.join(sorted(LISTED))}")
    params: dict[str, str | int] = {"market": _MARKETS[kind], "active": "true", "sort": "ticker", "order": "asc"}
    documents, calls = await all_pages(client, base_url, PATH, {**params, "limit": PER_PAGE})
    with counting(calls):
        frames, counts = zip(*(read_listing(document, kind) for document in documents), strict=True)
    return ListingAnswer(pl.concat(frames).unique("symbol", keep="first").sort("symbol"), sum(counts), calls)


def read_listing(document: object, kind: AssetClass) -> tuple[pl.DataFrame, int]:
    """Return the listing frame of one page, and how many rows of that kind have no canonical symbol.

    Raises:
        Malformed: The document holds no tickers.
    """
    columns = typed_columns(results_of(document, "tickers", "ticker"), _ROW).drop_nulls("ticker")
    if kind in _TYPES:
        columns = columns.filter(pl.col("type").is_in(_TYPES[kind]))
    named = columns.with_columns(
        pl.Series("symbol", [_symbol(ticker, kind) for ticker in columns["ticker"]], dtype=pl.String)
    )
    listing = named.drop_nulls("symbol").select(
        "symbol",
        pl.lit(kind.value).alias("asset_class"),
        pl.col("ticker").alias("provider_symbol"),
        pl.col("name").fill_null(""),
        pl.col("primary_exchange").fill_null("").alias("venue"),
        pl.col("delisted_utc").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).alias("delisted_on"),
    )
    return listing.cast(LISTING_SCHEMA), columns.height - listing.height


def _symbol(ticker: str, kind: AssetClass) -> str | None:
    # Only a symbol that leads back to the same ticker names it.
    try:
        symbol = canonical_symbol(canonical_of(ticker) or "")
    except UsageError:
        return None
    return symbol if ticker_of(Instrument(0, symbol, kind, default_calendar(kind))) == ticker else None
