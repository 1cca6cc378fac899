"""Market data that can prove it is complete.

The package root holds the version and nothing else; see `docs/` for the map of the house.
"""

__version__ = "0.1.0"
