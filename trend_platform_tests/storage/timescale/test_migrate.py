"""The schema: what migrations make is what the tables say, with the extension and without."""

from datetime import date
from pathlib import Path
from threading import Thread

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import Connection

from trend_platform.domain.economy import EconomicSeries
from trend_platform.errors import SimulatedDataRefused, UnavailableError
from trend_platform.storage.base import PriceKind, Upsert
from trend_platform.storage.timescale import migrations
from trend_platform.storage.timescale.database import connect
from trend_platform.storage.timescale.features import features
from trend_platform.storage.timescale.hypertables import CHUNKS
from trend_platform.storage.timescale.migrate import VERSION_TABLE, migrate, pending, pending_at
from trend_platform.storage.timescale.store import open_timescale
from trend_platform.storage.timescale.tables import SCHEMA, metadata
from trend_platform_tests import services
from trend_platform_tests.storage.candle_frames import candles
from trend_platform_tests.storage.databases import plain_database
from trend_platform_tests.storage.quote_frames import quotes
from trend_platform_tests.storage.reading_frames import believed, vintages

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008")


@pytest.fixture
def fresh_url(test_services: services.Services, worker_number: int) -> SecretStr:
    """A database with the extension and nothing else."""
    url = services.create_database(test_services, f"fresh_{worker_number}")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS market CASCADE")
    return SecretStr(url)


def differences(connection: Connection) -> list[object]:
    def ours(name: str | None, kind: str, _: object) -> bool:
        return name == SCHEMA if kind == "schema" else name != VERSION_TABLE

    options = {"include_schemas": True, "include_name": ours, "compare_type": True, "compare_server_default": True}
    return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)


def differences_at(url: SecretStr) -> list[object]:
    database = connect(url)
    with database.begin() as connection:
        found = differences(connection)
    database.close()
    return found


def test_a_migrated_schema_is_what_the_tables_say(fresh_url: SecretStr) -> None:
    migrate(fresh_url, PriceKind.REAL)
    assert differences_at(fresh_url) == []


def go_to(url: SecretStr, revision: str) -> None:
    database = connect(url)
    with database.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.attributes["connection"] = connection
        (command.upgrade if pending(connection) else command.downgrade)(config, revision)
    database.close()


@pytest.mark.parametrize("has_extension", [True, False])
def test_every_step_can_be_taken_back_and_again_with_rows_in_the_tables(
    test_services: services.Services, worker_number: int, fresh_url: SecretStr, has_extension: bool
) -> None:
    url = fresh_url if has_extension else SecretStr(plain_database(test_services, f"steps_{worker_number}"))
    migrate(url, PriceKind.REAL)
    storage = open_timescale(url)
    assert storage.quotes.add(quotes(1, previous_close=9.0)) == 1
    period = date(2024, 1, 1)
    rows = vintages((period, date(2024, 4, 25), date(2024, 5, 29), 1.5), believed(period, date(2024, 5, 30), 1.6))
    storage.economy.write(EconomicSeries("fred", "GDP"), rows, rows.clear())
    go_to(url, "0001")
    with psycopg.connect(url.get_secret_value()) as connection:
        assert connection.execute("SELECT price FROM market.quotes").fetchall() == [(10.5,)]
        observed = connection.execute("DELETE FROM market.economic_observations RETURNING observed_on, value")
        assert observed.fetchall() == [(period, 1.6)]
        connection.execute(
            "INSERT INTO market.quotes (instrument_id, provider, quoted_at, price, fetched_at) "
            "VALUES (1, 'files', '2024-05-09', 2, '2024-05-09')"
        )
        connection.execute(
            "INSERT INTO market.economic_observations (provider, series, observed_on, value, fetched_at) "
            "VALUES ('fred', 'GDP', '2024-01-01', 2, '2024-05-09T23:30-04:00')"
        )
    assert pending_at(url) == REVISIONS[1:]
    assert migrate(url, PriceKind.REAL).applied == REVISIONS[1:]
    (known,) = storage.economy.observations("fred", "GDP").to_dicts()
    assert (known["realtime_start"], known["realtime_end"]) == (date(2024, 5, 10), date(9999, 12, 31))
    assert storage.quotes.latest([1])["price"].to_list() == [2.0]
    assert storage.quotes.add(quotes(1, previous_close=9.0)) == 0
    assert differences_at(url) == []
    storage.close()


def test_migrating_says_what_it_did_and_has_nothing_to_do_the_second_time(fresh_url: SecretStr) -> None:
    assert pending_at(fresh_url) == REVISIONS
    first = migrate(fresh_url, PriceKind.REAL)
    assert (first.applied, set(first.hypertables)) == (REVISIONS, set(CHUNKS))
    assert first.features.timescaledb
    assert first.features.licence == "apache"
    again = migrate(fresh_url, PriceKind.REAL)
    assert (again.applied, again.hypertables) == ((), ())
    assert pending_at(fresh_url) == ()


def test_two_that_migrate_at_once_both_succeed(fresh_url: SecretStr) -> None:
    applied: list[tuple[str, ...]] = []
    threads = [Thread(target=lambda: applied.append(migrate(fresh_url, PriceKind.REAL).applied)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(applied) == [(), (), REVISIONS]


def test_a_database_keeps_to_the_prices_it_was_made_for(fresh_url: SecretStr) -> None:
    migrate(fresh_url, PriceKind.SIMULATED)
    with pytest.raises(SimulatedDataRefused, match="holds simulated prices"):
        migrate(fresh_url, PriceKind.REAL)


def test_a_database_that_is_not_migrated_says_what_to_run(fresh_url: SecretStr) -> None:
    with pytest.raises(UnavailableError, match="trend db migrate"):
        open_timescale(fresh_url)


def test_the_view_shows_candles_of_both_tables(fresh_url: SecretStr) -> None:
    migrate(fresh_url, PriceKind.REAL)
    storage = open_timescale(fresh_url)
    with storage.market.begin(1) as transaction:
        transaction.upsert(candles(1))
        transaction.upsert(candles(1, timeframe="1h"))
    storage.close()
    with psycopg.connect(fresh_url.get_secret_value()) as connection:
        found = connection.execute("SELECT timeframe, count(*) FROM market.candles GROUP BY 1 ORDER BY 1").fetchall()
    assert found == [("1d", 3), ("1h", 3)]


def test_without_the_extension_tables_stay_plain_until_it_is_there(
    test_services: services.Services, worker_number: int
) -> None:
    name = f"late_{worker_number}"
    url = SecretStr(plain_database(test_services, name))
    plain = migrate(url, PriceKind.REAL)
    assert (plain.hypertables, plain.features.hypertables) == ((), ())
    assert "plain tables" in str(plain.features)
    storage = open_timescale(url)
    with storage.market.begin(1) as transaction:
        assert transaction.upsert(candles(1, count=5)) == Upsert(inserted=5)
    with psycopg.connect(test_services.admin_url(name), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION timescaledb")
    assert set(migrate(url, PriceKind.REAL).hypertables) == set(CHUNKS)
    with storage.market.begin(1) as transaction:
        assert transaction.upsert(candles(1, count=6)) == Upsert(inserted=1, unchanged=5)
    assert features(storage.database).hypertables == tuple(sorted(CHUNKS))
    storage.close()
