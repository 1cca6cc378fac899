"""How patient one run is with its providers, where somebody has said so; what they leave out is each provider's settings'."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """What was said of retries for one run; `None` leaves it to the settings. The names are those of `HttpPolicy`.

    Attributes:
        max_attempts: Attempts of one request.
        first_wait_seconds: Bound of the wait after the first attempt, in seconds; it doubles with each further one.
        max_wait_seconds: Longest wait between two attempts, in seconds; a longer `Retry-After` gives up at once.
        jitter_seconds: What chance adds to each wait at most, in seconds, instead of deciding over all of it.
    """

    max_attempts: int | None = None
    first_wait_seconds: float | None = None
    max_wait_seconds: float | None = None
    jitter_seconds: float | None = None
