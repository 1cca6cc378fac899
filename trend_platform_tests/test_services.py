"""The servers that tests run against are real, private to the run, and give least rights."""

from pathlib import Path

import psycopg
import pytest
import redis

from trend_platform_tests.services import Services


def test_the_database_belongs_to_the_application_role_and_has_timescaledb_where_the_server_has(
    test_services: Services, database_url: str
) -> None:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
        extension = connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'").fetchone()
    assert row == ("trend", False)
    assert (extension is not None) == test_services.has_timescaledb


def test_the_application_role_may_create_a_hypertable(test_services: Services, database_url: str) -> None:
    if not test_services.has_timescaledb:
        pytest.skip("no TimescaleDB on this machine: Debian's packages could not be had")
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE SCHEMA probe CREATE TABLE ticks (at timestamptz NOT NULL, price float8)")
        connection.execute("SELECT create_hypertable('probe.ticks', 'at')")
        connection.rollback()


def test_the_administrator_is_a_superuser(admin_database_url: str) -> None:
    with psycopg.connect(admin_database_url) as connection:
        assert connection.execute("SHOW is_superuser").fetchone() == ("on",)


def test_a_wrong_password_is_refused(admin_database_url: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(admin_database_url.replace("throwaway", "guess"))


def test_valkey_keeps_what_is_written_for_this_worker(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.set("probe", "1", ex=5)
        assert client.get("probe") == b"1"


@pytest.mark.recorded
def test_the_shared_data_holds_market_data(shared_data: Path) -> None:
    assert (shared_data / "market" / "MANIFEST.jsonl").is_file()
