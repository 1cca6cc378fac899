"""What the verbs `economic`, `news` and `social` say in the same words: who failed, what was called, how a text sounds."""

from collections.abc import Mapping, Sequence

from trend_platform.cli.output import Output
from trend_platform.ingest.outcome import Failure

_SHOWN = 30


def failure_rows(failures: Sequence[Failure]) -> list[tuple[str, ...]]:
    """Return the first failures as rows: what for, who, kind, who served instead, message."""
    return [(one.symbol, one.provider, one.kind, one.served_by or "nobody", one.message) for one in failures[:_SHOWN]]


def show_calls(out: Output, calls: Mapping[str, int], seconds: float) -> None:
    """Say which calls were made, and how long it took."""
    made = ", ".join(f"{name} {count:,}" for name, count in calls.items()) or "none"
    out.say(f"calls: {made}; {seconds:,.1f} s")


def sound_of(sentiment: float | None) -> str:
    """Return how a text sounds with its sign, such as `+0.42`; nothing where that is not known."""
    return "" if sentiment is None else f"{sentiment:+.2f}"


def cut_to(text: str, length: int) -> str:
    """Return text in one line of at most that many characters."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"
