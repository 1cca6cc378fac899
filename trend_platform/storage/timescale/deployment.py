"""Which prices a database holds: decided when it is migrated, asked by every writer."""

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from trend_platform.errors import SimulatedDataRefused, UnavailableError
from trend_platform.storage.base import PriceKind
from trend_platform.storage.timescale.tables import deployment


def price_kind(connection: Connection) -> PriceKind:
    """Return which prices the database holds.

    Raises:
        UnavailableError: Nobody has decided it: the migration was not finished.
    """
    found = connection.scalar(select(deployment.c.price_kind))
    if found is None:
        raise UnavailableError("the database does not say which prices it holds: run `trend db migrate`")
    return PriceKind(found)


def settle_price_kind(connection: Connection, kind: PriceKind) -> None:
    """Decide which prices the database holds, once.

    Raises:
        SimulatedDataRefused: It holds the other kind already.
    """
    connection.execute(insert(deployment).values(price_kind=kind.value).on_conflict_do_nothing())
    held = price_kind(connection)
    if held is not kind:
        raise SimulatedDataRefused(
            f"this database holds {held.value} prices and was about to be set up for {kind.value} ones: "
            "use a database of its own for each kind"
        )
