"""Names that several modules of this location need: asset keys and the lane of runs that ask providers for history."""

import dagster as dg

INSTRUMENTS = dg.AssetKey("instruments")
HISTORICAL_CANDLES = dg.AssetKey("historical_candles")
RANGE_SERIES = dg.AssetKey("range_series")

HISTORY_POOL = "market_history"
"""One run at a time asks for history.

A pool belongs to a step and is fixed when it is defined, while which providers a run asks is decided by its plan. So the
lane is shared by all providers: it keeps each provider's quota in one hand, and a second run that wants the same candles
starts when the first is done, finds them stored and asks for nothing.
"""

GROUP = "history"
OWNERS = ["team:market-data"]
DOCS = "docs/how-to/dagster.md"
