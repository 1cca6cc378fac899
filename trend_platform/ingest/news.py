"""News: every source is asked, what they tell is boiled down to stories, and each story is stored once."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Final

import orjson
import polars as pl

from trend_platform.domain.instruments import Instrument
from trend_platform.domain.news import no_articles
from trend_platform.errors import ProviderError, TrendError, UsageError
from trend_platform.ingest.outcome import Failure
from trend_platform.ingest.turns import chosen_or_in_turn
from trend_platform.ingest.workshop import Workshop
from trend_platform.providers.sources import NewsAnswer, NewsSource, Reading
from trend_platform.quality.addresses import canonical_url
from trend_platform.quality.mentions import Mentions
from trend_platform.quality.stories import LOOK_BACK, Stories, distil

KIND = "news"
"""What these runs are recorded as."""

EVERY: Final = timedelta(minutes=30)
"""The time between two runs; instruments take turns by it."""

SINCE: Final = timedelta(days=1)
"""How far back a run asks: what a day of failed runs left out is still found."""


@dataclass(frozen=True, slots=True)
class NewsOutcome:
    """What a refresh did.

    Attributes:
        asked: Sources that were asked.
        instruments: Symbols whose own news were asked for.
        received: Articles that came, by source.
        new: Stories that are new.
        duplicates: Articles that are copies of a story, of the same address or nearly the same title.
        rejected: Articles that are none: no address on the web, or a time that cannot be.
        too_old: Articles older than news are kept.
        grown: Stored stories that have a further address or instrument now.
        missing: Per source that told nothing at all, why.
        failures: Parts of sources that failed, such as the feed of one symbol.
        calls: Calls made, by source.
        seconds: How long it took, in seconds.
    """

    asked: tuple[str, ...]
    instruments: tuple[str, ...] = ()
    received: dict[str, int] = field(default_factory=dict)
    new: int = 0
    duplicates: int = 0
    rejected: int = 0
    too_old: int = 0
    grown: int = 0
    missing: dict[str, str] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    calls: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def adds_up(self) -> bool:
        """Whether every article and every source is accounted for."""
        articles = self.new + self.duplicates + self.rejected + self.too_old
        return sum(self.received.values()) == articles and sorted(self.asked) == sorted([*self.received, *self.missing])

    def as_dict(self) -> dict[str, object]:
        """Return the outcome as plain values, for `--json`, records and Dagster."""
        return {**asdict(self), "seconds": round(self.seconds, 3)}


def instruments_for_news(workshop: Workshop, at_once: int, symbols: Sequence[str] = ()) -> tuple[Instrument, ...]:
    """Return the instruments whose own news this run asks for: those of the symbols, else those that people look at, in turns; of no list, of all.

    Raises:
        UsageError: A symbol is not in the universe.
    """
    return chosen_or_in_turn(workshop, symbols, at_once, EVERY)


async def refresh_news(
    workshop: Workshop, instruments: Sequence[Instrument], keep: timedelta, since: timedelta = SINCE
) -> NewsOutcome:
    """Ask all sources at once, and store the stories in what they tell; recorded as an ingest run.

    Args:
        workshop: What it works with.
        instruments: Whose own news are asked for, where a source can be asked so.
        keep: How long news are kept; what is older is not stored.
        since: How far back to ask.

    Returns:
        The outcome; failures of sources are in it, not raised.

    Raises:
        UsageError: There is no source.
        UnavailableError: The database went away; nothing was stored.
    """
    sources, now, runs = workshop.sources.news(), workshop.clock.now(), workshop.storage.runs
    if not sources:
        raise UsageError(f"no source of news is at hand: {workshop.sources.why_none(Reading.NEWS)}")
    names = [source.name for source in sources]
    run_id = runs.start(KIND, orjson.dumps({"sources": names, "since": now - since}).decode(), now)
    try:
        answers = await asyncio.gather(*(_ask(source, instruments, now - since) for source in sources))
        told = [answer for answer in answers if isinstance(answer, NewsAnswer)]
        articles = pl.concat([no_articles(), *(answer.articles for answer in told)])
        stories = _keep(workshop, articles, now - keep)
    except TrendError as error:
        runs.finish(run_id, "failed", orjson.dumps({"error": str(error)}).decode(), workshop.clock.now())
        raise
    finally:
        for source in sources:
            await source.close()
    symbols = tuple(one.symbol for one in instruments)
    outcome = _outcome(dict(zip(names, answers, strict=True)), symbols, stories, workshop.clock.now() - now)
    runs.finish(run_id, "done", orjson.dumps(outcome.as_dict()).decode(), workshop.clock.now())
    return outcome


async def _ask(source: NewsSource, instruments: Sequence[Instrument], since: datetime) -> NewsAnswer | ProviderError:
    try:
        return await source.articles(instruments, since)
    except ProviderError as error:
        return error


def _keep(workshop: Workshop, articles: pl.DataFrame, oldest: datetime) -> Stories:
    # Judged while nobody else works on the news: two runs at once do not tell one story twice.
    now, mentions = workshop.clock.now(), Mentions(workshop.storage.universe.instruments())
    addresses = {url for told in articles["url"] if (url := canonical_url(told)) is not None}
    young = articles.filter(pl.col("published_at") >= oldest)["published_at"].to_list()
    with workshop.storage.news.open_desk() as desk:
        stored = desk.known(addresses, min(young, default=now) - LOOK_BACK)
        stories = distil(articles, stored, mentions, oldest, now)
        desk.store(pl.concat([stories.new, stories.grown]))
    return stories


def _outcome(
    answers: dict[str, NewsAnswer | ProviderError], instruments: tuple[str, ...], stories: Stories, took: timedelta
) -> NewsOutcome:
    told = {name: answer for name, answer in answers.items() if isinstance(answer, NewsAnswer)}
    failed = {name: answer for name, answer in answers.items() if isinstance(answer, ProviderError)}
    received = {name: answer.articles.height for name, answer in told.items()}
    judged = stories.new.height + stories.duplicates + stories.rejected
    parts = [
        Failure(part, name, "part", message)
        for name, answer in told.items()
        for part, message in answer.failures.items()
    ]
    whole = [Failure("everything", name, type(error).__name__, str(error)) for name, error in failed.items()]
    calls: Counter[str] = Counter({name: answer.calls for name, answer in answers.items()})
    return NewsOutcome(
        asked=tuple(answers),
        instruments=instruments,
        received=received,
        new=stories.new.height,
        duplicates=stories.duplicates,
        rejected=stories.rejected,
        too_old=sum(received.values()) - judged,
        grown=stories.grown.height,
        missing={name: str(error) for name, error in failed.items()},
        failures=(*whole, *parts),
        calls=dict(calls),
        seconds=took.total_seconds(),
    )
