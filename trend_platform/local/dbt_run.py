"""A run of dbt on a database: alone, to its end, and what became of each model and test.

What does not belong here: Dagster, which listens to a run of its own, and how results are shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import SecretStr

from trend_platform.errors import UnavailableError
from trend_platform.local import commands, dbt

if TYPE_CHECKING:
    import psycopg

SCHEMA = "analytics"
_BUILDING = 0x7E4D0002 << 32
_LIMIT_SECONDS = 7200.0
_GOOD = frozenset({"success", "pass", "warn"})


@dataclass(frozen=True, slots=True)
class Built:
    """What became of one model or test.

    Attributes:
        name: Its name.
        kind: `model` or `test`.
        status: dbt's word: `success`, `pass`, `warn`, `error`, `fail`, `skipped`.
        seconds: How long it took.
        message: What dbt said of it.
    """

    name: str
    kind: str
    status: str
    seconds: float
    message: str

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong; a warning is a finding about the data, not a failure."""
        return self.status in _GOOD


def build(url: SecretStr, options: Sequence[str] = (), verb: str = "build") -> list[Built]:
    """Build and test models in a database, and return what became of each.

    Args:
        url: The database.
        options: More arguments for dbt, such as `--select daily_returns`.
        verb: `build`, or `test` to build nothing.

    Raises:
        ConfigurationError: The project is not there or does not parse.
        UnavailableError: The database does not answer, or dbt ended before it began.
    """
    project = dbt.project_folder()
    with alone(url), dbt.working_folder() as folder:
        failure = None
        try:
            commands.run(
                [dbt.program(), "--quiet", verb, *options],
                env=dbt.environment(project, folder, dbt.database_variables(url)),
                cwd=project,
                timeout_seconds=_LIMIT_SECONDS,
            )
        except UnavailableError as error:
            failure = error
        results = folder / "run_results.json"
        if not results.is_file():
            raise UnavailableError(f"dbt built nothing: {dbt.last_words(folder)}") from failure
        return [_built(one) for one in json.loads(results.read_bytes())["results"]]


@contextmanager
def alone(url: SecretStr) -> Iterator[psycopg.Connection]:
    """Wait until nobody else builds models in the database, then keep others out; yield a connection to it.

    Raises:
        UnavailableError: The database does not answer.
    """
    import psycopg  # noqa: PLC0415  a driver is loaded by whoever connects

    try:
        connection = psycopg.connect(url.get_secret_value(), autocommit=True, application_name="trend-models")
    except psycopg.OperationalError as error:
        raise UnavailableError(f"the database does not answer: {str(error).splitlines()[-1].strip()}") from None
    with connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_BUILDING,))
        yield connection


def row_count(connection: psycopg.Connection, model: str) -> int:
    """Return how many rows a model has."""
    from psycopg import sql  # noqa: PLC0415  see above

    found = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(SCHEMA, model))).fetchone()
    return int(found[0]) if found else 0


def _built(result: dict[str, object]) -> Built:
    kind, _, name = str(result["unique_id"]).split(".")[:3]
    seconds = float(str(result.get("execution_time") or 0))
    return Built(name, kind, str(result["status"]), round(seconds, 3), str(result.get("message") or ""))
