"""The dbt project as a program: prepared once however many ask, kept out of every tree, told where the database is."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from trend_platform.errors import ConfigurationError, UnavailableError
from trend_platform.local import dbt, dbt_run
from trend_platform_tests.services import CHECKOUT

PROJECT = dbt.project_folder()


def tree(folder: Path) -> dict[str, int]:
    return {path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in folder.rglob("*")}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of one model, which parses fast."""
    folder = tmp_path / "project"
    (folder / "models").mkdir(parents=True)
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(PROJECT / name, folder / name)
    (folder / "models" / "one.sql").write_text("select 1 as one")
    return folder


def test_the_project_of_a_checkout_stands_beside_the_package() -> None:
    assert dbt.project_folder() == CHECKOUT / "dbt_project"


def test_it_is_prepared_once_and_anew_when_a_model_changes(project: Path, tmp_path: Path) -> None:
    first = dbt.prepared(project, tmp_path / "kept")
    before = tree(first.folder)
    assert set(before) == {"manifest.json"}
    assert tree(dbt.prepared(project, tmp_path / "kept").folder) == before
    (project / "models" / "one.sql").write_text("select 2 as one")
    second = dbt.prepared(project, tmp_path / "kept")
    assert second.folder != first.folder
    assert {path.name for path in (tmp_path / "kept").iterdir()} == {second.folder.name, "lock"}


def test_processes_that_ask_at_the_same_time_agree(project: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from trend_platform.local import dbt;"
        "ready = dbt.prepared(Path(sys.argv[1]), Path(sys.argv[2])); print(ready.manifest.stat().st_ino)"
    )
    asked = [
        subprocess.Popen(
            [sys.executable, "-c", code, project, tmp_path / "kept"], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    assert len({one.communicate()[0] for one in asked}) == 1
    assert {one.returncode for one in asked} == {0}


def test_nothing_is_written_into_the_project(project: Path, tmp_path: Path) -> None:
    before = tree(project)
    dbt.prepared(project, tmp_path / "kept")
    assert tree(project) == before


def test_a_model_that_does_not_parse_is_named(project: Path, tmp_path: Path) -> None:
    (project / "models" / "one.sql").write_text("select * from {{ ref('nobody') }}")
    with pytest.raises(ConfigurationError, match="nobody"):
        dbt.prepared(project, tmp_path / "kept")


@pytest.mark.skipif(os.getuid() == 0, reason="nothing is forbidden to root")
def test_a_place_that_cannot_be_written_says_who_has_to_prepare(project: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir(mode=0o500)
    with pytest.raises(ConfigurationError, match="trend models prepare"):
        dbt.prepared(project, tmp_path / "kept")


def test_a_run_works_in_a_folder_of_its_own_that_goes_with_it(project: Path) -> None:
    with dbt.working_folder() as one, dbt.working_folder() as other:
        assert one != other
        told = dbt.environment(project, one, {"PGHOST": "there"})
    assert not one.exists()
    assert told["DBT_TARGET_PATH"] == told["DBT_LOG_PATH"] == str(one)
    assert (told["PGHOST"], told["PATH"]) == ("there", os.environ["PATH"])


def test_nobody_is_told_that_dbt_runs(project: Path, tmp_path: Path) -> None:
    told = dbt.environment(project, tmp_path)
    assert (told["DBT_SEND_ANONYMOUS_USAGE_STATS"], told["DO_NOT_TRACK"]) == ("false", "1")
    assert "send_anonymous_usage_stats: false" in (PROJECT / "dbt_project.yml").read_text()


def test_a_url_becomes_variables_with_the_password_under_a_name_dbt_keeps_secret() -> None:
    url = SecretStr("postgresql://me:p%40ss@db.example:5433/prices?sslmode=require")
    assert dbt.database_variables(url) == {
        "PGUSER": "me",
        "DBT_ENV_SECRET_PGPASSWORD": "p@ss",
        "PGHOST": "db.example",
        "PGPORT": "5433",
        "PGDATABASE": "prices",
        "PGSSLMODE": "require",
    }


def test_a_url_that_is_none_is_refused_without_showing_it() -> None:
    with pytest.raises(ConfigurationError) as refused:
        dbt.database_variables(SecretStr("postgresql://me:secret@[/x"))
    assert "secret" not in str(refused.value)


def test_the_project_holds_no_address_and_no_secret() -> None:
    profile = (PROJECT / "profiles.yml").read_text()
    for field in ("host", "user", "password", "dbname"):
        assert f"{field}: \"{{{{ env_var('" in profile


def test_a_database_that_does_not_answer_is_said_without_the_password() -> None:
    with (
        pytest.raises(UnavailableError, match="does not answer") as away,
        dbt_run.alone(SecretStr("postgresql://me:secret@127.0.0.1:1/nothing")),
    ):
        pass
    assert "secret" not in str(away.value)


def test_builders_wait_for_each_other(database_url: str) -> None:
    with dbt_run.alone(SecretStr(database_url)), psycopg.connect(database_url) as other:
        assert other.execute("SELECT pg_try_advisory_lock(%s)", (dbt_run._BUILDING,)).fetchone() == (False,)
    with psycopg.connect(database_url) as other:
        assert other.execute("SELECT pg_try_advisory_lock(%s)", (dbt_run._BUILDING,)).fetchone() == (True,)
