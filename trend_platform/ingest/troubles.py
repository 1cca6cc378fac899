"""What can be wrong with the market's data, found in its rows and in the records of its runs.

Each trouble has a key that stays the same while it lasts; who is told of it, and how often, is decided in `alerts`. Runs that
failed in Dagster are troubles that `orchestration` finds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import orjson

from trend_platform.errors import QuotaExhausted
from trend_platform.ingest.freshness import Freshness, What, freshness, sentence
from trend_platform.ingest.restated_alarms import alarming_restatements
from trend_platform.ingest.split_check import wrong_splits
from trend_platform.ingest.workshop import Workshop

_KEYS: Final = {
    What.LATEST_PRICE: "latest_prices",
    What.HOURLY_CANDLES: "hourly_candles",
    What.DAILY_CANDLES: "daily_candles",
}
# What was never there may just have been added: a price takes two ticks, hours two, days the run after the next session.
_GRACES: Final = {
    "missing:latest_prices": timedelta(minutes=3),
    "missing:hourly_candles": timedelta(minutes=25),
    "missing:daily_candles": timedelta(days=4),
}
_QUOTA_LASTS = timedelta(minutes=30)
# Ingest runs of half an hour: one each minute, some each ten minutes, and whatever people start.
_RUNS = 60


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong now.

    Attributes:
        key: What, such as `stale:latest_prices`, `quota:polygon` or `run_failed:daily_history`.
        summary: In a sentence, fit to be sent: no secret, no address.
    """

    key: str
    summary: str


def grace_of(key: str) -> timedelta:
    """Return how long a trouble is nobody's business: what was never there is given the time to come."""
    return _GRACES.get(key, timedelta(0))


def market_troubles(workshop: Workshop) -> tuple[Trouble, ...]:
    """Return what is wrong now with what people look at: stale data by kind, and quotas used up in the last half hour.

    Stale is `stale:{kind}` where there was something before, and `missing:{kind}` where there never was; kinds are
    `latest_prices`, `hourly_candles` and `daily_candles`. A quota is `quota:{provider}`. A new split that prices contradict
    is `split:{symbol}:{day}`; a provider that took back more than is usual is `restated:{provider}:{timeframe}`.
    """
    found = freshness(workshop, workshop.storage.interests.active())
    return (*_stale(found), *_exhausted(workshop), *_wrong_splits(workshop), *_restated(workshop))


def _wrong_splits(workshop: Workshop) -> Iterator[Trouble]:
    for name, words in wrong_splits(workshop):
        symbol = name.partition(":")[0]
        yield Trouble(f"split:{name}", f"{words}; see `trend actions list {symbol}`")


def _restated(workshop: Workshop) -> Iterator[Trouble]:
    for name, words in alarming_restatements(workshop):
        yield Trouble(f"restated:{name}", f"{words}; `trend explain SYMBOL TIMEFRAME TIME` shows the old values")


def _stale(found: Sequence[Freshness]) -> Iterator[Trouble]:
    for what, name in _KEYS.items():
        mine = [one for one in found if one.what is what]
        for word, never in (("stale", False), ("missing", True)):
            late = [one for one in mine if one.is_stale and (one.found_at is None) is never]
            if late:
                rest = [one for one in mine if not one.is_stale]
                yield Trouble(f"{word}:{name}", sentence([*late, *rest]))


def _exhausted(workshop: Workshop) -> Iterator[Trouble]:
    since = workshop.clock.now() - _QUOTA_LASTS
    told: set[str] = set()
    for record in workshop.storage.runs.latest(_RUNS):
        ended = record.finished_at
        if ended is None or ended < since or QuotaExhausted.__name__ not in record.outcome:
            continue
        for provider, message in _failures(record.outcome):
            if provider not in told:
                told.add(provider)
                yield Trouble(f"quota:{provider}", _quota_sentence(provider, message, record.kind, ended))


def _failures(outcome: str) -> Iterator[tuple[str, str]]:
    document = orjson.loads(outcome)
    failures = document.get("failures") if isinstance(document, Mapping) else None
    for failure in failures if isinstance(failures, list) else []:
        if isinstance(failure, Mapping) and failure.get("kind") == QuotaExhausted.__name__:
            yield str(failure.get("provider")), str(failure.get("message"))


def _quota_sentence(provider: str, message: str, kind: str, at: datetime) -> str:
    return (
        f"the quota of {provider} is used up: {message} (met by a run of kind {kind} at {at:%Y-%m-%d %H:%M} UTC); "
        "until it resets, other providers serve what they can"
    )
