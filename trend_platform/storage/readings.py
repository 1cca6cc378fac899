"""The storage ports of what is read beside prices: economic series, news, social posts, and the money that posts cost.

As with the ports in `base`, every implementation passes the same contract suite; methods are synchronous and may block.
"""

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

import polars as pl

from trend_platform.domain.economy import EconomicSeries


class Economy(Protocol):
    """Economic series with every vintage of their observations."""

    def series(self) -> tuple[EconomicSeries, ...]:
        """Return all that were ever stored, by their id and provider."""
        ...

    def observations(self, provider: str, series: str) -> pl.DataFrame:
        """Return all vintages of a series as an observation frame; none of one that is not known."""
        ...

    def write(self, about: EconomicSeries, rows: pl.DataFrame, gone: pl.DataFrame) -> None:
        """Make what was learned of a series the truth: all of it, or nothing.

        Args:
            about: The series; what was known of it is replaced.
            rows: Observation frame of vintages of that series; ones with the same key are replaced, and
                left alone if they say the same.
            gone: Frame with the columns of the key, of vintages to drop; one that is among `rows` as well stays.
        """
        ...


class NewsDesk(Protocol):
    """One unit of work on the news, which nobody else works on meanwhile."""

    def known(self, addresses: Collection[str], since: datetime) -> pl.DataFrame:
        """Return the stories with one of these canonical addresses, and those published since then, as an article frame."""
        ...

    def store(self, articles: pl.DataFrame) -> None:
        """Store an article frame; of a story that is known by `url`, `symbols` and `also_at` are replaced and nothing else."""
        ...


class News(Protocol):
    """Stories: articles told once."""

    def open_desk(self) -> AbstractContextManager[NewsDesk]:
        """Open a unit of work, after whoever is at it; leaving the context commits, an exception rolls back."""
        ...

    def latest(self, symbols: Collection[str], count: int) -> pl.DataFrame:
        """Return the last stories about any of these symbols, of all without one, as an article frame, newest first."""
        ...

    def repeated(self) -> tuple[str, ...]:
        """Return addresses that stand in more than one story, in alphabetical order; there should be none."""
        ...

    def forget_before(self, instant: datetime) -> int:
        """Drop stories published before `instant`; return how many went."""
        ...


class Posts(Protocol):
    """Social posts, as they were when they were first seen."""

    def add(self, posts: pl.DataFrame) -> int:
        """Store a post frame; posts that are known are left alone. Return how many were new."""
        ...

    def latest(self, symbols: Collection[str], count: int) -> pl.DataFrame:
        """Return the last posts about any of these symbols, of all without one, as a post frame, newest first."""
        ...

    def forget_before(self, instant: datetime) -> int:
        """Drop posts posted before `instant`; return how many went."""
        ...


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may be spent on one provider, in dollars.

    Attributes:
        daily: In a day of UTC.
        monthly: In a month of UTC.
    """

    daily: float
    monthly: float


class Purse(Protocol):
    """What was spent, by provider and day of UTC. Money is taken before it is spent, so that no two spend the same."""

    def take(self, provider: str, day: date, dollars: float, allowance: Allowance) -> bool:
        """Count `dollars` as spent if neither day nor month pass their allowance by it; return whether that was so."""
        ...

    def give_back(self, provider: str, day: date, dollars: float) -> None:
        """Count what was taken and not spent as not spent; never below nothing."""
        ...

    def spent(self, provider: str, days: Sequence[date]) -> float:
        """Return what was spent on these days, in dollars."""
        ...
