"""The database and Valkey servers that tests run against: one of each per `pytest` run, for all its workers.

The first test that asks starts them under a file lock; the process that began the run stops them at its
end, by process id. Programs are fetched once into `.trend-test/` of the checkout (or `TREND_TEST_HOME`); data is thrown away.
"""

import fcntl
import json
import os
import shutil
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from trend_platform.errors import UnavailableError
from trend_platform.local import accounts, databases, ports, postgres, processes, software, valkey
from trend_platform.local.processes import Registry

CHECKOUT = Path(__file__).resolve().parent.parent
APPLICATION_ROLE = "trend"
_RUN = "TREND_TEST_RUN"  # set by the process that begins the run, inherited by the workers
_PASSWORD = SecretStr("throwaway")
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Services:
    """Where the servers of this run are.

    Attributes:
        database_port: The database server's.
        redis_port: Valkey's.
        has_timescaledb: Whether the database server has the extension.
    """

    database_port: int
    redis_port: int
    has_timescaledb: bool

    def admin_url(self, database: str = "postgres") -> str:
        """Return the URL of a database as superuser."""
        return self._url(postgres.SUPERUSER, database)

    def application_url(self, database: str) -> str:
        """Return the URL of a database as the role the platform uses."""
        return self._url(APPLICATION_ROLE, database)

    def redis_url(self, index: int) -> str:
        """Return the URL of one of Valkey's 64 numbered databases."""
        return f"redis://:{_PASSWORD.get_secret_value()}@127.0.0.1:{self.redis_port}/{index}"

    def _url(self, role: str, database: str) -> str:
        return f"postgresql://{role}:{_PASSWORD.get_secret_value()}@127.0.0.1:{self.database_port}/{database}"


def begin_run() -> bool:
    """Name the run; whoever gets `True` has to call `end_run`."""
    if _RUN in os.environ:
        return False
    os.environ[_RUN] = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
    return True


def end_run() -> None:
    """Stop the servers of this run, if any test started them, and throw their data away."""
    run = _runs() / os.environ.pop(_RUN)
    if run.exists():
        with _locked(_home() / "lock"):
            _discard(run)


def services() -> Services:
    """Return the servers of this run, starting them at the first call of any of its processes."""
    run = _claim_run()
    note = run / "services.json"
    if not note.exists():
        with _locked(_home() / "lock"):
            if not note.exists():
                note.write_text(json.dumps(_start(run)))
    return Services(**json.loads(note.read_text()))


def create_database(found: Services, name: str) -> str:
    """Create an empty database owned by the application role, with TimescaleDB, and return its URL."""
    databases.ensure_database(SecretStr(found.admin_url()), name, owner=APPLICATION_ROLE)
    if found.has_timescaledb:
        databases.ensure_timescaledb(SecretStr(found.admin_url(name)))
    return found.application_url(name)


def programs() -> software.Software:
    """Return the servers' programs, fetched already by the first test that asked for a server."""
    return software.ensure(_home() / "software", warnings.warn)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Lend a folder that the servers' user can enter; what is in it is thrown away."""
    folder = _claim_run() / f"scratch-{uuid.uuid4().hex[:8]}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _claim_run() -> Path:
    # A run's folder says whose it is from its first instant on: others remove those that are nobody's.
    run = _runs() / os.environ[_RUN]
    if not run.exists():
        with _locked(_home() / "lock"):
            _discard_abandoned()
            if not run.exists():
                run.mkdir(parents=True)
                (run / "owner").write_text(processes.birth_of(_owner(run)) or "")
    return run


def _start(run: Path) -> dict[str, int | bool]:
    found = programs()
    for attempt in range(_ATTEMPTS):  # a free port may be taken by the time it is used
        try:
            return _start_on_free_ports(found, run)
        except UnavailableError:
            _stop(run)
            if attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError


def _start_on_free_ports(found: software.Software, run: Path) -> dict[str, int | bool]:
    registry = _registry(run)
    database, cache = ports.pick_free(), ports.pick_free()
    folder = run / "database"
    folder.mkdir(mode=0o700, exist_ok=True)
    account = accounts.server_account()
    accounts.hand_over(folder, account)
    cluster = postgres.Cluster(found, folder, database, account, postgres.THROWAWAY)
    redis = valkey.Valkey(run / "valkey", cache, _PASSWORD)
    cluster.create(_PASSWORD)
    registry.start(redis.program())
    registry.start(cluster.program())
    cluster.wait_ready(registry, _PASSWORD)
    redis.wait_ready(registry)
    databases.ensure_role(cluster.url(postgres.SUPERUSER, _PASSWORD, "postgres"), APPLICATION_ROLE, _PASSWORD)
    return {"database_port": database, "redis_port": cache, "has_timescaledb": found.has_timescaledb}


def _stop(run: Path) -> None:
    for name in (postgres.SERVICE, valkey.SERVICE):
        _registry(run).stop(name)


def _discard(run: Path) -> None:
    _stop(run)
    shutil.rmtree(run)


def _discard_abandoned() -> None:
    # Runs whose first process was killed leave their servers behind.
    for run in _runs().iterdir() if _runs().exists() else ():
        owner = run / "owner"
        if not owner.exists() or owner.read_text() != processes.birth_of(_owner(run)):
            _discard(run)


def _owner(run: Path) -> int:
    return int(run.name.partition("-")[0])


def _registry(run: Path) -> Registry:
    return Registry(pid_files=run / "run", logs=run / "logs")


def _runs() -> Path:
    return _home() / "runs"


def _home() -> Path:
    """Return the folder of programs and runs, out of the checkout where the server's user cannot enter it."""
    chosen = Path(os.environ.get("TREND_TEST_HOME", CHECKOUT / ".trend-test")).resolve()
    user = accounts.server_account()
    if user is not None and not accounts.can_enter(user, chosen):
        chosen = Path("/var/lib/trend-platform") / f"test-{uuid.uuid5(uuid.NAMESPACE_URL, str(chosen)).hex[:12]}"
    chosen.mkdir(parents=True, exist_ok=True)
    return chosen


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
