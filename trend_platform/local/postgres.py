"""One PostgreSQL cluster of ours: made, configured, started and waited for.

It listens on loopback only, asks everybody for a password, and runs as an account of its own where we are
root. What does not belong here: which databases and roles are in it.
"""

import os
import re
import shutil
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
from pydantic import SecretStr

from trend_platform.errors import UnavailableError
from trend_platform.local import accounts, commands, disk, waiting
from trend_platform.local.accounts import Account
from trend_platform.local.processes import Program, Registry
from trend_platform.local.software import Software

SUPERUSER = "postgres"
SERVICE = "database"
_ORPHANS_LEAVE_SECONDS = 15.0
_LONGEST_SOCKET_FOLDER = 80  # a unix socket's path may have 107 bytes, of which the server takes some

# For a machine that does other things too: a quarter GB of cache, checkpoints far apart while history is loaded.
SAFE: Mapping[str, str] = {
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "min_wal_size": "256MB",
    "wal_compression": "on",
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": "0.9",
    "random_page_cost": "1.1",
    "max_connections": "200",
    "max_locks_per_transaction": "256",
}

# For tests: a crash of the machine may lose everything, and nobody minds.
THROWAWAY: Mapping[str, str] = {
    **SAFE,
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """One server's data and how it is run.

    Attributes:
        software: Its programs.
        folder: Holds `data`, owned by the account that runs the server.
        port: TCP port on 127.0.0.1.
        account: Who runs it; `None` is us.
        tuning: Settings of `postgresql.conf` beyond those that keep it private.
    """

    software: Software
    folder: Path
    port: int
    account: Account | None
    tuning: Mapping[str, str]

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    def create(self, password: SecretStr) -> bool:
        """Make the cluster unless it exists; a half-made one is made again.

        Args:
            password: The superuser's.

        Returns:
            Whether it had to be made.

        Raises:
            UnavailableError: `initdb` failed or the disk is full.
        """
        if (self.data / "PG_VERSION").is_file():
            return False
        partial = self.folder / "data.partial"
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(self.data, ignore_errors=True)
        with disk.full_disk_explained(self.folder):
            partial.mkdir(mode=0o700, parents=True)
            accounts.hand_over(partial, self.account)
            self._initdb(partial, password)
        partial.rename(self.data)
        return True

    def program(self) -> Program:
        """Return how to start the server; also writes its configuration."""
        configuration = self._configure()
        return Program(
            name=SERVICE,
            argv=[self.software.programs / "postgres", "-D", self.data],
            port=self.port,
            cwd=self.folder,
            account=self.account,
            stop_signal=signal.SIGINT,  # "fast": SIGTERM would wait for every client to leave
            configuration=configuration,
        )

    def settle_after_crash(self) -> None:
        """Wait for what a killed server left running, then remove its own pid file.

        After a reboot the id in it may belong to any process of ours, and PostgreSQL would refuse to start.

        Raises:
            UnavailableError: A server that is not ours to stop uses the data folder.
        """
        lock = self.data / "postmaster.pid"
        if not lock.is_file():
            return
        if waiting.until(lambda: None if _inhabitants(self.data) else True, _ORPHANS_LEAVE_SECONDS) is None:
            raise UnavailableError(
                f"process {_inhabitants(self.data)[0]} is a database server that uses {self.data}, and this home did "
                "not start it: stop that server first"
            )
        lock.unlink(missing_ok=True)

    def wait_ready(self, registry: Registry, password: SecretStr, limit_seconds: float = 60.0) -> None:
        """Wait until the server takes connections; after a crash it first replays its log.

        Raises:
            UnavailableError: It ended or did not answer in time; the message ends with its log.
        """
        url = self.url(SUPERUSER, password, "postgres").get_secret_value()

        def ready() -> bool | None:
            if registry.running(SERVICE) is None:
                raise UnavailableError(self._failure(registry, "ended while it started"))
            try:
                psycopg.connect(url, connect_timeout=5).close()
            except psycopg.OperationalError as error:
                if "password authentication failed" in str(error):
                    raise UnavailableError(
                        f"the local database server refuses its own password: {self.folder} does not belong to "
                        "the passwords remembered under TREND_HOME; restore passwords.json or remove the folder"
                    ) from None
                return None
            return True

        if waiting.until(ready, limit_seconds) is None:
            raise UnavailableError(self._failure(registry, f"did not answer within {limit_seconds:.0f} s"))

    def url(self, role: str, password: SecretStr, database: str) -> SecretStr:
        """Return the URL of a database in this cluster."""
        return SecretStr(f"postgresql://{role}:{password.get_secret_value()}@127.0.0.1:{self.port}/{database}")

    def _initdb(self, into: Path, password: SecretStr) -> None:
        secret = self.folder / "initdb.secret"
        secret.unlink(missing_ok=True)
        secret.touch(mode=0o600)
        secret.write_text(password.get_secret_value())
        accounts.hand_over(secret, self.account)
        argv: list[str | Path] = [self.software.programs / "initdb", "-D", into, "-U", SUPERUSER, f"--pwfile={secret}"]
        argv += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions"]
        argv += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        try:
            commands.run(argv, account=self.account, cwd=self.folder)
        finally:
            secret.unlink(missing_ok=True)

    def _configure(self) -> str:
        lines = {"port": str(self.port), "listen_addresses": "'127.0.0.1'"}
        lines["unix_socket_directories"] = f"'{self._socket_folder()}'"
        lines |= {"jit": "off", "timezone": "'UTC'", "log_timezone": "'UTC'", "logging_collector": "off"}
        if self.software.has_timescaledb:
            lines |= {"shared_preload_libraries": "'timescaledb'", "timescaledb.telemetry_level": "off"}
            lines |= {"timescaledb.max_background_workers": "8", "max_worker_processes": "24"}
        lines |= self.tuning
        ours = self.data / "trend.conf"
        text = "".join(f"{name} = {value}\n" for name, value in lines.items())
        ours.write_text(text)
        accounts.hand_over(ours, self.account)
        main = self.data / "postgresql.conf"
        if "include = 'trend.conf'" not in main.read_text():
            with main.open("a") as file:
                file.write("include = 'trend.conf'\n")
        return text

    def _socket_folder(self) -> str:
        folder = self.folder / "socket"
        if len(os.fsencode(folder)) > _LONGEST_SOCKET_FOLDER or re.search(r"[',]", str(folder)):
            return ""
        folder.mkdir(mode=0o700, exist_ok=True)
        accounts.hand_over(folder, self.account)
        return str(folder)

    def _failure(self, registry: Registry, what: str) -> str:
        log = registry.log(SERVICE)
        return f"the local database server {what}: {registry.last_words(SERVICE)}; the whole log is {log}"


def _inhabitants(data: Path) -> list[int]:
    # A server and its children change into the data folder and stay there.
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if Path(process.cwd()) == data.resolve():
                found.append(process.pid)
    return found
