"""Names that several modules of this folder need."""

import dagster as dg

CORPORATE_ACTIONS = dg.AssetKey("corporate_actions")

DOCS = "docs/concepts/adjustments.md"
