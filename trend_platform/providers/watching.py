"""Watching a provider at work: whoever asks learns of each attempt on the wire, retries included.

The watch is in force for what is asked inside the block and for the tasks begun there; a provider knows nothing of it.
What is made of an attempt is the watcher's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from trend_platform.errors import ProviderError


class Watch(Protocol):
    """Told of attempts; in the event loop's thread."""

    def attempted(self, seconds: float, failure: ProviderError | None) -> None:
        """Note an attempt: how long it took, and what was wrong with it, `None` if it brought an answer."""
        ...


_IN_FORCE: ContextVar[Watch | None] = ContextVar("watch_over_attempts", default=None)


@contextmanager
def watched_by(watch: Watch) -> Iterator[None]:
    """Tell `watch` of each attempt that is made inside the block."""
    token = _IN_FORCE.set(watch)
    try:
        yield
    finally:
        _IN_FORCE.reset(token)


def tell_attempt(seconds: float, failure: ProviderError | None) -> None:
    """Tell whoever watches; nobody does unless a block says so."""
    watch = _IN_FORCE.get()
    if watch is not None:
        watch.attempted(seconds, failure)
