"""Asking a source of news in several parts, one call each: a part that fails costs only itself."""

from collections.abc import Awaitable, Callable, Mapping

import polars as pl

from trend_platform.domain.news import no_articles
from trend_platform.errors import AuthFailed, Blocked, ProviderError, QuotaExhausted, RateLimited
from trend_platform.providers.http import HttpAnswer
from trend_platform.providers.sources import NewsAnswer
from trend_platform.providers.traffic import counting

Ask = Callable[[], Awaitable[HttpAnswer]]
Read = Callable[[HttpAnswer], pl.DataFrame]

# What one part was refused for, the others would be as well.
_ABOUT_THE_CALLER = (AuthFailed, Blocked, QuotaExhausted, RateLimited)


async def ask_in_parts(parts: Mapping[str, tuple[Ask, Read]]) -> NewsAnswer:
    """Ask one part after the other and return what came.

    A refusal that is about the caller and not about the part ends it: the parts that are left fail for the same reason.

    Args:
        parts: Per part, by its name in failures, what asks it and what makes told articles of the answer.

    Raises:
        ProviderError: Every part failed; it is the last one's error.
    """
    frames: list[pl.DataFrame] = []
    failures: dict[str, str] = {}
    calls, last = 0, None
    for name, (ask, read) in parts.items():
        if isinstance(last, _ABOUT_THE_CALLER):
            failures[name] = str(last)
            continue
        try:
            answer = await ask()
            with counting(answer.calls):
                frames.append(read(answer))
            calls += answer.calls
        except ProviderError as error:
            calls, last = calls + error.calls, error
            failures[name] = str(error)
    if last is not None and not frames:
        last.calls = calls
        raise last
    return NewsAnswer(pl.concat([no_articles(), *frames]), calls, failures)
