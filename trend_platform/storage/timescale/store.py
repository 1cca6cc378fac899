"""Opening a database of the market as a `Storage`."""

from dataclasses import dataclass

from pydantic import SecretStr

from trend_platform.storage.base import Storage
from trend_platform.storage.timescale.actions import TimescaleActions
from trend_platform.storage.timescale.coverage import TimescaleCoverage
from trend_platform.storage.timescale.database import Database, connect
from trend_platform.storage.timescale.deployment import price_kind
from trend_platform.storage.timescale.economy import TimescaleEconomy
from trend_platform.storage.timescale.incidents import TimescaleIncidents
from trend_platform.storage.timescale.interests import TimescaleInterests
from trend_platform.storage.timescale.market import TimescaleMarket
from trend_platform.storage.timescale.measures import TimescaleMetrics, TimescaleScores
from trend_platform.storage.timescale.news import TimescaleNews
from trend_platform.storage.timescale.posts import TimescalePosts
from trend_platform.storage.timescale.purse import TimescalePurse
from trend_platform.storage.timescale.quarantine import TimescaleQuarantine
from trend_platform.storage.timescale.quotes import TimescaleQuotes
from trend_platform.storage.timescale.repairs import TimescaleRepairs
from trend_platform.storage.timescale.rollups import TimescaleRollups
from trend_platform.storage.timescale.runs import TimescaleRuns
from trend_platform.storage.timescale.universe import TimescaleUniverse


@dataclass(frozen=True, slots=True)
class TimescaleStorage(Storage):
    """A database that is open until it is closed.

    Attributes:
        database: Its pool of connections.
    """

    database: Database

    def close(self) -> None:
        """Close all connections."""
        self.database.close()


def open_timescale(url: SecretStr | str) -> TimescaleStorage:
    """Open the market's database; whoever opens it closes it.

    Args:
        url: `postgresql://user:password@host:port/name`.

    Raises:
        ConfigurationError: The URL is none of a PostgreSQL database.
        UnavailableError: The database does not answer or is not migrated.
    """
    database = connect(url)
    try:
        with database.begin() as connection:
            kind = price_kind(connection)
    except Exception:
        database.close()
        raise
    return TimescaleStorage(
        TimescaleMarket(database, kind),
        TimescaleUniverse(database),
        TimescaleRuns(database),
        TimescaleQuotes(database),
        TimescaleInterests(database),
        TimescaleIncidents(database),
        TimescaleEconomy(database),
        TimescaleNews(database),
        TimescalePosts(database),
        TimescalePurse(database),
        TimescaleScores(database),
        TimescaleMetrics(database),
        TimescaleRollups(database),
        TimescaleActions(database),
        TimescaleCoverage(database),
        TimescaleRepairs(database),
        TimescaleQuarantine(database),
        database,
    )
