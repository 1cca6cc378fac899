"""The `Posts` port in memory: one post frame, replaced as a whole."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

import polars as pl

from trend_platform.domain.posts import POST_KEY, as_posts, empty_posts
from trend_platform.storage.memory.tagged import about


@dataclass(slots=True)
class MemoryPosts:
    """Social posts, as they were when they were first seen."""

    _stored: pl.DataFrame = field(default_factory=empty_posts)
    _lock: Lock = field(default_factory=Lock)

    def add(self, posts: pl.DataFrame) -> int:
        """Store a post frame; posts that are known are left alone. Return how many were new."""
        with self._lock:
            new = as_posts(posts.unique(POST_KEY, keep="first").join(self._stored, on=POST_KEY, how="anti"))
            self._stored = as_posts(pl.concat([self._stored, new]))
        return new.height

    def latest(self, symbols: Collection[str], count: int) -> pl.DataFrame:
        """Return the last posts about any of these symbols, of all without one, newest first."""
        return about(self._stored, symbols).head(count)

    def forget_before(self, instant: datetime) -> int:
        """Drop posts posted before `instant`; return how many went."""
        with self._lock:
            before = self._stored.height
            self._stored = self._stored.filter(pl.col("posted_at") >= instant)
            return before - self._stored.height
