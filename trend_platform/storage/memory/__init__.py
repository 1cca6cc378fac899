"""The storage ports in memory: for tests and dry runs; passes the same contract suite as TimescaleDB."""

from trend_platform.storage.memory.store import open_memory

__all__ = ["open_memory"]
