"""The `Posts` port on the table `social_posts`."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl
from sqlalchemy import Text, bindparam, cast, delete, select
from sqlalchemy.dialects.postgresql import ARRAY, insert

from trend_platform.domain.posts import POST_KEY, POST_SCHEMA, as_posts
from trend_platform.storage.timescale.database import Database
from trend_platform.storage.timescale.tables import social_posts

_BLOCK_ROWS: Final = 1000
_COLUMNS: Final = tuple(social_posts.c[name] for name in POST_SCHEMA)


@dataclass(frozen=True, slots=True)
class TimescalePosts:
    """Social posts of one database, as they were when they were first seen.

    Attributes:
        database: The database.
    """

    database: Database

    def add(self, posts: pl.DataFrame) -> int:
        """Store a post frame; posts that are known are left alone. Return how many were new."""
        # In one order: two who add the same posts wait for each other instead of locking each other out.
        blocks = posts.unique(POST_KEY, keep="first").sort(POST_KEY).iter_slices(_BLOCK_ROWS)
        new = insert(social_posts).on_conflict_do_nothing().returning(social_posts.c.post_id)
        with self.database.begin() as connection:
            return sum(len(connection.scalars(new.values(block.to_dicts())).all()) for block in blocks)

    def latest(self, symbols: Collection[str], count: int) -> pl.DataFrame:
        """Return the last posts about any of these symbols, of all without one, newest first."""
        table = social_posts.c
        wanted = select(*_COLUMNS).order_by(table.posted_at.desc(), table.provider, table.post_id).limit(count)
        if symbols:
            wanted = wanted.where(table.symbols.op("&&")(cast(bindparam("symbols", list(symbols)), ARRAY(Text))))
        with self.database.begin() as connection:
            rows = [tuple(row) for row in connection.execute(wanted)]
        return as_posts(pl.DataFrame(rows, schema=POST_SCHEMA, orient="row"))

    def forget_before(self, instant: datetime) -> int:
        """Drop posts posted before `instant`; return how many went."""
        with self.database.begin() as connection:
            return connection.execute(delete(social_posts).where(social_posts.c.posted_at < instant)).rowcount
