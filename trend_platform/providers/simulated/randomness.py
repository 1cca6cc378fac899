"""Counter-based randomness: the number at any place of a stream, without the numbers before it.

SplitMix64 (Steele, Lea, Flood 2014) over NumPy arrays: exact integer arithmetic, the same on every machine, in every
process and in any order of asking. What the numbers mean for a market lives with the market.
"""

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint64]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST_MIX = np.uint64(0xBF58476D1CE4E5B9)
_SECOND_MIX = np.uint64(0x94D049BB133111EB)
_LOW_16 = np.uint64(0xFFFF)
# The sum of four uniform 16-bit numbers: its mean, and its standard deviation 65536 / sqrt(3).
_BELL_MEAN = 131_070
_BELL_DEVIATION = 37_837.2


def stream_key(*parts: object) -> int:
    """Return the 64-bit key of the stream named by `parts`, the same in every process."""
    name = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little")


def bits_at(key: int, places: Ints) -> Bits:
    """Return 64 random bits for each place of the stream `key`."""
    mixed: Bits = np.uint64(key) + places.astype(np.uint64) * _GOLDEN
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _FIRST_MIX
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _SECOND_MIX
    return mixed ^ (mixed >> np.uint64(31))


def uniform_at(key: int, places: Ints) -> Floats:
    """Return numbers in [0, 1), one for each place of the stream `key`."""
    numbers: Floats = (bits_at(key, places) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return numbers


def bell_at(key: int, places: Ints) -> Floats:
    """Return numbers with mean 0 and deviation 1 for each place: nearly normal, never beyond 3.5."""
    return whole_bell_at(key, places) / _BELL_DEVIATION


def whole_bell_at(key: int, places: Ints) -> Ints:
    """Return the same bell as whole numbers of deviation 37837.2, so that their sums are exact in any order."""
    bits = bits_at(key, places)
    total = bits & _LOW_16
    for shift in (16, 32, 48):
        total = total + ((bits >> np.uint64(shift)) & _LOW_16)
    return total.astype(np.int64) - _BELL_MEAN


def one_uniform(*parts: object) -> float:
    """Return one number in [0, 1) named by `parts`."""
    return (stream_key(*parts) >> 11) * 2.0**-53
