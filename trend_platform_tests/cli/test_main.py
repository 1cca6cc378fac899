import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from trend_platform import __version__
from trend_platform.cli.main import run
from trend_platform.cli.verbs import VERBS
from trend_platform_tests.cli.sessions import GivenSession

START = "from trend_platform.cli.main import main; main()"
HEAVY = {
    "polars",
    "numpy",
    "pydantic",
    "pydantic_settings",
    "sqlalchemy",
    "psycopg",
    "httpx",
    "redis",
    "dagster",
    "exchange_calendars",
}


def test_help_names_every_verb_with_what_it_does(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    for verb in VERBS.values():
        assert verb.name in shown
        assert verb.summary in shown


def test_no_verb_shows_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 0
    assert "backfill" in capsys.readouterr().out


def test_help_loads_nothing_heavy() -> None:
    report = f"import sys\ntry:\n {START}\nfinally:\n print(*sys.modules, file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", report, "--help"], capture_output=True, text=True, check=True)
    assert not HEAVY & {name.partition(".")[0] for name in ran.stderr.split()}


def test_help_costs_less_than_four_tenths_of_a_second() -> None:
    # Processor time: what a whole process takes on a machine that has nothing else to do.
    def seconds() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", START, "--help"], capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    assert min(seconds() for _ in range(3)) < 0.4


@pytest.mark.parametrize("verb", list(VERBS))
def test_every_verb_has_help_of_its_own(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([verb, "--help"]) == 0
    assert f"Usage: trend {verb}" in capsys.readouterr().out


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"trend {__version__}\n"


def test_a_misspelt_verb_is_a_usage_error_with_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bakfill", "1Y"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Did you mean 'backfill'?" in captured.err


def test_a_misspelt_option_says_where_to_look(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "1Y", "--refrsh"]) == 2
    assert "See `trend plan --help`." in capsys.readouterr().err


def test_a_usage_error_of_typers_is_json_where_json_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "--json"]) == 2
    error = json.loads(capsys.readouterr().err)["error"]
    assert (error["kind"], error["exit_code"]) == ("UsageError", 2)
    assert "RANGE" in error["message"]


def test_an_error_is_one_line_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "2Y"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("trend: '2Y' is no range; known:")


def test_an_error_is_json_where_json_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan", "2Y", "--json"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert json.loads(captured.err)["error"]["kind"] == "UsageError"


def test_a_group_without_a_verb_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config"]) == 0
    assert "init" in capsys.readouterr().out


def test_an_interrupted_verb_says_that_nothing_is_lost(
    session: GivenSession, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(session, "workshop", stopped)
    assert run(["plan", "1Y"], session) == 130
    assert "the same command completes the rest" in capsys.readouterr().err


def test_nothing_running_says_what_to_run(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", START, "plan", "1Y"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"PYTHONPATH": ":".join(sys.path), "TREND_HOME": str(tmp_path / ".trend")},
    )
    assert ran.returncode == 1
    assert "run `trend up`" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("arguments", [["config", "show"], ["config", "show", "--json"]])
def test_a_reader_that_leaves_early_is_no_error(arguments: list[str]) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", START, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


def test_choices_that_typer_breaks_into_lines_stay_on_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["actions", "add", "AAPL"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "split, dividend" in line
