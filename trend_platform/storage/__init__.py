"""Where candles are kept: the ports, an in-memory store, TimescaleDB and Redis."""
