"""The worlds of simulated and of real prices, as fixtures."""

from trend_platform_tests.world import real_world, world

__all__ = ["real_world", "world"]
