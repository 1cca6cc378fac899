"""Social posts: one topic a call, each call paid for before it is made, each post judged and stored as soon as it came."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

import orjson
import polars as pl

from trend_platform.domain.instruments import Instrument
from trend_platform.errors import (
    AuthFailed,
    Blocked,
    NotEntitled,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    Transient,
    TrendError,
    UsageError,
)
from trend_platform.ingest.outcome import Failure
from trend_platform.ingest.turns import chosen_or_in_turn
from trend_platform.ingest.workshop import Workshop
from trend_platform.providers.sources import Price, Reading, SocialSource
from trend_platform.quality.mentions import Mentions
from trend_platform.quality.posts import judge_posts
from trend_platform.storage.readings import Allowance

KIND = "social"
"""What these runs are recorded as."""

EVERY: Final = timedelta(hours=1)
"""The time between two runs; instruments take turns by it."""

SINCE: Final = timedelta(days=1)
"""How far back is asked for a topic of which nothing is stored."""

# What one topic was refused for, the others would be as well.
_ABOUT_THE_CALLER: Final = (AuthFailed, Blocked, NotEntitled, QuotaExhausted, RateLimited)
_LATEST: Final = 100


@dataclass(frozen=True, slots=True)
class SocialOutcome:
    """What a refresh did.

    Attributes:
        asked: Per source, topics asked for.
        unasked: Per source, topics left out because it refused, or because its money is spent.
        received: Posts that came, by source.
        new: Posts that are new.
        known: Posts that were stored before.
        unrelated: Posts about no instrument kept here.
        rejected: Posts older than they are kept, or of a time that cannot be.
        dollars: What the run spent, by source; only of sources that cost money.
        failures: Topics that failed.
        calls: Calls made, by source.
        seconds: How long it took, in seconds.
    """

    asked: dict[str, int]
    unasked: dict[str, int] = field(default_factory=dict)
    received: dict[str, int] = field(default_factory=dict)
    new: int = 0
    known: int = 0
    unrelated: int = 0
    rejected: int = 0
    dollars: dict[str, float] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    calls: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def adds_up(self) -> bool:
        """Whether every post is accounted for."""
        return sum(self.received.values()) == self.new + self.known + self.unrelated + self.rejected

    def as_dict(self) -> dict[str, object]:
        """Return the outcome as plain values, for `--json`, records and Dagster."""
        return {**asdict(self), "seconds": round(self.seconds, 3)}


def instruments_for_posts(workshop: Workshop, at_once: int, symbols: Sequence[str] = ()) -> tuple[Instrument, ...]:
    """Return the instruments this run asks for: those of the symbols, else those that people look at, in turns; of no list, of all.

    Raises:
        UsageError: A symbol is not in the universe.
    """
    return chosen_or_in_turn(workshop, symbols, at_once, EVERY)


async def refresh_social(workshop: Workshop, instruments: Sequence[Instrument], keep: timedelta) -> SocialOutcome:
    """Ask all sources at once, topic by topic, and store what is about an instrument; recorded as an ingest run.

    A source that costs money is asked while the allowance of its day and month lasts, whoever else spends from it.

    Args:
        workshop: What it works with.
        instruments: Whose posts are asked for, where a source can be asked so.
        keep: How long posts are kept; what is older is not stored.

    Returns:
        The outcome; failures of sources are in it, not raised.

    Raises:
        UsageError: There is no source.
        UnavailableError: The database went away; what was stored before stays.
    """
    sources, now, runs = workshop.sources.social(), workshop.clock.now(), workshop.storage.runs
    if not sources:
        raise UsageError(f"no source of posts is at hand: {workshop.sources.why_none(Reading.SOCIAL)}")
    run_id = runs.start(KIND, orjson.dumps({"sources": [source.name for source in sources]}).decode(), now)
    refresh = _Refresh(workshop, Mentions(workshop.storage.universe.instruments()), now, keep)
    try:
        await asyncio.gather(*(refresh.source(source, source.topics(instruments)) for source in sources))
    except TrendError as error:
        runs.finish(run_id, "failed", orjson.dumps({"error": str(error)}).decode(), workshop.clock.now())
        raise
    finally:
        for source in sources:
            await source.close()
    outcome = refresh.outcome([source.name for source in sources])
    runs.finish(run_id, "done", orjson.dumps(outcome.as_dict()).decode(), workshop.clock.now())
    return outcome


@dataclass(slots=True)
class _Refresh:
    # One refresh under way: what has come so far.
    workshop: Workshop
    mentions: Mentions
    started_at: datetime
    keep: timedelta
    counts: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    unasked: Counter[str] = field(default_factory=Counter)
    received: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    dollars: dict[str, float] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)

    async def source(self, source: SocialSource, topics: Sequence[str]) -> None:
        for topic in topics:
            error = await self._topic(source, topic)
            if error is not None:
                self.failures.append(Failure(topic, source.name, type(error).__name__, str(error)))
            if isinstance(error, _ABOUT_THE_CALLER):
                self.unasked[source.name] = len(topics) - self.asked[source.name]
                return

    async def _topic(self, source: SocialSource, topic: str) -> ProviderError | None:
        name, price, day = source.name, source.price, self.workshop.clock.now().date()
        if price is not None and not self._take(name, price, day):
            return QuotaExhausted(
                name,
                f"what may be spent on it is spent (${price.daily_dollars:g} a day, ${price.monthly_dollars:g} a month)",
            )
        self.asked[name] += 1
        try:
            answer = await source.posts(topic, self._since(source, topic))
        except ProviderError as error:
            self.calls[name] += error.calls
            # A refusal costs nothing; of a lost answer nobody knows.
            self._settle(name, price, day, None if isinstance(error, Transient) else 0)
            return error
        self.calls[name] += answer.calls
        self.received[name] += answer.posts.height
        self._settle(name, price, day, answer.posts.height)
        self._store(answer.posts)
        return None

    def _take(self, name: str, price: Price, day: date) -> bool:
        allowance = Allowance(price.daily_dollars, price.monthly_dollars)
        return self.workshop.storage.purse.take(name, day, _most(price), allowance)

    def _settle(self, name: str, price: Price | None, day: date, posts: int | None) -> None:
        if price is None:
            return
        spent = _most(price) if posts is None else min(posts * price.dollars_per_post, _most(price))
        self.workshop.storage.purse.give_back(name, day, _most(price) - spent)
        self.dollars[name] = self.dollars.get(name, 0.0) + spent

    def _since(self, source: SocialSource, topic: str) -> datetime:
        # What was seen is not paid for again.
        latest = self.workshop.storage.posts.latest([topic], _LATEST)
        seen: list[datetime] = latest.filter(pl.col("provider") == source.name)["posted_at"].to_list()
        return max([*seen, self.started_at - SINCE])

    def _store(self, told: pl.DataFrame) -> None:
        now = self.workshop.clock.now()
        judged = judge_posts(told, self.mentions, now - self.keep, now)
        new = self.workshop.storage.posts.add(judged.posts)
        known = judged.posts.height - new
        self.counts.update(new=new, known=known, unrelated=judged.unrelated, rejected=judged.rejected)

    def outcome(self, names: Sequence[str]) -> SocialOutcome:
        return SocialOutcome(
            asked={name: self.asked[name] for name in names},
            unasked=dict(self.unasked),
            received=dict(self.received),
            new=self.counts["new"],
            known=self.counts["known"],
            unrelated=self.counts["unrelated"],
            rejected=self.counts["rejected"],
            dollars={name: round(dollars, 6) for name, dollars in self.dollars.items()},
            failures=tuple(self.failures),
            calls=dict(self.calls),
            seconds=(self.workshop.clock.now() - self.started_at).total_seconds(),
        )


def _most(price: Price) -> float:
    return price.dollars_per_post * price.posts_per_call
