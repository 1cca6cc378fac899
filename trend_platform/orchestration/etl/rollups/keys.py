"""Names that several modules of this folder need: the asset key, the pool that lets one run at a time work, the docs page."""

import dagster as dg

ROLLED_CANDLES = dg.AssetKey("rolled_candles")

ROLLUP_POOL = "market_rollups"
"""One run at a time rolls up; a second one would find nothing left to do."""

GROUP = "history"
DOCS = "docs/concepts/rollup.md"
