"""The ports of what is measured, on the tables `provider_scores` and `data_quality_metrics`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from trend_platform.domain.capability import Capability
from trend_platform.domain.instruments import AssetClass
from trend_platform.domain.scores import SUMS, Score, ScoreKey
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.measures import Metric
from trend_platform.storage.timescale.database import Database
from trend_platform.storage.timescale.tables import data_quality_metrics as metrics_table
from trend_platform.storage.timescale.tables import provider_scores as table

_KEY = (table.c.provider, table.c.capability, table.c.asset_class)
_DAY = [metrics_table.c[name] for name in ("metric", "instrument_id", "timeframe", "day")]
_NAMES = (*SUMS, "latencies", "last_error", "failed_at", "served_at")


@dataclass(frozen=True, slots=True)
class TimescaleScores:
    """The scorecard of one database.

    Attributes:
        database: The database.
    """

    database: Database

    def add(self, seen: Mapping[ScoreKey, Score], now: datetime, half_life: timedelta) -> None:
        """Let what is known of each key fade until `now`, and add what was seen."""
        if not seen:
            return
        keys = sorted(seen)
        with self.database.begin() as connection:
            # Empty rows first, in one order: then each row can be locked, and nobody locks another one out.
            fresh = insert(table).values([_row(key, Score(), now) for key in keys])
            connection.execute(fresh.on_conflict_do_nothing())
            known = _locked(connection, keys)
            added = {key: known[key][1].faded(now - known[key][0], half_life) + seen[key] for key in keys}
            given = insert(table).values([_row(key, added[key], max(now, known[key][0])) for key in keys])
            changed = {name: given.excluded[name] for name in (*_NAMES, "counted_at")}
            connection.execute(given.on_conflict_do_update(index_elements=_KEY, set_=changed))

    def all(self, now: datetime, half_life: timedelta) -> Mapping[ScoreKey, Score]:
        """Return every score, faded until `now`."""
        with self.database.begin() as connection:
            rows = connection.execute(select(table).order_by(*_KEY)).all()
        return {_key(row): _score(row).faded(now - row.counted_at, half_life) for row in rows}


@dataclass(frozen=True, slots=True)
class TimescaleMetrics:
    """Measurements of the data's quality in one database.

    Attributes:
        database: The database.
    """

    database: Database

    def add(self, metrics: Sequence[Metric]) -> None:
        """Store measurements; one of a day takes the place of an earlier one of the same kind, series and day."""
        rows = [
            {
                "measured_at": one.measured_at,
                "metric": one.metric,
                "value": one.value,
                "instrument_id": one.instrument_id,
                "timeframe": one.timeframe and one.timeframe.value,
                "details": dict(one.details),
                "day": one.day,
            }
            for one in metrics
        ]
        given = insert(metrics_table)
        stored = given.on_conflict_do_update(
            index_elements=_DAY,
            index_where=metrics_table.c.day.is_not(None),
            set_={name: given.excluded[name] for name in ("measured_at", "value", "details")},
        )
        if rows:
            with self.database.begin() as connection:
                connection.execute(stored, rows)

    def latest(self, metric: str, count: int) -> tuple[Metric, ...]:
        """Return the last measurements of one kind, newest first."""
        columns = metrics_table.c
        newest = (columns.measured_at.desc(), columns.metric_id.desc())
        wanted = select(metrics_table).where(columns.metric == metric).order_by(*newest).limit(count)
        with self.database.begin() as connection:
            return tuple(_metric(row) for row in connection.execute(wanted))

    def of_days(
        self, metric: str, instrument_ids: Sequence[int], timeframe: Timeframe, first: date, last: date
    ) -> tuple[Metric, ...]:
        """Return the measurements of days, the last one included, by instrument and day."""
        columns = metrics_table.c
        wanted = select(metrics_table).where(
            columns.metric == metric,
            columns.instrument_id.in_(list(instrument_ids)),
            columns.timeframe == timeframe.value,
            columns.day.between(first, last),
        )
        with self.database.begin() as connection:
            return tuple(
                _metric(row) for row in connection.execute(wanted.order_by(columns.instrument_id, columns.day))
            )


def _locked(connection: Connection, keys: Sequence[ScoreKey]) -> dict[ScoreKey, tuple[datetime, Score]]:
    mine = select(table).where(tuple_(*_KEY).in_([tuple(key) for key in keys]))
    rows = connection.execute(mine.order_by(*_KEY).with_for_update())
    return {_key(row): (row.counted_at, _score(row)) for row in rows}


def _row(key: ScoreKey, score: Score, counted_at: datetime) -> dict[str, object]:
    values = {name: getattr(score, name) for name in _NAMES}
    return {
        "provider": key.provider,
        "capability": key.capability.value,
        "asset_class": key.asset_class.value,
        "counted_at": counted_at,
        **values,
        "latencies": list(score.latencies),
    }


def _key(row: Row[Any]) -> ScoreKey:
    return ScoreKey(row.provider, Capability(row.capability), AssetClass(row.asset_class))


def _score(row: Row[Any]) -> Score:
    values = {name: getattr(row, name) for name in _NAMES}
    return Score(**(values | {"latencies": tuple(row.latencies)}))


def _metric(row: Row[Any]) -> Metric:
    timeframe = None if row.timeframe is None else Timeframe(row.timeframe)
    return Metric(row.measured_at, row.metric, row.value, row.instrument_id, timeframe, row.details or {}, row.day)
