"""The `Universe` port on the table `instruments`; a removed instrument keeps its row, and so its id."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.symbols import cannot_rename
from trend_platform.storage.timescale.database import Database
from trend_platform.storage.timescale.tables import instruments as table


@dataclass(frozen=True, slots=True)
class TimescaleUniverse:
    """The instruments one database knows.

    Attributes:
        database: The database.
    """

    database: Database

    def instruments(self) -> tuple[Instrument, ...]:
        """Return all of them, by symbol."""
        with self.database.begin() as connection:
            rows = connection.execute(select(table).where(table.c.is_active).order_by(table.c.symbol))
            return tuple(instrument(row) for row in rows)

    def add(self, instruments: Sequence[Instrument]) -> tuple[Instrument, ...]:
        """Store instruments by symbol and return them with their ids, in the order given.

        Known symbols keep their id and are updated; removed ones are back.
        """
        if not instruments:
            return ()
        rows = {one.symbol: _columns(one) for one in instruments}
        with self.database.begin() as connection:
            # Updated first, so that known symbols use up no numbers.
            known = update(table).where(table.c.symbol == bindparam("the_symbol"))
            connection.execute(known, [{**row, "the_symbol": symbol} for symbol, row in rows.items()])
            mine = table.c.symbol.in_(list(rows))
            stored = set(connection.scalars(select(table.c.symbol).where(mine)))
            fresh = [row for symbol, row in rows.items() if symbol not in stored]
            if fresh:
                connection.execute(insert(table).on_conflict_do_nothing(index_elements=["symbol"]), fresh)
            found = {row.symbol: instrument(row) for row in connection.execute(select(table).where(mine))}
        return tuple(found[one.symbol] for one in instruments)

    def rename(self, symbol: str, to: str) -> Instrument:
        """Give an instrument another symbol; one that holds it and is no longer in the universe gets the old one.

        Raises:
            UsageError: `symbol` is not in the universe, or `to` is.
        """
        with self.database.begin() as connection:
            both = select(table).where(table.c.symbol.in_([symbol, to])).with_for_update()
            found = {row.symbol: row for row in connection.execute(both)}
            mine, other = found.get(symbol), found.get(to)
            if mine is None or not mine.is_active or (other is not None and other.is_active):
                raise cannot_rename(symbol, to, is_known=mine is not None and mine.is_active)
            # Two symbols change places by way of one that nothing can have.
            steps = [(mine.instrument_id, to)]
            if other is not None:
                steps = [(other.instrument_id, f"{to} "), *steps, (other.instrument_id, symbol)]
            for one, name in steps:
                connection.execute(update(table).where(table.c.instrument_id == one).values(symbol=name))
            return replace(instrument(mine), symbol=to)

    def remove(self, symbols: Sequence[str]) -> int:
        """Take instruments out of the universe; return how many were in it."""
        statement = update(table).where(table.c.symbol.in_(list(symbols)), table.c.is_active).values(is_active=False)
        with self.database.begin() as connection:
            return connection.execute(statement).rowcount


def _columns(one: Instrument) -> dict[str, object]:
    return {
        "symbol": one.symbol,
        "asset_class": one.asset_class.value,
        "calendar": one.calendar,
        "name": one.name,
        "listed_on": one.listed_on,
        "delisted_on": one.delisted_on,
        "is_active": True,
    }


def instrument(row: Row[Any]) -> Instrument:
    """Return what a row of the table `instruments` says; other columns may stand beside."""
    return Instrument(
        instrument_id=row.instrument_id,
        symbol=row.symbol,
        asset_class=AssetClass(row.asset_class),
        calendar=row.calendar,
        name=row.name,
        listed_on=row.listed_on,
        delisted_on=row.delisted_on,
    )
