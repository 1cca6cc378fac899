"""Roll-ups in Dagster: the asset of coarser candles, its identity check, and when both run."""
