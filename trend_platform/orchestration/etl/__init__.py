"""The code location `etl`: historical candles from provider to TimescaleDB to Redis."""
