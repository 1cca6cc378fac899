"""The Dockerfile, read: what it builds on, what it takes along, as whom it runs. No engine is needed."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from trend_platform_tests.docker import image
from trend_platform_tests.docker.compose import DOCKER
from trend_platform_tests.services import CHECKOUT

TEXT = image.DOCKERFILE.read_text()
STAGES = image.stages(TEXT)
FINAL = STAGES[-1]
# A tag that says the whole version, or a digest.
PINNED = re.compile(r"[\w./-]+:\d+\.\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?$")


def test_every_stage_builds_on_an_exact_version() -> None:
    bases = [stage[0].rest.split(" ")[0] for stage in STAGES]
    assert [base for base in bases if not PINNED.match(base)] == []


def test_the_image_runs_the_python_it_was_built_with() -> None:
    assert STAGES[1][0].rest.split(" ")[0] == FINAL[0].rest


def test_the_linter_has_no_complaint() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("hadolint"), image.DOCKERFILE], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_it_runs_as_a_user_by_number_who_is_not_root() -> None:
    # By number, so that whoever enforces it need not read /etc/passwd of the image.
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", image.last(FINAL, "USER"))
    assert [step.word for step in FINAL[-3:]] == ["WORKDIR", "USER", "CMD"]


def test_what_is_copied_is_there_and_reaches_the_builder() -> None:
    patterns = image.ignore_patterns()
    sources = [source for stage in STAGES for copy in image.copies(stage) for source in copy.sources]
    assert {"pyproject.toml", "requirements.lock", "trend_platform", "dbt_project", "dagster.yaml"} <= set(sources)
    assert [source for source in sources if not (CHECKOUT / source).exists()] == []
    assert [source for source in sources if not image.is_sent(source, patterns)] == []


@pytest.mark.parametrize(
    "path",
    [
        "docker/.env", ".git/config", ".trend/passwords.json", "trend_platform.toml", ".venv/bin/python", "trend_platform_tests/conftest.py",
        "trend_platform/cli/__pycache__/main.cpython-311.pyc",
    ],
)  # fmt: skip
def test_what_is_private_or_of_no_use_never_reaches_the_builder(path: str) -> None:
    assert not image.is_sent(path, image.ignore_patterns())


def test_everything_the_wheel_is_made_from_reaches_the_builder() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    patterns = image.ignore_patterns()
    needed = [project["readme"], *project["license-files"], "trend_platform/cli/main.py", "dbt_project/dbt_project.yml"]
    assert [path for path in needed if not image.is_sent(path, patterns)] == []


def test_every_package_comes_with_a_hash() -> None:
    installs = [step.rest for stage in STAGES for step in stage if step.word == "RUN" and "pip install" in step.rest]
    assert len(installs) == 2
    assert "--require-hashes -r pyproject.toml -c requirements.lock" in installs[0]
    assert "--no-deps --build-constraints docker/build.lock" in installs[1]


def test_what_builds_the_wheel_is_locked() -> None:
    wanted = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["build-system"]["requires"]
    locked = re.findall(r"^([\w.-]+)==", (DOCKER / "build.lock").read_text(), re.MULTILINE)
    assert set(wanted) <= set(locked)


def test_the_last_stage_installs_and_compiles_nothing() -> None:
    runs = " ".join(step.rest for step in FINAL if step.word == "RUN")
    assert "pip uninstall" in runs
    assert not re.search(r"apt-get|pip install|uv |gcc|make", runs)


def test_it_holds_no_secret() -> None:
    words = "PASSWORD|SECRET|TOKEN|API_KEY|_URL"
    said = [step for stage in STAGES for step in stage if step.word in {"ENV", "ARG", "LABEL"}]
    assert [step for step in said if re.search(words, step.rest, re.IGNORECASE)] == []


def test_the_reader_of_dockerfiles_sees_what_it_looks_for() -> None:
    text = "# c\nFROM a:1 AS x\nCOPY --from=y /uv /bin/\nCOPY a b/c d/\nENV A=1 \\\n    B='2 3'\nFROM b:2\nUSER 5:5\n"
    first, second = image.stages(text)
    assert image.copies(first) == [image.Copy(("a", "b/c"), "d/")]
    assert image.environment(first) == {"A": "1", "B": "2 3"}
    assert image.last(second, "USER") == "5:5"
    assert image.is_sent("a/b", ["*", "!a"])
    assert not image.is_sent("a/__pycache__/b", ["*", "!a", "**/__pycache__"])
    assert not image.is_sent("b", ["*", "!a"])
