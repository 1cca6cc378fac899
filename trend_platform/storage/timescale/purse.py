"""The `Purse` port on the table `spending`: one spender at a time, so that no two spend the same money."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, Connection, func, select, update
from sqlalchemy.dialects.postgresql import insert

from trend_platform.storage.money import fits
from trend_platform.storage.readings import Allowance
from trend_platform.storage.timescale.database import Database
from trend_platform.storage.timescale.tables import spending as table

_SPENDING: Final = 0x7E4D0003 << 32


@dataclass(frozen=True, slots=True)
class TimescalePurse:
    """What was spent, by provider and day of UTC, in one database.

    Attributes:
        database: The database.
    """

    database: Database

    def take(self, provider: str, day: date, dollars: float, allowance: Allowance) -> bool:
        """Count `dollars` as spent if neither day nor month pass their allowance by it; return whether that was so."""
        given = insert(table).values(provider=provider, spent_on=day, dollars=dollars)
        added = given.on_conflict_do_update(
            index_elements=["provider", "spent_on"], set_={"dollars": table.c.dollars + given.excluded.dollars}
        )
        with self.database.begin() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(_SPENDING)))
            month = func.date_trunc("month", table.c.spent_on) == func.date_trunc("month", day)
            spent_today = _sum(connection, provider, table.c.spent_on == day)
            if not fits(spent_today, _sum(connection, provider, month), dollars, allowance):
                return False
            connection.execute(added)
            return True

    def give_back(self, provider: str, day: date, dollars: float) -> None:
        """Count what was taken and not spent as not spent; never below nothing."""
        less = func.greatest(0.0, table.c.dollars - dollars)
        mine = update(table).where(table.c.provider == provider, table.c.spent_on == day)
        with self.database.begin() as connection:
            connection.execute(mine.values(dollars=less))

    def spent(self, provider: str, days: Sequence[date]) -> float:
        """Return what was spent on these days, in dollars."""
        with self.database.begin() as connection:
            return _sum(connection, provider, table.c.spent_on.in_(list(days)))


def _sum(connection: Connection, provider: str, days: ColumnElement[bool]) -> float:
    wanted = select(func.coalesce(func.sum(table.c.dollars), 0.0)).where(table.c.provider == provider, days)
    return float(connection.scalar(wanted) or 0.0)
