"""An answer as a client hands it on, and the shape of what says whether it is a success. No request is made here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import orjson

from trend_platform.errors import ProviderError


@dataclass(frozen=True)
class HttpAnswer:
    """One answer, whole.

    Attributes:
        status: HTTP status.
        headers: Headers by lower-case name.
        body: The body, decompressed.
        elapsed_seconds: From sending the request to the last byte, in seconds, of the last attempt.
        calls: Attempts made to get it.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    elapsed_seconds: float = 0.0
    calls: int = 1

    @cached_property
    def document(self) -> object:
        """Return the body as JSON, parsed once however often it is asked for.

        Raises:
            ValueError: The body is not JSON.
        """
        document: object = orjson.loads(self.body)
        return document


Classify = Callable[[HttpAnswer], ProviderError | None]
"""Says what is wrong with an answer, from its status and its body; `None` if it is what was asked for."""
