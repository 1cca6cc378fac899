"""Processes are recognised by more than their id, stopped with what they left behind, and never mistaken."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from trend_platform.errors import UnavailableError
from trend_platform.local import processes, waiting
from trend_platform.local.processes import Program, Registry, State

SLEEPER = Program("sleeper", ["/bin/sleep", "60"], port=4711)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    registry = Registry(tmp_path / "run", tmp_path / "logs")
    yield registry
    for file in registry.pid_files.glob("*.json"):
        registry.stop(file.stem, 2)


def rewrite(registry: Registry, **changes: object) -> None:
    file = registry.pid_files / "sleeper.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def test_a_started_program_runs_and_a_stopped_one_does_not(registry: Registry) -> None:
    record = registry.start(SLEEPER)
    assert registry.state("sleeper") is State.RUNNING
    assert registry.stop("sleeper") is State.RUNNING
    assert registry.state("sleeper") is State.STOPPED
    assert processes.birth_of(record.pid) is None


def test_a_killed_program_is_stale(registry: Registry) -> None:
    os.kill(registry.start(SLEEPER).pid, signal.SIGKILL)
    assert waiting.until(lambda: True if registry.state("sleeper") is State.STALE else None, 5)
    assert registry.running("sleeper") is None


def test_a_reused_process_id_is_stale_and_its_new_owner_is_left_alone(registry: Registry) -> None:
    record = registry.start(SLEEPER)
    boot, _, ticks = record.birth.partition(":")
    rewrite(registry, birth=f"{boot}:{int(ticks) - 1}")
    assert registry.state("sleeper") is State.STALE
    assert registry.stop("sleeper", 1) is State.STALE
    assert processes.birth_of(record.pid) == record.birth
    os.kill(record.pid, signal.SIGKILL)


def test_a_pid_file_from_before_a_reboot_is_stale(registry: Registry) -> None:
    record = registry.start(SLEEPER)
    rewrite(registry, birth="another-boot:1", pid=os.getpid())
    assert registry.state("sleeper") is State.STALE
    registry.stop("sleeper", 1)
    os.kill(record.pid, signal.SIGKILL)


def test_a_pid_file_cut_short_counts_as_none(registry: Registry) -> None:
    registry.pid_files.mkdir()
    (registry.pid_files / "sleeper.json").write_text('{"name": "slee')
    assert registry.state("sleeper") is State.STOPPED


def test_what_a_dead_leader_left_in_its_group_ends_with_stop(registry: Registry, tmp_path: Path) -> None:
    told = tmp_path / "child"
    record = registry.start(Program("parent", ["/bin/sh", "-c", f"sleep 60 & echo $! > {told}; wait"]))
    child = waiting.until(lambda: int(told.read_text()) if told.exists() and told.read_text().strip() else None, 5)
    assert child
    os.kill(record.pid, signal.SIGKILL)
    assert waiting.until(lambda: True if registry.state("parent") is State.STALE else None, 5)
    assert processes.birth_of(child) is not None
    registry.stop("parent", 2)
    assert waiting.until(lambda: True if processes.birth_of(child) is None else None, 5)


def test_a_program_that_ignores_its_signal_is_killed_after_the_limit(registry: Registry) -> None:
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    record = registry.start(Program("deaf", [sys.executable, "-c", code]))
    assert waiting.until(lambda: True if registry.last_words("deaf") == "deaf" else None, 10)
    began = time.monotonic()
    registry.stop("deaf", 0.5)
    assert waiting.until(lambda: True if processes.birth_of(record.pid) is None else None, 5)
    assert time.monotonic() - began < 10


def test_a_change_of_what_is_started_makes_the_running_one_out_of_date(registry: Registry) -> None:
    registry.start(SLEEPER)
    assert registry.up_to_date(SLEEPER)
    assert not registry.up_to_date(replace(SLEEPER, port=4712))
    assert not registry.up_to_date(replace(SLEEPER, env={"TREND_MODE": "live"}))
    assert not registry.up_to_date(replace(SLEEPER, configuration="other"))


def test_a_child_that_outlives_us_is_no_resource_forgotten(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from trend_platform.local import commands;"
        "print(commands.start(['/bin/sleep', '60'], log=Path(sys.argv[1])))"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "always::ResourceWarning", "-c", code, str(tmp_path / "log")],
        capture_output=True,
        text=True,
        check=True,
    )
    os.kill(int(ran.stdout), signal.SIGKILL)
    assert ran.stderr == ""


def test_a_missing_program_is_said(registry: Registry) -> None:
    with pytest.raises(UnavailableError, match="nowhere could not be started"):
        registry.start(Program("gone", ["/nowhere"]))


def test_a_bare_program_gets_none_of_our_variables(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLYGON_API_KEY", "secret-of-ours")
    registry.start(Program("bare", ["/bin/sh", "-c", "env; sleep 60"], bare=True))
    assert waiting.until(lambda: True if "PATH" in registry.last_words("bare") else None, 5)
    assert "secret-of-ours" not in registry.log("bare").read_text()


def test_the_environment_of_a_program_is_not_in_its_text() -> None:
    assert "hidden" not in repr(Program("x", ["/bin/true"], env={"KEY": "hidden"}))


def test_logs_rotate_and_the_oldest_goes(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    for number in range(6):
        log.write_text(str(number))
        processes.rotate(log, kept=2)
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"a.log.1": "5", "a.log.2": "4"}
