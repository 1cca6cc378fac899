"""The command line as a person runs it: a process of its own, settings from file and environment, real servers."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

START = "from trend_platform.cli.main import main; main()"

Process = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def trend(tmp_path: Path, own_csv: Path, database_url: str, redis_url: str) -> Process:
    """Run `trend` in an empty folder whose configuration file describes a person's own files."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS market CASCADE")
    (tmp_path / "trend_platform.toml").write_text(
        "[providers.files]\ncolumns = { opened_at = 'date', symbol = 'Name' }\n"
    )
    environment = {
        "PYTHONPATH": ":".join(sys.path),
        "TREND_DATABASE_URL": database_url,
        "TREND_REDIS_URL": redis_url,
        "TREND_PROVIDERS__FILES__PATH": str(own_csv),
    }

    def process(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", START, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return process


def test_own_files_go_from_a_folder_into_the_database_and_out_again(trend: Process, own_csv: Path) -> None:
    before = trend("instruments", "list")
    assert (before.returncode, before.stdout) == (1, "")
    assert "run `trend db migrate`" in before.stderr
    assert trend("db", "migrate").returncode == 0
    assert trend("instruments", "import", str(own_csv)).returncode == 0
    filled = trend("backfill", "MAX", "--provider", "files", "--as-of", "2018-02-07", "--json")
    outcome = json.loads(filled.stdout)
    assert filled.returncode == 3
    assert (outcome["prices"], outcome["inserted"], outcome["rejected"]) == ("real", 5, 1)
    again = json.loads(trend("backfill", "MAX", "--provider", "files", "--as-of", "2018-02-07", "--json").stdout)
    assert (again["received"], again["stored"]) == (0, 5)
    shown = trend("candles", "show", "AAPL", "--start", "2018-02-07", "--end", "2018-02-08", "--format", "csv")
    assert "159.54" in shown.stdout


def test_a_provider_without_its_key_is_a_setting_to_correct(trend: Process) -> None:
    trend("db", "migrate")
    trend("instruments", "add", "AAPL")
    ran = trend("backfill", "7D", "--provider", "polygon", "--json")
    assert ran.returncode == 2
    error = json.loads(ran.stderr)["error"]
    assert error["exit_code"] == 2
    assert "set POLYGON_API_KEY" in error["message"]


def test_the_doctor_looks_at_real_servers(trend: Process) -> None:
    trend("db", "migrate")
    ran = trend("doctor", "--json")
    assert json.loads(ran.stdout)["prices"] == "real"
    assert ran.returncode == 0, ran.stdout
