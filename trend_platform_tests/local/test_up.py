"""The whole of it on real processes: up, killed, up again, up once more, down."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import psycopg
import pytest
from pydantic import SecretStr

from trend_platform.local import accounts, commands, connections, ports, servers, waiting
from trend_platform.local.dagster_programs import Layout
from trend_platform.local.down import down
from trend_platform.local.home import Home
from trend_platform.local.postgres import SAFE
from trend_platform.local.processes import State
from trend_platform.local.status import is_complete, status
from trend_platform.local.up import Event, Kind, Plan, Stage, Step, up
from trend_platform.settings import Mode, Settings
from trend_platform_tests import services
from trend_platform_tests.services import Services

DEFINITIONS = """
    import dagster as dg

    @dg.asset
    def candles() -> None: ...

    defs = dg.Definitions(assets=[candles])
"""


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    free = [ports.pick_free() for _ in range(6)]
    settings = Settings(
        home=tmp_path / "home",
        mode=Mode.SIMULATED,
        webserver_port=free[0],
        database_port=free[1],
        redis_port=free[2],
        etl_port=free[3],
        realtime_port=free[4],
        runs_port=free[5],
    )
    yield settings
    list(down(settings))


def kill(home: Home, name: str) -> int:
    process = home.registry.running(name)
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    assert waiting.until(lambda: True if home.registry.state(name) is State.STALE else None, 10)
    return process.pid


@pytest.mark.slow
def test_dagster_comes_up_is_left_alone_and_gets_back_only_what_was_killed(
    settings: Settings, tmp_path: Path, test_services: Services, monkeypatch: pytest.MonkeyPatch, worker_number: int
) -> None:
    (tmp_path / "tiny_definitions.py").write_text(dedent(DEFINITIONS))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    url = SecretStr(test_services.admin_url(f"up_{worker_number}"))
    settings = settings.model_copy(
        update={"database_url": url, "redis_url": SecretStr(test_services.redis_url(60 - 2 * worker_number))}
    )
    layout = Layout(code_locations={"etl": "tiny_definitions", "realtime": "tiny_definitions"})
    stages: list[Stage] = []
    events: list[Event] = []

    def look(stage: Stage) -> str:
        stages.append(stage)
        return "seen"

    plan = Plan(before_dagster=(Step("look", look),), layout=layout)
    home = Home.of(settings)

    up(settings, events.append, plan)
    assert [event.step for event in events if event.kind is Kind.DONE] == [
        "database",
        "redis",
        "mode",
        "look",
        "dagster",
    ]
    assert stages[0].connections == connections.resolve(settings)
    first = {service.name: service.pid for service in status(settings)}
    assert is_complete(status(settings))

    up(settings, events.append, plan)
    assert {service.name: service.pid for service in status(settings)} == first

    killed = [kill(home, name) for name in ("daemon", "etl", "runs")]
    assert [service.name for service in status(settings) if service.state == "stale"] == ["etl", "runs", "daemon"]
    up(settings, events.append, plan)
    again = {service.name: service.pid for service in status(settings)}
    assert {name for name in first if first[name] != again[name]} == {"daemon", "etl", "runs"}

    assert {stopped.name for stopped in down(settings) if stopped.found is State.RUNNING} == {
        "etl",
        "realtime",
        "runs",
        "webserver",
        "daemon",
    }
    assert not is_complete(status(settings))
    assert killed


def test_the_local_servers_keep_their_data_through_kill_and_a_foreign_pid_file(
    settings: Settings, test_services: Services
) -> None:
    home = Home.of(settings)
    home.create()
    with services.scratch_folder() as scratch:
        folder = servers.server_folder(home, accounts.server_account(), print, scratch)
        (folder / "software").symlink_to(services.programs().programs.parents[4])
        try:
            check_database_survives(settings, home, folder)
        finally:
            list(down(settings))


def check_database_survives(settings: Settings, home: Home, folder: Path) -> None:
    # Safe, as `trend up` runs it: with the tests' own tuning the last commits die with the server.
    servers.run_database(settings, home, print, SAFE)
    servers.run_redis(settings, home)
    found = connections.resolve(settings)
    assert found.is_local
    with psycopg.connect(found.database_url.get_secret_value()) as connection:
        connection.execute("CREATE TABLE kept (x int)")
    kill(home, "database")
    # What a reboot leads to: the id in the server's own pid file belongs to another process of the same user.
    stranger = commands.start(
        ["/bin/sleep", "60"], log=home.registry.log("stranger"), account=accounts.server_account()
    )
    (folder / "data" / "postmaster.pid").write_text(f"{stranger}\n")
    assert "found dead and started again" in servers.run_database(settings, home, print, SAFE)
    os.kill(stranger, signal.SIGKILL)
    with psycopg.connect(found.database_url.get_secret_value()) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
    assert "running already" in servers.run_redis(settings, home)
