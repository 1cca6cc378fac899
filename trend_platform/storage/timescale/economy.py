"""The `Economy` port on the tables `economic_series` and `economic_observations`."""

from dataclasses import asdict, dataclass
from typing import Any, Final

import polars as pl
from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert

from trend_platform.domain.economy import OBSERVATION_KEY, OBSERVATION_SCHEMA, EconomicSeries
from trend_platform.storage.timescale.database import Database
from trend_platform.storage.timescale.tables import economic_observations, economic_series

_DROP: Final = text(
    """
    DELETE FROM market.economic_observations AS known
    USING unnest(CAST(:provider AS text[]), CAST(:series AS text[]), CAST(:observed_on AS date[]),
        CAST(:realtime_start AS date[])) AS gone(provider, series, observed_on, realtime_start)
    WHERE known.provider = gone.provider AND known.series = gone.series
        AND known.observed_on = gone.observed_on AND known.realtime_start = gone.realtime_start
    """
)

_WRITE: Final = text(
    """
    INSERT INTO market.economic_observations AS known
        (provider, series, observed_on, realtime_start, realtime_end, value, fetched_at)
    SELECT * FROM unnest(CAST(:provider AS text[]), CAST(:series AS text[]), CAST(:observed_on AS date[]),
        CAST(:realtime_start AS date[]), CAST(:realtime_end AS date[]), CAST(:value AS float8[]),
        CAST(:fetched_at AS timestamptz[]))
    ON CONFLICT (provider, series, observed_on, realtime_start) DO UPDATE
    SET realtime_end = excluded.realtime_end, value = excluded.value, fetched_at = excluded.fetched_at
    WHERE (known.realtime_end, known.value) IS DISTINCT FROM (excluded.realtime_end, excluded.value)
    """
)


@dataclass(frozen=True, slots=True)
class TimescaleEconomy:
    """Economic series with every vintage of their observations, in one database.

    Attributes:
        database: The database.
    """

    database: Database

    def series(self) -> tuple[EconomicSeries, ...]:
        """Return all that were ever stored, by their id and provider."""
        wanted = select(economic_series).order_by(economic_series.c.series, economic_series.c.provider)
        with self.database.begin() as connection:
            return tuple(_about(row) for row in connection.execute(wanted))

    def observations(self, provider: str, series: str) -> pl.DataFrame:
        """Return all vintages of a series as an observation frame."""
        table = economic_observations.c
        wanted = select(*(table[name] for name in OBSERVATION_SCHEMA)).where(
            table.provider == provider, table.series == series
        )
        with self.database.begin() as connection:
            rows = connection.execute(wanted.order_by(table.observed_on, table.realtime_start))
            return pl.DataFrame([tuple(row) for row in rows], schema=OBSERVATION_SCHEMA, orient="row")

    def write(self, about: EconomicSeries, rows: pl.DataFrame, gone: pl.DataFrame) -> None:
        """Make what was learned of a series the truth; its row in `economic_series` keeps other writers out meanwhile."""
        values = {**asdict(about), "release_days": list(about.release_days)}
        given = insert(economic_series).values(values)
        changed = {name: given.excluded[name] for name in values if name not in {"provider", "series"}}
        with self.database.begin() as connection:
            connection.execute(given.on_conflict_do_update(index_elements=["provider", "series"], set_=changed))
            if gone.height:
                connection.execute(_DROP, {name: gone[name].to_list() for name in OBSERVATION_KEY})
            if rows.height:
                connection.execute(_WRITE, {name: rows[name].to_list() for name in OBSERVATION_SCHEMA})


def _about(row: Row[Any]) -> EconomicSeries:
    return EconomicSeries(
        provider=row.provider,
        series=row.series,
        title=row.title,
        units=row.units,
        frequency=row.frequency,
        release=row.release,
        release_days=tuple(row.release_days),
        newest_observation=row.newest_observation,
        newest_vintage=row.newest_vintage,
        checked_at=row.checked_at,
    )
