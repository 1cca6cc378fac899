"""Dagster, and nothing but Dagster: two code locations over the use cases in `ingest`.

`etl` is the heavy one (history), `realtime` the light one (prices by the minute). No rule, no SQL and no HTTP lives here.
"""
