"""What importing costs and opens: `trend --help` must not wait for libraries it does not use."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import trend_platform

CHECKOUT = Path(trend_platform.__file__).parent.parent
HEAVY = {
    "polars",
    "numpy",
    "dagster",
    "pandas",
    "exchange_calendars",
    "sqlalchemy",
    "alembic",
    "psycopg",
    "httpx",
    "redis",
}


def modules_after(statement: str) -> set[str]:
    """Return the top-level modules a fresh interpreter holds after `statement`."""
    report = f"import sys; {statement}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    ran = subprocess.run([sys.executable, "-c", report], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return set(ran.stdout.split())


def exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def test_the_command_line_starts_without_the_heavy_libraries() -> None:
    if not exists("trend_platform.cli.main"):
        pytest.skip("there is no command line yet")
    assert HEAVY & modules_after("import trend_platform.cli.main") == set()


@pytest.mark.parametrize("module", ["trend_platform", "trend_platform.errors", "trend_platform.settings"])
def test_errors_and_settings_are_light(module: str) -> None:
    assert HEAVY & modules_after(f"import {module}") == set()


def test_calendars_load_exchange_calendars_only_when_a_venue_is_asked_for() -> None:
    statement = "from trend_platform.domain.calendars import get_calendar; get_calendar('24/7')"
    assert {"exchange_calendars", "pandas"} & modules_after(statement) == set()


def test_the_check_sees_what_is_imported() -> None:
    assert {"numpy", "polars"} <= modules_after("import trend_platform.domain.candles, numpy")
