"""What Polygon's answers mean before they are parsed: its statuses, its words, its three kinds of 403.

Shapes: `{"status": "ERROR|NOT_AUTHORIZED|NOT_FOUND", "error" or "message": "..."}`; success carries `OK`, `DELAYED` or
`success`, and older endpoints no status at all.
"""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from trend_platform.domain.clock import Clock
from trend_platform.errors import (
    AuthFailed,
    BeyondDepth,
    Malformed,
    NotEntitled,
    NothingThere,
    ProviderError,
    RateLimited,
    WaitError,
)
from trend_platform.providers.classing import class_of_body, class_of_status, words
from trend_platform.providers.http import Classify, HttpAnswer
from trend_platform.providers.pace import seconds_to_midnight
from trend_platform.providers.polygon.envelope import envelope

NAME = "polygon"
NEW_YORK = ZoneInfo("America/New_York")
_REFUSALS = frozenset({"ERROR", "NOT_AUTHORIZED", "NOT_FOUND", "AUTH_ERROR"})


def classifier(clock: Clock) -> Classify:
    """Return the function that says what is wrong with one of Polygon's answers.

    The clock is asked only where the wait until the next midnight of New York is the answer.
    """

    def classify(answer: HttpAnswer) -> ProviderError | None:
        unreadable = class_of_body(NAME, answer, envelope)
        if unreadable is not None:
            return unreadable
        status, said = _said(answer)
        if 200 <= answer.status < 300 and status not in _REFUSALS:
            return None
        return _refusal(answer.status, status, said, clock)

    return classify


def _said(answer: HttpAnswer) -> tuple[str, str]:
    document = envelope(answer)
    if not isinstance(document, Mapping):
        return "", words(answer)
    text = document.get("error") or document.get("message") or words(answer)
    return str(document.get("status", "")), str(text)[:200]


def _refusal(http_status: int, status: str, said: str, clock: Clock) -> ProviderError:
    if http_status == 401 or status == "AUTH_ERROR" or "unknown api key" in said.lower():
        return AuthFailed(NAME, f"{said}; check POLYGON_API_KEY")
    if http_status == 403 or status == "NOT_AUTHORIZED":
        return _not_authorized(said, clock.now())
    if status == "NOT_FOUND":
        return NothingThere(NAME, said)
    if http_status == 404:
        return Malformed(NAME, f"answered 404: {said}; the path is not known there: check the base_url")
    if "maximum requests per minute" in said:
        return RateLimited(NAME, said)
    return class_of_status(NAME, http_status, said) or Malformed(
        NAME, f"answered {http_status} and in it {status}: {said}"
    )


def _not_authorized(said: str, now: datetime) -> ProviderError:
    text = said.lower()
    if "timeframe" in text:
        return BeyondDepth(
            NAME, f"{said} (the plan reaches back fewer years: set TREND_PROVIDERS__POLYGON__HISTORY_YEARS to as many)"
        )
    if "before end of day" in text or "today's data" in text:
        # The free plan refuses the current day of New York until midnight there, long after the session's close.
        return WaitError(NAME, f"{said} (not yet: from midnight New York on)", seconds_to_midnight(now, NEW_YORK))
    return NotEntitled(NAME, said)
