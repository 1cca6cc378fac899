"""What a credential may spend: windows, what was granted, what a provider says of them, and what is left.

Values that the providers' limiter and the budget kept in Redis both know, so that neither imports the other. Who keeps
the count is theirs.
"""

from dataclasses import dataclass
from typing import Final

PATIENCE_SECONDS: Final = 3600.0
"""Whoever would wait longer than this is told so instead: what takes an hour is the end of an allowance, not a burst."""


@dataclass(frozen=True, slots=True)
class Window:
    """So much weight in any stretch of that length; half-open: what is spent at `t` is free again at `t + period`.

    Attributes:
        weight: Sum of the weights that fit into it.
        period_seconds: Its length, in seconds.
        margin_seconds: Added to the length, because calls that leave a period apart may arrive closer together.
    """

    weight: float
    period_seconds: float
    margin_seconds: float = 0.0

    @property
    def length_seconds(self) -> float:
        """Return how long what is spent stays counted, in seconds."""
        return self.period_seconds + self.margin_seconds


@dataclass(frozen=True, slots=True)
class Grant:
    """The answer to a wish to spend.

    Attributes:
        wait_seconds: How long from now until the weight may be spent, in seconds.
        credential: Which of the credentials spends it, counted from 0.
        is_reserved: Whether it was set aside for the asker; if not, the wait is longer than anybody waits.
        turn: The instant it may be spent, by the budget's own clock, in milliseconds; names the reservation.
    """

    wait_seconds: float
    credential: int = 0
    is_reserved: bool = True
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Correction:
    """What a provider says of one window: others, or an earlier process, have spent too.

    Attributes:
        window: Which of the windows, counted from 0.
        used: Weight spent in it altogether.
        until_seconds: When what we did not know of is free again, in seconds from now.
    """

    window: int
    used: float
    until_seconds: float


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left of one window of one credential.

    Attributes:
        credential: Which of the credentials, counted from 0.
        window: The window.
        used: Weight spent or set aside in it.
        rests_seconds: How long the credential still rests after a refusal, in seconds; 0 where it does not.
    """

    credential: int
    window: Window
    used: float
    rests_seconds: float = 0.0

    @property
    def left(self) -> float:
        """Return the weight that may be spent now, nothing while the credential rests."""
        return 0.0 if self.rests_seconds > 0 else max(0.0, self.window.weight - self.used)
