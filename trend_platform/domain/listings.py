"""What a provider lists: the frame of its symbols with what each of them is. What is kept of it is decided elsewhere."""

from typing import Final

import polars as pl

LISTING_SCHEMA: Final = pl.Schema(
    {
        "symbol": pl.String(),
        "asset_class": pl.String(),
        "provider_symbol": pl.String(),
        "name": pl.String(),
        "venue": pl.String(),
        "delisted_on": pl.Date(),
    }
)
"""One instrument. `symbol` is canonical and unique, `venue` where it is traded in the provider's words."""


def empty_listing() -> pl.DataFrame:
    """Return a listing without rows."""
    return pl.DataFrame(schema=LISTING_SCHEMA)
