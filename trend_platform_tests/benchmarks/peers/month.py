"""A month of minute runs in Dagster's own tables: real runs cloned day by day, and the purge of each night."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg

from trend_platform.orchestration.purge import purge_runs

DAYS, RUNS_A_DAY, KEPT = 30, 1440 + 144, timedelta(days=2)

# All tables whose rows hang on a run; ids are the database's to give, the run's id is derived from the template's and the number.
_NEW_ID = "left(%(run)s, 24) || lpad(to_hex(n), 12, '0')"
_COPY = """
    INSERT INTO {table} ({columns})
    SELECT {values} FROM {table} AS old, generate_series(CAST(%(first)s AS int), CAST(%(last)s AS int)) AS n WHERE old.run_id = %(run)s
"""
_TABLES = ("runs", "run_tags", "event_logs", "asset_check_executions")


@dataclass(frozen=True, slots=True)
class Month:
    """What a month of minute runs leaves behind, in bytes.

    Attributes:
        per_run: Growth by one run, nothing purged yet.
        growth: Growth over the month, purged each night.
    """

    per_run: float
    growth: int


def live_a_month(url: str, start: datetime) -> Month:
    """Live a month of minute runs with a purge each night in the database at `url`, where such runs were made before."""
    with psycopg.connect(url, autocommit=True) as connection:
        run = _template(connection)
        sizes = [_size(connection)]
        for day in range(DAYS):
            _live_a_day(connection, run, day, start + timedelta(days=day))
            sizes.append(_size(connection))
            purge_runs(url, start + timedelta(days=day + 1) - KEPT)
        return Month((sizes[1] - sizes[0]) / RUNS_A_DAY, _size(connection) - sizes[0])


def _template(connection: psycopg.Connection) -> str:
    found = connection.execute(
        "SELECT run_id FROM runs JOIN run_tags USING (run_id) WHERE status = 'SUCCESS' AND key = 'trend/lane' ORDER BY runs.id LIMIT 1"
    ).fetchone()
    assert found is not None, "no minute run to clone"
    return str(found[0])


def _live_a_day(connection: psycopg.Connection, run: str, day: int, at: datetime) -> None:
    for table in _TABLES:
        columns = [
            name
            for (name,) in connection.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND column_name <> 'id'",
                [table],
            ).fetchall()
        ]
        values = [_value(table, name) for name in columns]
        statement = _COPY.format(table=table, columns=", ".join(columns), values=", ".join(values))
        first = 1 + day * RUNS_A_DAY
        connection.execute(
            statement,  # type: ignore[arg-type]  # names come from the catalogue, not from outside
            {"run": run, "first": first, "last": first + RUNS_A_DAY - 1, "at": at.astimezone(UTC).replace(tzinfo=None)},
        )


def _value(table: str, column: str) -> str:
    if column == "run_id":
        return _NEW_ID
    if column == "create_timestamp" and table == "runs":
        return "CAST(%(at)s AS timestamp)"
    return f"old.{column}"


def _size(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert row is not None
    return int(row[0])
