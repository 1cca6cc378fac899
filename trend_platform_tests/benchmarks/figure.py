"""One claim of speed, as it was measured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """A ratio with what it must reach.

    Attributes:
        name: What was measured.
        ours: Our value, with its unit in `unit`.
        peer: The limit's or peer's value, measured in the same run.
        unit: Such as `rows/s`, `MiB`.
        peer_name: What the peer is.
        at_least: What `ours / peer` must reach; `None` where only `at_most` counts.
        at_most: What `ours / peer` must not pass; `None` where only `at_least` counts.
    """

    name: str
    ours: float
    peer: float
    unit: str
    peer_name: str
    at_least: float | None = None
    at_most: float | None = None

    @property
    def ratio(self) -> float:
        """Return ours in terms of the peer's; of two zeros it is one."""
        if self.peer == 0:
            return 1.0 if self.ours == 0 else float("inf")
        return self.ours / self.peer

    @property
    def holds(self) -> bool:
        """Whether the claim is true in this run."""
        enough = self.at_least is None or self.ratio >= self.at_least
        return enough and (self.at_most is None or self.ratio <= self.at_most)

    @property
    def claim(self) -> str:
        """Return the claim in words."""
        parts = [f">= {self.at_least:g} x" if self.at_least is not None else ""]
        parts.append(f"<= {self.at_most:g} x" if self.at_most is not None else "")
        return " and ".join(part for part in parts if part)
