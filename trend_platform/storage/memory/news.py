"""The `News` port in memory: one article frame, replaced as a whole."""

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

import polars as pl

from trend_platform.domain.news import as_articles, empty_articles
from trend_platform.storage.memory.tagged import about


@dataclass(slots=True)
class MemoryNewsDesk:
    """One unit of work on the news.

    Attributes:
        articles: What is stored, this work's changes included.
    """

    articles: pl.DataFrame

    def known(self, addresses: Collection[str], since: datetime) -> pl.DataFrame:
        """Return the stories with one of these canonical addresses, and those published since then."""
        wanted = pl.Series(list(addresses), dtype=pl.String)
        has_one = pl.col("url").is_in(wanted.implode())
        has_one |= pl.col("also_at").list.set_intersection(wanted.implode()).list.len() > 0
        return self.articles.filter(has_one | (pl.col("published_at") >= since))

    def store(self, articles: pl.DataFrame) -> None:
        """Store an article frame; of a known story `symbols` and `also_at` are replaced and nothing else."""
        new = articles.join(self.articles, on="url", how="anti")
        grown = articles.select("url", "symbols", "also_at")
        self.articles = as_articles(pl.concat([self.articles.update(grown, on="url"), new]))


@dataclass(slots=True)
class MemoryNews:
    """Stories: articles told once."""

    _stored: pl.DataFrame = field(default_factory=empty_articles)
    _lock: Lock = field(default_factory=Lock)

    @contextmanager
    def open_desk(self) -> Iterator[MemoryNewsDesk]:
        """Open a unit of work; leaving the context commits, an exception rolls back."""
        with self._lock:
            desk = MemoryNewsDesk(self._stored)
            yield desk
            self._stored = desk.articles

    def latest(self, symbols: Collection[str], count: int) -> pl.DataFrame:
        """Return the last stories about any of these symbols, of all without one, newest first."""
        return about(self._stored, symbols).head(count)

    def repeated(self) -> tuple[str, ...]:
        """Return addresses that stand in more than one story."""
        rows = self._stored.select("url", "also_at").iter_rows()
        counts = Counter(address for url, also_at in rows for address in (url, *also_at))
        return tuple(sorted(address for address, count in counts.items() if count > 1))

    def forget_before(self, instant: datetime) -> int:
        """Drop stories published before `instant`; return how many went."""
        with self._lock:
            before = self._stored.height
            self._stored = self._stored.filter(pl.col("published_at") >= instant)
            return before - self._stored.height
