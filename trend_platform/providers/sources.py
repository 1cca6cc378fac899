"""The ports of sources that tell something other than prices: economic series, news, social posts.

As with providers of prices, a source turns a request into a frame and nothing else: what is a duplicate, what it is about and
what is kept is decided elsewhere. It raises a `ProviderError` when it has nothing usable.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import polars as pl

from trend_platform.domain.economy import EconomicSeries
from trend_platform.domain.instruments import Instrument


@dataclass(frozen=True, slots=True)
class EconomicAnswer:
    """One economic series.

    Attributes:
        about: What it is, and when it is released; `checked_at` and what is newest are not set.
        observations: Observation frame: all vintages where the source has them, else the values it shows now.
        calls: Calls that were made, failed ones and retries included.
    """

    about: EconomicSeries
    observations: pl.DataFrame
    calls: int


@dataclass(frozen=True, slots=True)
class NewsAnswer:
    """Articles as a source told them.

    Attributes:
        articles: Frame of told articles (`domain.news`), in no order, possibly with duplicates.
        calls: Calls that were made, failed ones and retries included.
        failures: Per part that failed, such as a symbol, what happened; the other parts are in `articles`.
    """

    articles: pl.DataFrame
    calls: int
    failures: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PostAnswer:
    """Posts as a source told them.

    Attributes:
        posts: Frame of told posts (`domain.posts`).
        calls: Calls that were made, failed ones and retries included.
    """

    posts: pl.DataFrame
    calls: int


@dataclass(frozen=True, slots=True)
class Price:
    """What asking a source costs.

    Attributes:
        dollars_per_post: What one post costs that is returned.
        posts_per_call: Posts that one call returns at most: what it may cost.
        daily_dollars: Never to be passed in a day of UTC.
        monthly_dollars: Never to be passed in a month of UTC.
    """

    dollars_per_post: float
    posts_per_call: int
    daily_dollars: float
    monthly_dollars: float


class EconomicSource(Protocol):
    """Whoever tells economic series."""

    @property
    def name(self) -> str:
        """Return its name, as in the `provider` column."""
        ...

    @property
    def has_vintages(self) -> bool:
        """Return whether it tells what was believed when; if not, it tells what it shows now."""
        ...

    async def series(self, series: str) -> EconomicAnswer:
        """Fetch a whole series with what is known of it.

        Raises:
            ProviderError: Nothing usable came; the class says what to do next.
        """
        ...

    async def close(self) -> None:
        """Release connections; the source is not used afterwards."""
        ...


class NewsSource(Protocol):
    """Whoever tells news."""

    @property
    def name(self) -> str:
        """Return its name, as in the `provider` column."""
        ...

    async def articles(self, instruments: Sequence[Instrument], since: datetime) -> NewsAnswer:
        """Fetch what was published since an instant, about instruments where the source can be asked so, and in general.

        A part that fails costs only itself.

        Raises:
            ProviderError: Nothing usable came of any part.
        """
        ...

    async def close(self) -> None:
        """Release connections; the source is not used afterwards."""
        ...


class SocialSource(Protocol):
    """Whoever tells social posts, one topic a call."""

    @property
    def name(self) -> str:
        """Return its name, as in the `provider` column."""
        ...

    @property
    def price(self) -> Price | None:
        """Return what a call costs; `None` if nothing."""
        ...

    def topics(self, instruments: Sequence[Instrument]) -> Sequence[str]:
        """Return what one run asks for, one call each, such as a symbol or a forum."""
        ...

    async def posts(self, topic: str, since: datetime) -> PostAnswer:
        """Fetch the posts on a topic since an instant, in exactly one attempt where each costs money.

        Raises:
            ProviderError: Nothing usable came.
        """
        ...

    async def close(self) -> None:
        """Release connections; the source is not used afterwards."""
        ...


class TakesKey(Protocol):
    """Whoever asks with a key, and can be asked whether it is taken."""

    async def try_key(self) -> None:
        """Ask one cheap question that needs the key, and pass over what it tells.

        Raises:
            ProviderError: The key was refused, or the source did not answer.
        """
        ...

    async def close(self) -> None:
        """Release connections; the source is not used afterwards."""
        ...


class Reading(StrEnum):
    """What sources tell."""

    ECONOMIC = "economic"
    NEWS = "news"
    SOCIAL = "social"


class Sources(Protocol):
    """The sources at hand, opened when they are asked for; whoever asks closes what it gets."""

    def names(self, reading: Reading) -> tuple[str, ...]:
        """Return who would be asked, without opening anything."""
        ...

    def why_none(self, reading: Reading) -> str:
        """Return why nobody would be asked, and what helps; only where nobody would."""
        ...

    def economic(self) -> tuple[EconomicSource, ...]:
        """Return the sources of economic series, the preferred one first."""
        ...

    def news(self) -> tuple[NewsSource, ...]:
        """Return the sources of news; all of them are asked."""
        ...

    def social(self) -> tuple[SocialSource, ...]:
        """Return the sources of posts that are enabled; all of them are asked."""
        ...


@dataclass(frozen=True, slots=True)
class ReadySources:
    """Sources that are open already; by default there are none.

    Attributes:
        economic_sources: Of economic series.
        news_sources: Of news.
        social_sources: Of posts.
    """

    economic_sources: tuple[EconomicSource, ...] = ()
    news_sources: tuple[NewsSource, ...] = ()
    social_sources: tuple[SocialSource, ...] = ()

    def names(self, reading: Reading) -> tuple[str, ...]:
        """Return who would be asked."""
        told: Mapping[Reading, Sequence[EconomicSource | NewsSource | SocialSource]] = {
            Reading.ECONOMIC: self.economic_sources,
            Reading.NEWS: self.news_sources,
            Reading.SOCIAL: self.social_sources,
        }
        return tuple(source.name for source in told[reading])

    def why_none(self, reading: Reading) -> str:  # noqa: ARG002  the same holds for all of them
        """Return that there is none beside simulated prices."""
        return "prices are simulated here, and real figures, headlines and posts beside them would only mislead"

    def economic(self) -> tuple[EconomicSource, ...]:
        """Return the sources of economic series."""
        return self.economic_sources

    def news(self) -> tuple[NewsSource, ...]:
        """Return the sources of news."""
        return self.news_sources

    def social(self) -> tuple[SocialSource, ...]:
        """Return the sources of posts."""
        return self.social_sources
