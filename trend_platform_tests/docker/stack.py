"""compose.yaml carried out without an engine: every command and health check as written, each in a clean environment.

What a container has of its own is moved to this machine: host names to loopback, ports to free ones, paths of the image to
a folder. Images of others are replaced by the programs the tests run on. What does not belong here: what is expected of it.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from trend_platform.local import accounts, ports, postgres, valkey
from trend_platform_tests import services
from trend_platform_tests.docker import compose, image
from trend_platform_tests.docker.compose import DOCKER, Service

PORTS = {"database": 5432, "valkey": 6379, "etl": 3031, "realtime": 3032, "realtime-runs": 3033, "webserver": 3000}
_UP_SECONDS = 120.0
_SYSTEM_PATH = "/usr/bin:/bin"
# Stands in where no valkey-cli is installed; the wheel that brings the server has none.
_CLI = """#!{python} -I
import os, sys, redis
assert sys.argv[1:3] == ["-e", "-p"] and sys.argv[4:] == ["ping"], sys.argv
redis.Redis("127.0.0.1", int(sys.argv[3]), password=os.environ["REDISCLI_AUTH"]).ping()
"""


@dataclass
class Stack:
    """The services of compose.yaml as processes of this machine.

    Attributes:
        root: Folder that stands for the containers' file systems; the database's user can enter it.
        services: What compose.yaml says.
        moved: Port on this machine by port in a container.
        running: Processes by service.
    """

    root: Path
    services: Mapping[str, Service]
    moved: Mapping[int, int]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @classmethod
    def made_in(cls, root: Path) -> "Stack":
        """Lay out the files of the image and the programs of the others, with passwords as `new-env` makes them."""
        for name in ("new-env", ".env.example"):
            (root / name).write_bytes((DOCKER / name).read_bytes())
        subprocess.run(["sh", root / "new-env"], check=True)
        stack = cls(root, compose.services(compose.read_env(root / ".env")), _free_ports())
        image.lay_out(root, _final_stage())
        workspace = root / "opt/trend/workspace.yaml"
        workspace.write_text(stack.here(re.sub(r"host: \S+", "host: 127.0.0.1", workspace.read_text())))
        for folder in ("bin", "logs", "valkey", "database", "var/lib/trend", "opt/dagster/storage"):
            (root / folder).mkdir(parents=True)
        (root / "bin/valkey-server").symlink_to(valkey.binary())
        _put_cli(root / "bin/valkey-cli")
        return stack

    def up(self) -> None:
        """Start every service once what it waits for is as it wants it, as `docker compose up` does."""
        while waiting := [one for one in self.services.values() if one.name not in self.running]:
            ready = [one for one in waiting if set(one.waits_for) <= set(self.running)]
            for service in ready:
                for name, condition in service.waits_for.items():
                    self.wait(name, condition)
                self.start(service)
        for name, service in self.services.items():
            self.wait(name, "service_healthy" if service.health else "service_completed_successfully")

    def start(self, service: Service) -> None:
        """Start the command of a service."""
        if service.name == "database":
            self._start_database(service)
        else:
            self._spawn(service)

    def wait(self, name: str, condition: str) -> None:
        """Wait until a service is as the condition says."""
        give_up = time.monotonic() + _UP_SECONDS
        while not self._is(name, condition):
            assert time.monotonic() < give_up, f"{name}: no {condition} in {_UP_SECONDS:.0f} s: {self.log(name)}"
            time.sleep(0.3)

    def is_healthy(self, name: str) -> bool:
        """Run the health check of a service."""
        return self.exec(name, self.services[name].health).returncode == 0

    def exec(
        self, name: str, command: Sequence[str], timeout_seconds: float = 60.0
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the environment of a service, as `docker compose exec` does."""
        return subprocess.run(
            [self.here(word) for word in command],
            env=self.environment(self.services[name]),
            cwd=self._folder(name),
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_seconds,
        )

    def down(self) -> dict[str, int]:
        """Stop what runs, the last started first; return the exit codes of what ended by itself in its time."""
        ended: dict[str, int] = {}
        for name, process in reversed(self.running.items()):
            # The signal of PostgreSQL's image; the others have the usual one.
            process.send_signal(signal.SIGINT if name == "database" else signal.SIGTERM)
            grace = float(str(self.services[name].raw.get("stop_grace_period", "10s")).removesuffix("s"))
            try:
                ended[name] = process.wait(grace)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.running.clear()
        return ended

    def here(self, text: str) -> str:
        """Return a text of a container as it has to be on this machine."""
        for name, port in PORTS.items():
            text = text.replace(f"{name}:{port}", f"127.0.0.1:{self.moved[port]}")
            text = re.sub(rf"(?<![\w.]){port}(?!\w)", str(self.moved[port]), text)
        text = text.replace("bind * -::*", "bind 127.0.0.1").replace("0.0.0.0", "127.0.0.1")  # noqa: S104  taken out
        return re.sub(r"(?<![\w/])/(opt/(?:trend|dagster)|var/lib/trend)", rf"{self.root}/\1", text)

    def environment(self, service: Service) -> dict[str, str]:
        """Return the whole environment of a container, nothing of ours in it."""
        given = {name: self.here(value) for name, value in service.environment.items()}
        if service.is_ours:
            hosts = {name: "127.0.0.1" if value in PORTS else value for name, value in given.items()}
            ours = {name: self.here(value) for name, value in image.environment(_final_stage()).items()}
            return {**ours, **hosts, "PATH": ours["PATH"].replace("/opt/venv/bin", str(Path(sys.executable).parent))}
        if service.name == "database":
            port, data = str(self.moved[5432]), str(self.root / "database/data")
            path = f"{services.programs().programs}:{_SYSTEM_PATH}"
            return {**given, "PATH": path, "PGPORT": port, "PGDATA": data}
        return {**given, "PATH": f"{self.root}/bin:{_SYSTEM_PATH}"}

    def log(self, name: str) -> str:
        """Return the end of what a service has said."""
        return (self.root / "logs" / name).read_text(errors="replace")[-3000:]

    def _is(self, name: str, condition: str) -> bool:
        code = self.running[name].poll()
        if condition == "service_completed_successfully":
            assert code in {None, 0}, f"{name} failed: {self.log(name)}"
            return code == 0
        assert code is None, f"{name} ended with exit code {code}: {self.log(name)}"
        return self.is_healthy(name)

    def _spawn(self, service: Service, account: accounts.Account | None = None) -> None:
        with (self.root / "logs" / service.name).open("ab") as log:
            self.running[service.name] = subprocess.Popen(
                [self.here(word) for word in service.command],
                env=self.environment(service),
                cwd=self._folder(service.name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )

    def _folder(self, name: str) -> Path:
        if self.services[name].is_ours:
            return Path(self.here(image.last(_final_stage(), "WORKDIR")))
        return self.root / name

    def _start_database(self, service: Service) -> None:
        # What the image's own start does: a cluster with the administrator's password, and our script on it.
        account, environment = accounts.server_account(), self.environment(service)
        folder, password = self.root / "database", environment["POSTGRES_PASSWORD"]
        accounts.hand_over(folder, account)
        cluster = postgres.Cluster(services.programs(), folder, self.moved[5432], account, postgres.THROWAWAY)
        cluster.create(SecretStr(password))
        cluster.program()
        self._spawn(service, account)
        self.wait(service.name, "service_healthy")
        script = {**environment, "PGHOST": "127.0.0.1", "PGPASSWORD": password}
        subprocess.run([DOCKER / "database/010_trend.sh"], env=script, check=True)


def _final_stage() -> list[image.Step]:
    return image.stages(image.DOCKERFILE.read_text())[-1]


def _free_ports() -> dict[int, int]:
    return {port: ports.pick_free() for port in PORTS.values()}


def _put_cli(target: Path) -> None:
    found = shutil.which("valkey-cli") or shutil.which("redis-cli")
    if found:
        target.symlink_to(found)
    else:
        target.write_text(_CLI.format(python=sys.executable))
        target.chmod(0o755)
