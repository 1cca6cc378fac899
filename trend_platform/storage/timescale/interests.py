"""The `Interests` port on the tables `watchlists`, `portfolios` and `overview`.

Lists are kept in the order they were filled by `position`, which is only counted up; who fills one waits for the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, delete, func, select, union
from sqlalchemy.dialects.postgresql import insert

from trend_platform.domain.instruments import Instrument
from trend_platform.storage.changes import check_known
from trend_platform.storage.realtime import Holding
from trend_platform.storage.timescale.database import Database
from trend_platform.storage.timescale.tables import instruments, overview, portfolios, watchlists
from trend_platform.storage.timescale.universe import instrument

_FILLING: Final = 0x7E4D0002 << 32


@dataclass(frozen=True, slots=True)
class TimescaleInterests:
    """What people look at, in one database.

    Attributes:
        database: The database.
    """

    database: Database

    def active(self) -> tuple[Instrument, ...]:
        """Return the union of all lists without instruments that left the universe, by symbol."""
        listed = union(*(select(table.c.instrument_id) for table in (watchlists, portfolios, overview)))
        columns = instruments.c
        wanted = select(instruments).where(columns.is_active, columns.instrument_id.in_(listed))
        with self.database.begin() as connection:
            return tuple(instrument(row) for row in connection.execute(wanted.order_by(columns.symbol)))

    def watchlists(self) -> Mapping[str, tuple[Instrument, ...]]:
        """Return all watchlists by name, each in the order it was filled."""
        wanted = select(watchlists.c.name.label("list"), instruments).join_from(watchlists, instruments)
        order = (watchlists.c.name.collate("C"), watchlists.c.position)
        with self.database.begin() as connection:
            rows = connection.execute(wanted.order_by(*order)).all()
        return {name: tuple(map(instrument, listed)) for name, listed in groupby(rows, _list)}

    def watch(self, name: str, instruments: Sequence[Instrument]) -> int:
        """Append instruments to a watchlist, which is made if need be; return how many were new to it.

        Raises:
            UsageError: The database does not know an instrument.
        """
        return self._append(watchlists, instruments, {"name": name})

    def unwatch(self, name: str, symbols: Sequence[str] = ()) -> int:
        """Take symbols off a watchlist, all of them if none is named; return how many went."""
        return self._take(watchlists, symbols, {"name": name})

    def portfolios(self) -> Mapping[str, tuple[Holding, ...]]:
        """Return all portfolios by name, holdings by symbol."""
        columns = portfolios.c
        wanted = select(columns.name.label("list"), columns.quantity, columns.cost, instruments)
        order = (columns.name.collate("C"), instruments.c.symbol)
        with self.database.begin() as connection:
            rows = connection.execute(wanted.join_from(portfolios, instruments).order_by(*order)).all()
        return {name: tuple(map(_holding, listed)) for name, listed in groupby(rows, _list)}

    def hold(self, name: str, holdings: Sequence[Holding]) -> None:
        """Put holdings into a portfolio, which is made if need be; one of the same instrument is replaced.

        Raises:
            UsageError: The database does not know an instrument.
        """
        rows = {
            held.instrument.instrument_id: {
                "name": name,
                "instrument_id": held.instrument.instrument_id,
                "quantity": held.quantity,
                "cost": held.cost,
            }
            for held in holdings
        }
        if not rows:
            return
        given = insert(portfolios).values(list(rows.values()))
        changed = {"quantity": given.excluded.quantity, "cost": given.excluded.cost}
        with self.database.begin() as connection:
            _take_turn(connection, [held.instrument for held in holdings])
            connection.execute(given.on_conflict_do_update(index_elements=["name", "instrument_id"], set_=changed))

    def release(self, name: str, symbols: Sequence[str] = ()) -> int:
        """Take symbols out of a portfolio, all of them if none is named; return how many went."""
        return self._take(portfolios, symbols, {"name": name})

    def overview(self) -> tuple[Instrument, ...]:
        """Return the market overview list in the order it was filled."""
        wanted = select(instruments).join_from(overview, instruments).order_by(overview.c.position)
        with self.database.begin() as connection:
            return tuple(instrument(row) for row in connection.execute(wanted))

    def show(self, instruments: Sequence[Instrument]) -> int:
        """Append instruments to the overview; return how many were new to it.

        Raises:
            UsageError: The database does not know an instrument.
        """
        return self._append(overview, instruments, {})

    def hide(self, symbols: Sequence[str] = ()) -> int:
        """Take symbols off the overview, all of them if none is named; return how many went."""
        return self._take(overview, symbols, {})

    def _append(self, table: Table, instruments: Sequence[Instrument], list_: Mapping[str, str]) -> int:
        ids = dict.fromkeys(one.instrument_id for one in instruments)
        if not ids:
            return 0
        with self.database.begin() as connection:
            _take_turn(connection, instruments)
            last = connection.scalar(select(func.coalesce(func.max(table.c.position), 0)).filter_by(**list_)) or 0
            rows = [{**list_, "instrument_id": one, "position": last + n} for n, one in enumerate(ids, 1)]
            new = insert(table).values(rows).on_conflict_do_nothing().returning(table.c.instrument_id)
            return len(connection.execute(new).all())

    def _take(self, table: Table, symbols: Sequence[str], list_: Mapping[str, str]) -> int:
        named = select(instruments.c.instrument_id).where(instruments.c.symbol.in_(list(symbols)))
        statement = delete(table).where(*(table.c[name] == value for name, value in list_.items()))
        with self.database.begin() as connection:
            _take_turn(connection, ())
            return connection.execute(
                statement.where(table.c.instrument_id.in_(named)) if symbols else statement
            ).rowcount


def _take_turn(connection: Connection, given: Sequence[Instrument]) -> None:
    connection.execute(select(func.pg_advisory_xact_lock(_FILLING)))
    wanted = instruments.c.instrument_id.in_([one.instrument_id for one in given])
    check_known(given, set(connection.scalars(select(instruments.c.instrument_id).where(wanted))) if given else ())


def _list(row: Row[Any]) -> str:
    return str(row.list)


def _holding(row: Row[Any]) -> Holding:
    return Holding(instrument(row), row.quantity, row.cost)
