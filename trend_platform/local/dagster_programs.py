"""The five Dagster processes of this machine: how each is started and with which environment.

What does not belong here: definitions, and asking the processes how they are.
"""

import hashlib
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, SecretStr

import trend_platform
from trend_platform.errors import ConfigurationError, UnavailableError
from trend_platform.local.connections import Connections
from trend_platform.local.home import Home
from trend_platform.local.processes import Program
from trend_platform.settings import Settings

WEBSERVER = "webserver"
DAEMON = "daemon"
CODE_LOCATIONS = {
    "etl": "trend_platform.orchestration.etl.definitions",
    "realtime": "trend_platform.orchestration.realtime.definitions",
}
RUNS = "runs"
SERVICES = (*CODE_LOCATIONS, RUNS, WEBSERVER, DAEMON)
# The warm workers run jobs of this location, whose code they load once; what its runs want besides is loaded beforehand.
_WARM_LOCATION = "realtime"
_PRELOADED = (
    "trend_platform.ingest.build",
    "trend_platform.local.connections",
    "trend_platform.orchestration.realtime.refresh",
)
_SUPERVISOR = "trend_platform.orchestration.launching.server"
_CHECKOUT = Path(trend_platform.__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Layout:
    """Where Dagster finds its files and code.

    Attributes:
        instance_file: The `dagster.yaml` to use.
        workspace_file: The `workspace.yaml` to use.
        code_locations: Module that holds the definitions of each code location.
    """

    instance_file: Path = _CHECKOUT / "dagster.yaml"
    workspace_file: Path = _CHECKOUT / "workspace.yaml"
    code_locations: Mapping[str, str] = field(default_factory=CODE_LOCATIONS.copy)


def prepare_home(home: Home, layout: Layout) -> None:
    """Put `dagster.yaml` where Dagster looks for it; one in the working directory would be ignored.

    Raises:
        ConfigurationError: The files that belong to a checkout are missing.
    """
    for file in (layout.instance_file, layout.workspace_file):
        if not file.is_file():
            raise ConfigurationError(
                f"{file} is missing: `trend up` runs from a checkout installed in editable mode (`make up`)"
            )
    shutil.copyfile(layout.instance_file, home.dagster / "dagster.yaml")


def environment(settings: Settings, home: Home, connections: Connections) -> dict[str, str]:
    """Return the variables that spare the Dagster processes every discovery."""
    return {
        "DAGSTER_HOME": str(home.dagster),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
        "TREND_HOME": str(home.root),
        "TREND_MODE": connections.mode.value,
        "TREND_DATABASE_URL": connections.base_database_url.get_secret_value(),
        "TREND_REDIS_URL": connections.base_redis_url.get_secret_value(),
        "TREND_DAGSTER_DATABASE_URL": connections.dagster_database_url.get_secret_value(),
        "TREND_ETL_PORT": str(settings.etl_port),
        "TREND_REALTIME_PORT": str(settings.realtime_port),
        "TREND_RUNS_HOST": "127.0.0.1",
        "TREND_RUNS_PORT": str(settings.runs_port),
    }


def programs(settings: Settings, home: Home, connections: Connections, layout: Layout) -> tuple[Program, ...]:
    """Return the code servers, the warm workers, the webserver and the daemon, in the order they are started.

    Raises:
        UnavailableError: Dagster is not installed beside this Python.
    """
    env = environment(settings, home, connections)
    configuration = _settings_digest(settings) + _digest(layout.instance_file) + _digest(layout.workspace_file)
    ports = {
        "etl": settings.etl_port,
        "realtime": settings.realtime_port,
        RUNS: settings.runs_port,
        WEBSERVER: settings.webserver_port,
    }
    commands = {name: _code_server(name, module, ports[name]) for name, module in layout.code_locations.items()}
    commands[RUNS] = _warm_workers(layout.code_locations[_WARM_LOCATION], settings.runs_port, home)
    workspace = ["-w", str(layout.workspace_file)]
    listen = ["-h", settings.bind_host, "-p", str(settings.webserver_port)]
    commands[WEBSERVER] = [_script("dagster-webserver"), *listen, *workspace]
    commands[DAEMON] = [_script("dagster-daemon"), "run", *workspace]
    return tuple(
        Program(name, argv, port=ports.get(name), env=env, cwd=Path.cwd(), configuration=configuration)
        for name, argv in commands.items()
    )


def _code_server(name: str, module: str, port: int) -> list[str]:
    argv = [_script("dagster"), "api", "grpc", "-h", "127.0.0.1", "-p", str(port), "-m", module]
    return [*argv, "--location-name", name, "--use-python-environment-entry-point", "--log-level", "warning"]


def _warm_workers(module: str, port: int, home: Home) -> list[str]:
    argv = [sys.executable, "-m", _SUPERVISOR, "--host", "127.0.0.1", "--port", str(port), "--module", module]
    return [*argv, "--dagster-home", str(home.dagster), *(f"--preload={name}" for name in _PRELOADED)]


def _script(name: str) -> str:
    script = Path(sys.executable).with_name(name)
    if not script.is_file():
        raise UnavailableError(f"{name} is not installed beside {sys.executable}: run `make up` in the checkout")
    return str(script)


def _settings_digest(settings: Settings) -> str:
    # A changed key is a reason to restart, and a digest is all that may be written down of it. The mode in force is in
    # the environment; what the setting says beside `trend up --mode` changes nothing.
    plain = settings.model_dump_json(exclude={"mode"}, fallback=str).encode()
    return hashlib.sha256(plain + _secrets(settings)).hexdigest()


def _secrets(model: BaseModel) -> bytes:
    found = b""
    for _, value in model:
        if isinstance(value, SecretStr):
            found += value.get_secret_value().encode() + b"\0"
        elif isinstance(value, BaseModel):
            found += _secrets(value)
    return found


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
