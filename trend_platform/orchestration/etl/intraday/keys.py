"""Names that several modules of this folder need: the asset key, the pool that lets one run at a time ask, the docs page."""

import dagster as dg

INTRADAY_CANDLES = dg.AssetKey("intraday_candles")

INTRADAY_POOL = "market_intraday"
"""One run at a time asks for candles within a day; a long backfill of them does not keep the daily history waiting."""

GROUP = "history"
DOCS = "docs/how-to/intraday.md"
