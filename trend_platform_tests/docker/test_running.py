"""Every service of compose.yaml, started and looked after by its own command and health check, from an empty machine."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from trend_platform.local.dagster_api import DagsterApi
from trend_platform.orchestration.launching.line import WorkerLine
from trend_platform_tests import services
from trend_platform_tests.docker.stack import Stack

_MINUTE_LOOP_SECONDS = 120.0


@pytest.fixture
def stack() -> Iterator[Stack]:
    if not services.services().has_timescaledb:
        pytest.skip("no TimescaleDB among the programs of this machine")
    with services.scratch_folder() as root:
        root.chmod(0o755)
        stack = Stack.made_in(root)
        try:
            stack.up()
            yield stack
        finally:
            stack.down()


def database(stack: Stack, name: str) -> str:
    password = stack.services["database"].environment["DATABASE_PASSWORD"]
    return f"postgresql://trend:{password}@127.0.0.1:{stack.moved[5432]}/{name}"


def check_everything_is_healthy_without_a_key(stack: Stack) -> None:
    assert {name for name, service in stack.services.items() if service.health and not stack.is_healthy(name)} == set()
    assert "mode: simulated: no provider of stock prices has a key" in stack.log("migrate")
    health = DagsterApi(f"http://127.0.0.1:{stack.moved[3000]}").health()
    assert {location.name: location.fault for location in health.locations} == {"etl": "", "realtime": ""}
    assert all(location.is_loaded for location in health.locations)


def check_the_role_owns_its_databases_and_has_no_other_right(stack: Stack) -> None:
    with psycopg.connect(database(stack, "trend_simulated")) as connection:
        rights = connection.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = 'trend'"
        ).fetchone()
        assert rights == (False, False, False)
        assert connection.execute("SELECT count(*) > 0 FROM timescaledb_information.hypertables").fetchone() == (True,)
    with psycopg.connect(database(stack, "trend_dagster")) as connection:
        assert connection.execute("SELECT extname FROM pg_extension").fetchall() == [("plpgsql",)]


def check_preparing_again_changes_nothing(stack: Stack) -> None:
    again = stack.exec("migrate", stack.services["migrate"].command)
    assert again.returncode == 0, again.stderr
    assert "13 instruments" in again.stdout


def check_the_command_line_works(stack: Stack) -> None:
    done = stack.exec("etl", ["trend", "backfill", "7D", "AAPL", "BTC-USD", "--json"], timeout_seconds=120)
    assert done.returncode == 0, done.stdout + done.stderr


def check_warm_workers_keep_prices_hot(stack: Stack) -> None:
    password = stack.services["valkey"].environment["REDISCLI_AUTH"]
    cache = redis.Redis("127.0.0.1", stack.moved[6379], db=1, password=password, decode_responses=True)
    give_up = time.monotonic() + _MINUTE_LOOP_SECONDS
    with cache:
        while not cache.exists("latest_price:BTC-USD"):
            assert time.monotonic() < give_up, stack.log("daemon") + stack.log("realtime-runs")
            time.sleep(0.5)
    state = json.loads(WorkerLine("127.0.0.1", stack.moved[3033]).state())
    assert state["lanes"]["minute"]["runs"] > 0, state


def check_the_dead_are_found_and_come_back(stack: Stack) -> None:
    for name in ("realtime-runs", "webserver", "realtime", "valkey"):
        stack.running[name].kill()
        stack.running[name].wait()
        assert not stack.is_healthy(name)
        stack.start(stack.services[name])
        stack.wait(name, "service_healthy")


def check_everything_stops_in_its_time(stack: Stack) -> None:
    wanted = set(stack.running)
    ended = stack.down()
    assert set(ended) == wanted, "killed: " + ", ".join(wanted - set(ended))
    assert Path(stack.root, "var/lib/trend/mode.json").is_file()


@pytest.mark.slow
@pytest.mark.timeout(420)
def test_every_command_and_health_check_works_as_written(stack: Stack) -> None:
    # One test, so that however tests are spread over processes there is one stack.
    check_everything_is_healthy_without_a_key(stack)
    check_the_role_owns_its_databases_and_has_no_other_right(stack)
    check_preparing_again_changes_nothing(stack)
    check_the_command_line_works(stack)
    check_warm_workers_keep_prices_hot(stack)
    check_the_dead_are_found_and_come_back(stack)
    check_everything_stops_in_its_time(stack)
