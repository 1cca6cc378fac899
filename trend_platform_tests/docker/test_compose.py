"""compose.yaml, read: it fits the specification, gives nothing away, and says what the platform itself says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from trend_platform.local import dagster_programs, mode
from trend_platform.local.connections import derive
from trend_platform.local.dagster_programs import Layout
from trend_platform.local.home import Home
from trend_platform.settings import KEY_NAMES, Mode, Settings
from trend_platform_tests.docker import compose, image
from trend_platform_tests.docker.compose import DOCKER, Service
from trend_platform_tests.docker.test_image import PINNED

PASSWORDS = {"DATABASE_ADMIN_PASSWORD": "aaa", "DATABASE_PASSWORD": "bbb", "REDIS_PASSWORD": "ccc"}
SERVICES = compose.services({**compose.read_env(DOCKER / ".env.example"), **PASSWORDS})
LASTING = [service for name, service in SERVICES.items() if name != "migrate"]

each_service = pytest.mark.parametrize("service", SERVICES.values(), ids=list(SERVICES))
each_lasting = pytest.mark.parametrize("service", LASTING, ids=[service.name for service in LASTING])


def test_it_fits_the_specification_of_compose() -> None:
    program = Path(sys.executable).with_name("check-jsonschema")
    check = [str(program), "--builtin-schema", "vendor.compose-spec", str(DOCKER / "compose.yaml")]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_part_is_a_service_of_its_own() -> None:
    ours = ["migrate", "etl", "realtime", "realtime-runs", "webserver", "daemon"]
    assert list(SERVICES) == ["database", "valkey", *ours]
    assert [name for name, service in SERVICES.items() if service.is_ours] == ours


@each_service
def test_images_are_pinned(service: Service) -> None:
    name = str(service.raw["image"])
    assert service.is_ours or PINNED.match(name) or re.fullmatch(r"timescale/timescaledb:\d+\.\d+\.\d+-pg\d+", name)


@each_service
def test_a_container_may_do_as_little_as_possible(service: Service) -> None:
    raw = service.raw
    assert raw["read_only"] is True
    assert raw["init"] is True
    assert service.words("cap_drop") == ["ALL"]
    assert "cap_add" not in raw
    assert "privileged" not in raw
    assert service.words("security_opt") == ["no-new-privileges:true"]
    assert service.is_ours or raw["user"] not in {"", "root", "0"}
    assert raw["mem_limit"]
    assert str(raw["logging"]).count("max-") == 2


@each_service
def test_only_loopback_is_published(service: Service) -> None:
    assert [port for port in service.words("ports") if not port.startswith("127.0.0.1:")] == []
    assert not {"network_mode", "pid", "ipc"} & set(service.raw)


@each_lasting
def test_what_is_to_last_is_started_again_and_looked_after(service: Service) -> None:
    assert service.raw["restart"] == "unless-stopped"
    assert service.health


def test_everything_waits_for_the_databases_to_be_prepared() -> None:
    assert SERVICES["migrate"].raw["restart"] == "no"
    assert SERVICES["migrate"].waits_for == {"database": "service_healthy", "valkey": "service_healthy"}
    late = [service for service in SERVICES.values() if service.is_ours and service.name != "migrate"]
    assert {service.waits_for["migrate"] for service in late} == {"service_completed_successfully"}


def test_no_password_is_written_down_or_defaulted() -> None:
    text = (DOCKER / "compose.yaml").read_text()
    assert set(re.findall(r"\$\{(\w*PASSWORD)\}", text)) == set()
    assert set(re.findall(r"\$\{(\w*PASSWORD):\?", text)) == set(PASSWORDS)
    example = compose.read_env(DOCKER / ".env.example")
    assert {name: example[name] for name in PASSWORDS} == dict.fromkeys(PASSWORDS, "")
    with pytest.raises(LookupError, match="docker/new-env"):
        compose.services(example)


@each_service
def test_a_password_reaches_only_whom_it_concerns_and_no_command_line(service: Service) -> None:
    given = " ".join(service.environment.values())
    assert ("aaa" in given) == (service.name == "database")
    assert ("ccc" in given) == (service.name != "database")
    assert not re.search("aaa|bbb|ccc", " ".join([*service.command, *service.health]))


def test_new_passwords_are_made_once(tmp_path: Path) -> None:
    for name in ("new-env", ".env.example"):
        (tmp_path / name).write_bytes((DOCKER / name).read_bytes())
    subprocess.run(["sh", tmp_path / "new-env"], check=True)
    made = compose.read_env(tmp_path / ".env")
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    assert all(re.fullmatch(r"[0-9a-f]{48}", made[name]) for name in PASSWORDS)
    assert len({made[name] for name in PASSWORDS}) == 3
    assert {**made, **dict.fromkeys(PASSWORDS, "")} == compose.read_env(DOCKER / ".env.example")
    again = subprocess.run(["sh", tmp_path / "new-env"], capture_output=True, text=True, check=False)
    assert (again.returncode, compose.read_env(tmp_path / ".env")) == (1, made)


def test_every_key_can_be_set_in_the_example() -> None:
    # Of a key that goes by several names one is enough.
    first = {target: name.upper() for name, target in reversed(KEY_NAMES.items())}
    assert set(first.values()) <= set(compose.read_env(DOCKER / ".env.example"))


def test_every_variable_of_the_example_is_used() -> None:
    text = (DOCKER / "compose.yaml").read_text()
    settings = {f"TREND_{name.upper()}" for name in Settings.model_fields} | {name.upper() for name in KEY_NAMES}
    names = set(compose.read_env(DOCKER / ".env.example"))
    assert {name for name in names if name.partition("__")[0] not in settings and f"${{{name}:" not in text} == set()


@pytest.mark.parametrize("name", ["etl", "realtime", "realtime-runs", "webserver", "daemon"])
def test_containers_run_the_commands_that_trend_up_runs(name: str, tmp_path: Path) -> None:
    home = Home(tmp_path)
    live, cache = SecretStr("postgresql://trend:x@db/trend"), SecretStr("redis://:x@cache/0")
    found = derive(live, cache, mode.Decision(Mode.SIMULATED, ""), is_local=False)
    layout = Layout()
    known = {one.name: one for one in dagster_programs.programs(Settings(), home, found, layout)}
    program, service = known[name.removeprefix("realtime-")], SERVICES[name]
    moved = {str(home.dagster): "/opt/dagster", str(layout.workspace_file): "/opt/trend/workspace.yaml"}
    words = [moved.get(str(word), str(word)) for word in program.argv]
    heard = [word if word != "0.0.0.0" else "127.0.0.1" for word in service.command]  # noqa: S104  only compared with
    assert [Path(words[0]).name, *words[1:]] == heard
    given = {**image.environment(image.stages(image.DOCKERFILE.read_text())[-1]), **service.environment}
    # Who listens where is said in docker/workspace.yaml; the mode is what `migrate` remembered.
    assert set(program.env or {}) - set(given) == {"TREND_ETL_PORT", "TREND_REALTIME_PORT"}


def test_passwords_are_asked_for_before_anything_starts() -> None:
    with pytest.raises(LookupError, match="REDIS_PASSWORD"):
        compose.services({**PASSWORDS, "REDIS_PASSWORD": ""})


def test_interpolation_is_that_of_compose() -> None:
    text = ["$$A ${A} ${B:-x y} ${A:-z} ${C:-}", 3]
    assert compose.interpolated({"k": text}, {"A": "1"}) == {"k": ["$A 1 x y 1 ", 3]}
