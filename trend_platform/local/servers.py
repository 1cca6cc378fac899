"""The database and the Valkey server of this machine, brought to the state that is wanted, whatever was before.

Each function may be called again and again: what is right already is left alone. What does not belong
here: servers that somebody else runs.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from trend_platform.errors import UnavailableError
from trend_platform.local import accounts, databases, passwords, ports, postgres, software, valkey
from trend_platform.local.accounts import Account
from trend_platform.local.connections import APPLICATION_ROLE, LOCAL_DATABASE
from trend_platform.local.home import Home
from trend_platform.local.processes import Program, State
from trend_platform.settings import Settings

Say = Callable[[str], None]
_NOTE = "server"
_ELSEWHERE = Path("/var/lib/trend-platform")
STOP_LIMIT_SECONDS = 60.0


def run_database(
    settings: Settings, home: Home, say: Say, tuning: Mapping[str, str] = postgres.SAFE, elsewhere: Path = _ELSEWHERE
) -> str:
    """Have the local database server running, with its role and databases.

    Args:
        settings: For the port.
        home: Where things are kept.
        say: Gets sentences for the user.
        tuning: Settings of the server.
        elsewhere: Where its data goes if the server's user cannot enter the home.

    Returns:
        What was done, for the user.

    Raises:
        UnavailableError: It cannot be had; the message says why and what to do.
    """
    account = accounts.server_account()
    folder = server_folder(home, account, say, elsewhere)
    programs = software.ensure(folder / "software", say)
    cluster = postgres.Cluster(programs, folder, settings.database_port, account, tuning)
    known = passwords.ensure(home)
    is_new = cluster.create(known.superuser)
    done = bring_up(home, cluster.program(), "TREND_DATABASE_PORT", cluster.settle_after_crash)
    cluster.wait_ready(home.registry, known.superuser)
    _fill(cluster, known)
    kind = "TimescaleDB on " if programs.has_timescaledb else "plain tables on "
    return f"{done}{', new' if is_new else ''}: {kind}{programs.version}, 127.0.0.1:{settings.database_port}"


def run_redis(settings: Settings, home: Home) -> str:
    """Have the local Valkey running.

    Returns:
        What was done, for the user.

    Raises:
        UnavailableError: It cannot be had; the message says why and what to do.
    """
    server = valkey.Valkey(home.valkey, settings.redis_port, passwords.ensure(home).redis)
    done = bring_up(home, server.program(), "TREND_REDIS_PORT")
    server.wait_ready(home.registry)
    return f"{done}: Valkey, 127.0.0.1:{settings.redis_port}"


def bring_up(home: Home, program: Program, port_setting: str, prepare: Callable[[], None] | None = None) -> str:
    """Have one program running as described: started, restarted if it would now start otherwise, or left alone.

    Args:
        home: Where its pid file and log are.
        program: What is to run.
        port_setting: The setting that moves its port, for the message when that is taken.
        prepare: Called before a start.

    Returns:
        `running already`, `started`, `restarted` or `found dead and started again`.

    Raises:
        UnavailableError: Its port is taken or it could not be started.
    """
    registry = home.registry
    if registry.up_to_date(program):
        return "running already"
    found = registry.stop(program.name, STOP_LIMIT_SECONDS)
    if prepare is not None:
        prepare()
    if program.port is not None:
        ports.require_free(program.port, program.name, port_setting)
    registry.start(program)
    return {State.RUNNING: "restarted", State.STALE: "found dead and started again"}.get(found, "started")


def server_folder(home: Home, account: Account | None, say: Say, elsewhere: Path = _ELSEWHERE) -> Path:
    """Return the folder of the database server, remembered from the first call on.

    It lies in the home, or outside it where the server's user may not enter the home.

    Raises:
        UnavailableError: No place can be made for it.
    """
    remembered = home.recall(_NOTE).get("folder")
    folder = Path(remembered) if remembered else _choose(home, account, elsewhere)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        accounts.hand_over(folder, account)
        folder.chmod(0o755 if account else 0o700)
    except OSError as error:
        raise UnavailableError(f"{folder} cannot hold the database server: {error.strerror}; set TREND_HOME") from error
    if not remembered:
        home.remember(_NOTE, {"folder": str(folder)})
        if account is not None and home.root not in folder.parents:
            say(f"user {account.name} runs the database server and cannot enter {home.root}: its data is in {folder}")
    return folder


def _choose(home: Home, account: Account | None, elsewhere: Path) -> Path:
    if account is None or accounts.can_enter(account, home.root):
        return home.root / "server"
    # The random part keeps a new home from meeting the data of a removed one, whose password is gone.
    name = hashlib.sha256(str(home.root).encode()).hexdigest()[:8]
    return elsewhere / f"{name}-{secrets.token_hex(2)}"


def _fill(cluster: postgres.Cluster, known: passwords.Passwords) -> None:
    admin = cluster.url(postgres.SUPERUSER, known.superuser, "postgres")
    databases.ensure_role(admin, APPLICATION_ROLE, known.application)
    for name in (LOCAL_DATABASE, f"{LOCAL_DATABASE}_simulated", f"{LOCAL_DATABASE}_dagster"):
        databases.ensure_database(admin, name, owner=APPLICATION_ROLE)
        if cluster.software.has_timescaledb and not name.endswith("_dagster"):
            databases.ensure_timescaledb(cluster.url(postgres.SUPERUSER, known.superuser, name))
