"""Faults a test server plants on the wire: which request fails, how, and that it succeeds when asked again."""

import zlib
from dataclasses import dataclass, field
from enum import StrEnum


class WireFault(StrEnum):
    """One way an answer goes wrong between server and client."""

    RATE_LIMITED = "429"
    SERVER_ERROR = "500"
    CUT_BODY = "cut_body"
    TIMEOUT = "timeout"


@dataclass(slots=True)
class FaultPlan:
    """Strikes a share of all distinct requests, each of them once; the same seed strikes the same ones.

    Attributes:
        share: Part of the distinct requests whose first attempt fails.
        seed: Chooses which ones, and how.
        kinds: The faults to choose from.
        struck: Requests that have failed already.
    """

    share: float = 0.0
    seed: int = 0
    kinds: tuple[WireFault, ...] = tuple(WireFault)
    struck: set[str] = field(default_factory=set)

    def strike(self, target: str) -> WireFault | None:
        """Return how this attempt fails, `None` if it does not."""
        if not self.share or target in self.struck:
            return None
        drawn = zlib.crc32(f"{self.seed} {target}".encode())
        if drawn % 10_000 >= self.share * 10_000:
            return None
        self.struck.add(target)
        return self.kinds[drawn // 10_000 % len(self.kinds)]
