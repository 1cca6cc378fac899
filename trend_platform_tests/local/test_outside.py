"""Somebody else's server gets the databases it lacks, or an error that says what to run there."""

import socket
import threading
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from trend_platform.errors import ConfigurationError, UnavailableError
from trend_platform.local import outside, ports, urls
from trend_platform.local.connections import Connections, resolve
from trend_platform.settings import Mode, Settings
from trend_platform_tests.services import Services


def connections(folder: Path, url: str, mode: Mode = Mode.SIMULATED) -> Connections:
    redis = SecretStr("redis://127.0.0.1/0")
    return resolve(Settings(home=folder, database_url=SecretStr(url), redis_url=redis, mode=mode))


def test_missing_databases_are_created_with_the_extension(
    tmp_path: Path, test_services: Services, worker_number: int
) -> None:
    found = connections(tmp_path, test_services.admin_url(f"outside_{worker_number}"))
    said: list[str] = []
    assert "PostgreSQL 1" in outside.prepare_database(found, said.append)
    assert outside.prepare_database(found, said.append)
    with psycopg.connect(found.database_url.get_secret_value()) as connection:
        row = connection.execute("SELECT count(*) FROM pg_extension WHERE extname = 'timescaledb'").fetchone()
    assert row == (int(test_services.has_timescaledb),)
    with psycopg.connect(found.dagster_database_url.get_secret_value()) as connection:
        row = connection.execute("SELECT count(*) FROM pg_extension WHERE extname = 'timescaledb'").fetchone()
    assert row == (0,)


def test_a_role_that_may_not_create_gets_the_statements_to_run(tmp_path: Path, test_services: Services) -> None:
    found = connections(tmp_path, test_services.application_url("foreign"), Mode.LIVE)
    with pytest.raises(UnavailableError) as caught:
        outside.prepare_database(found, print)
    assert 'CREATE DATABASE "foreign" OWNER "trend"; CREATE DATABASE "foreign_dagster" OWNER "trend";' in str(
        caught.value
    )
    assert "permission denied" in str(caught.value)


def test_a_wrong_password_is_named_and_not_shown(tmp_path: Path, test_services: Services) -> None:
    url = test_services.admin_url("x").replace("throwaway", "geheim")
    with pytest.raises(ConfigurationError, match="refuses user or password") as caught:
        outside.prepare_database(connections(tmp_path, url), print)
    assert "geheim" not in str(caught.value)


def test_nobody_there_is_said_with_the_ways_out(tmp_path: Path) -> None:
    url = f"postgresql://me:x@127.0.0.1:{ports.pick_free()}/x"
    with pytest.raises(UnavailableError, match=r"no PostgreSQL answers at .*refused.*unset it"):
        outside.prepare_database(connections(tmp_path, url), print)


def test_a_host_that_does_not_exist_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such host"):
        outside.prepare_database(connections(tmp_path, "postgresql://me:x@nowhere.invalid/x"), print)


def test_something_else_at_the_port_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer_http() -> None:
            with suppress(OSError):  # the client hangs up in disgust, and the test closes the server
                while True:
                    connection, _ = server.accept()
                    with connection:
                        connection.recv(100)
                        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=answer_http, daemon=True).start()
        url = f"postgresql://me:x@127.0.0.1:{server.getsockname()[1]}/x"
        with pytest.raises(ConfigurationError, match="does not speak PostgreSQL"):
            outside.prepare_database(connections(tmp_path, url), print)


def test_an_outside_redis_is_asked(redis_url: str) -> None:
    assert "outside server" in outside.check_redis(SecretStr(redis_url))


def test_a_refused_redis_password_is_named_and_not_shown(redis_url: str) -> None:
    with pytest.raises(ConfigurationError, match="refuses it") as caught:
        outside.check_redis(SecretStr(redis_url.replace("throwaway", "geheim")))
    assert "geheim" not in str(caught.value)


def test_no_redis_at_the_port_is_said() -> None:
    with pytest.raises(UnavailableError, match="no Redis answers"):
        outside.check_redis(urls.check_redis_url(SecretStr(f"redis://127.0.0.1:{ports.pick_free()}/0")))
