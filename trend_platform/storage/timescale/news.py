"""The `News` port on the table `news_articles`."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl
from sqlalchemy import Connection, Select, Text, bindparam, cast, delete, func, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert

from trend_platform.domain.news import ARTICLE_SCHEMA, as_articles
from trend_platform.storage.timescale.database import Database
from trend_platform.storage.timescale.tables import news_articles

_AT_WORK: Final = 0x7E4D0002 << 32
_COLUMNS: Final = tuple(news_articles.c[name] for name in ARTICLE_SCHEMA)
_REPEATED: Final = text(
    """
    SELECT address FROM market.news_articles, unnest(array_append(also_at, url)) AS address
    GROUP BY address HAVING count(*) > 1 ORDER BY address COLLATE "C"
    """
)


@dataclass(frozen=True, slots=True)
class TimescaleNewsDesk:
    """One unit of work on the news.

    Attributes:
        connection: The connection; whoever opened it commits.
    """

    connection: Connection

    def known(self, addresses: Collection[str], since: datetime) -> pl.DataFrame:
        """Return the stories with one of these canonical addresses, and those published since then."""
        table = news_articles.c
        wanted = cast(bindparam("addresses", list(addresses)), ARRAY(Text))
        has_one = or_(table.url == func.any(wanted), table.also_at.op("&&")(wanted))
        return _frame(self.connection, select(*_COLUMNS).where(or_(has_one, table.published_at >= since)))

    def store(self, articles: pl.DataFrame) -> None:
        """Store an article frame; of a known story `symbols` and `also_at` are replaced and nothing else."""
        if articles.is_empty():
            return
        given = insert(news_articles)
        changed = {name: given.excluded[name] for name in ("symbols", "also_at")}
        self.connection.execute(
            given.on_conflict_do_update(index_elements=["url"], set_=changed), articles.sort("url").to_dicts()
        )


@dataclass(frozen=True, slots=True)
class TimescaleNews:
    """Stories of one database.

    Attributes:
        database: The database.
    """

    database: Database

    @contextmanager
    def open_desk(self) -> Iterator[TimescaleNewsDesk]:
        """Open a unit of work, after whoever is at it; leaving the context commits, an exception rolls back."""
        with self.database.begin() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(_AT_WORK)))
            yield TimescaleNewsDesk(connection)

    def latest(self, symbols: Collection[str], count: int) -> pl.DataFrame:
        """Return the last stories about any of these symbols, of all without one, newest first."""
        table = news_articles.c
        wanted = select(*_COLUMNS).order_by(table.published_at.desc(), table.url.collate("C")).limit(count)
        if symbols:
            wanted = wanted.where(table.symbols.op("&&")(cast(bindparam("symbols", list(symbols)), ARRAY(Text))))
        with self.database.begin() as connection:
            return _frame(connection, wanted)

    def repeated(self) -> tuple[str, ...]:
        """Return addresses that stand in more than one story."""
        with self.database.begin() as connection:
            return tuple(connection.scalars(_REPEATED))

    def forget_before(self, instant: datetime) -> int:
        """Drop stories published before `instant`; return how many went."""
        with self.database.begin() as connection:
            return connection.execute(delete(news_articles).where(news_articles.c.published_at < instant)).rowcount


def _frame(connection: Connection, wanted: Select[Any]) -> pl.DataFrame:
    rows = [tuple(row) for row in connection.execute(wanted)]
    return as_articles(pl.DataFrame(rows, schema=ARTICLE_SCHEMA, orient="row"))
