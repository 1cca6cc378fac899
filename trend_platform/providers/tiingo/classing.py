"""What Tiingo's answers mean before they are parsed: any object with `detail` is a refusal, whatever its status.

Refusals over an allowance come as JSON or as plain text, with 429 or with 200, and are told first: one that is taken for
"not found" would mark symbols as unknown. Allowances begin anew each hour, at midnight and on the first of New York.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from trend_platform.domain.clock import Clock
from trend_platform.errors import AuthFailed, Malformed, NotEntitled, NothingThere, ProviderError, QuotaExhausted
from trend_platform.providers.classing import class_of_body, class_of_status, words
from trend_platform.providers.http import Classify, HttpAnswer
from trend_platform.providers.pace import seconds_to_midnight

NAME = "tiingo"
NEW_YORK = ZoneInfo("America/New_York")


def classifier(clock: Clock) -> Classify:
    """Return the function that says what is wrong with one of Tiingo's answers.

    The clock is asked only where the wait until an allowance begins anew is the answer.
    """

    def classify(answer: HttpAnswer) -> ProviderError | None:
        if answer.body.lstrip()[:1] == b"[":
            return class_of_body(NAME, answer) or class_of_status(NAME, answer.status, words(answer))
        text = words(answer).lower()
        if "allocation" in text or "run over" in text:
            return _over_allowance(words(answer), clock.now())
        return class_of_body(NAME, answer) or _refusal(answer)

    return classify


def seconds_to_next_month(now: datetime) -> float:
    """Return how long it is until the first of the next month begins in New York, in seconds."""
    local = now.astimezone(NEW_YORK)
    first = (local.replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first.astimezone(now.tzinfo) - now).total_seconds()


def _over_allowance(said: str, now: datetime) -> QuotaExhausted:
    text = said.lower()
    if "symbol" in text or "month" in text:
        wait = seconds_to_next_month(now)
    elif "day" in text or "daily" in text:
        wait = seconds_to_midnight(now, NEW_YORK)
    else:
        wait = 3600 - (now.minute * 60 + now.second)
    return QuotaExhausted(NAME, f"{said} (begins anew in {wait:.0f} s)", wait)


def _refusal(answer: HttpAnswer) -> ProviderError | None:
    document = answer.document
    detail = document.get("detail") if isinstance(document, Mapping) else None
    plain = class_of_status(NAME, answer.status, words(answer))
    if detail is None:
        return plain
    said, status = str(detail)[:200], answer.status
    text = said.lower()
    if status >= 500 or status == 429:
        return plain
    if status == 401 or "token" in text or "credentials" in text:
        return AuthFailed(NAME, f"{said}; check TIINGO_API_KEY")
    if status in {402, 403} or "permission" in text:
        return NotEntitled(NAME, said)
    if status == 404 or "not found" in text:
        return NothingThere(NAME, said)
    return Malformed(NAME, f"answered {status} and in it: {said}")
