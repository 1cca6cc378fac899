"""Servers that a scenario may kill and start again: a database and a Valkey beside those that all tests share."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from pydantic import SecretStr

from trend_platform.local import accounts, ports, postgres, valkey
from trend_platform.local.processes import Program, Registry
from trend_platform_tests import services

PASSWORD = SecretStr("throwaway")
# What was committed survives a kill of the server; that of the machine is no test's business.
_TUNING = {**postgres.THROWAWAY, "synchronous_commit": "on"}


class OwnDatabase:
    """A database server that may be killed."""

    def __init__(self, folder: Path) -> None:
        account = accounts.server_account()
        self.registry = Registry(pid_files=folder / "run", logs=folder / "logs")
        home = folder / "database"
        home.mkdir(mode=0o700)
        accounts.hand_over(home, account)
        self.cluster = postgres.Cluster(services.programs(), home, ports.pick_free(), account, _TUNING)
        self.cluster.create(PASSWORD)
        self.start()

    @property
    def url(self) -> str:
        return self.cluster.url(postgres.SUPERUSER, PASSWORD, "postgres").get_secret_value()

    def start(self) -> None:
        """Have the server running and answering."""
        if self.registry.running(postgres.SERVICE) is None:
            self.cluster.settle_after_crash()
            self.registry.start(self.cluster.program())
        self.cluster.wait_ready(self.registry, PASSWORD)

    def kill(self) -> None:
        record = self.registry.read(postgres.SERVICE)
        assert record is not None
        server = psutil.Process(record.pid)
        processes = (server, *server.children(recursive=True))
        for process in processes:
            process.send_signal(signal.SIGKILL)
        psutil.wait_procs(processes, timeout=10)

    def stop(self) -> None:
        self.registry.stop(postgres.SERVICE)


class OwnValkey:
    """A Valkey that may be killed and emptied; it keeps nothing over a kill."""

    def __init__(self, folder: Path) -> None:
        self.registry = Registry(pid_files=folder / "run", logs=folder / "logs")
        self.server = valkey.Valkey(folder / "valkey", ports.pick_free(), PASSWORD)
        self.start()

    @property
    def url(self) -> str:
        return self.server.url(0).get_secret_value()

    def start(self) -> None:
        """Have the server running and answering."""
        if self.registry.running(valkey.SERVICE) is None:
            program: Program = self.server.program()
            self.registry.start(program)
        self.server.wait_ready(self.registry)

    def kill(self) -> None:
        server = self.registry.running(valkey.SERVICE)
        assert server is not None
        server.kill()
        server.wait(10)

    def stop(self) -> None:
        self.registry.stop(valkey.SERVICE)


@contextmanager
def database() -> Iterator[OwnDatabase]:
    with services.scratch_folder() as folder:
        server = OwnDatabase(folder)
        yield server
        server.stop()


@contextmanager
def redis() -> Iterator[OwnValkey]:
    with services.scratch_folder() as folder:
        server = OwnValkey(folder)
        yield server
        server.stop()
