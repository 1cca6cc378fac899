"""Names that several modules of this folder need: the asset, its group, the docs page."""

import dagster as dg

DATA_QUALITY = dg.AssetKey("data_quality")
GROUP = "quality"
DOCS = "docs/concepts/quality.md"
