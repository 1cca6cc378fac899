"""Names that several modules of this folder need."""

import dagster as dg

CANDLE_GAPS = dg.AssetKey("candle_gaps")
DOCS = "docs/how-to/gaps.md"
