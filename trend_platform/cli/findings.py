"""What a check-up finds, as values: one line per thing looked at, with the remedy where something is wrong."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum

from trend_platform.errors import TrendError


class State(StrEnum):
    """How well something is; `broken` means that work cannot be done."""

    OK = "ok"
    NOTE = "note"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: Its name.
        state: How well it is.
        detail: What was found; never a secret.
    """

    what: str
    state: State
    detail: str

    def as_dict(self) -> dict[str, str]:
        """Return it as plain values."""
        return {name: str(value) for name, value in asdict(self).items()}


def ok(what: str, detail: str) -> Finding:
    """Return that something is well."""
    return Finding(what, State.OK, detail)


def note(what: str, detail: str) -> Finding:
    """Return something worth knowing that keeps nothing from working."""
    return Finding(what, State.NOTE, detail)


def broken(what: str, detail: str) -> Finding:
    """Return that something needed does not work."""
    return Finding(what, State.BROKEN, detail)


def looked_at(what: str, look: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """Return what a look finds; an error raised on purpose ends it and is a finding as well."""
    found: list[Finding] = []
    try:
        found.extend(look())
    except TrendError as error:
        found.append(broken(what, str(error)))
    return found
