"""Providers that people still know and that no longer serve, with what took their place. Names and words, nothing else."""

from collections.abc import Mapping
from types import MappingProxyType

_IEX = "IEX Cloud shut down on 2024-08-31; use tiingo or alpaca, which carry the prices of IEX, or polygon, which has the whole tape"

CLOSED: Mapping[str, str] = MappingProxyType(
    {
        "iex": _IEX,
        "iexcloud": _IEX,
        "iex_cloud": _IEX,
        "stooq": "Stooq answers programs with a puzzle for browsers since July 2026; download by hand and use files",
    }
)
"""What took its place, by the name people write."""
