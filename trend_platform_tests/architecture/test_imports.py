"""What importing costs and opens: `trend --help` must not wait for libraries it does not use."""

import importlib.util
import os
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


def providers_after(statement: str, *arguments: str, **variables: str) -> set[str]:
    """Return the providers and sources of which a fresh interpreter holds anything after `statement`."""
    folders = {module.parent.name for module in (CHECKOUT / "trend_platform" / "providers").glob("*/__init__.py")}
    report = f"import sys; {statement}; print('held:', *sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", report, *arguments],
        cwd=CHECKOUT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    held = ran.stdout.rpartition("held:")[2].split()
    return {
        folder for folder in folders if any(name.startswith(f"trend_platform.providers.{folder}.") for name in held)
    }


HELP = "from trend_platform.cli.main import run; run(['--help'])"
EVERYTHING_ELSE = (
    "import importlib, pkgutil, trend_platform as root;"
    "names = [one.name for one in pkgutil.walk_packages(root.__path__, 'trend_platform.', lambda name: None)];"
    "outside = [name for name in names if not {'providers', 'versions', '__main__'} & set(name.split('.'))];"
    "[importlib.import_module(name) for name in outside if not name.endswith('migrations.env')]"
)
OPENED = (
    "from trend_platform.domain.clock import SystemClock; from trend_platform.ingest.build import provider_names;"
    "from trend_platform.providers.registry import open_provider; from trend_platform.settings import Settings;"
    "from trend_platform.storage.base import PriceKind; settings = Settings();"
    "[open_provider(name, settings.providers, SystemClock()) for name in provider_names(settings, PriceKind.REAL)]"
)


@pytest.mark.parametrize("statement", ["import trend_platform", "import trend_platform.providers.registry", HELP])
def test_no_provider_is_loaded_before_it_is_asked_for(statement: str) -> None:
    assert providers_after(statement) == set()


def test_no_other_part_of_the_package_loads_a_provider_of_the_network() -> None:
    # The verbs for one's own files read them with that provider.
    assert providers_after(EVERYTHING_ELSE) == {"files"}


def test_only_providers_that_are_enabled_are_loaded_when_they_are_opened(tmp_path: Path) -> None:
    off = {f"TREND_PROVIDERS__{name}__ENABLED": "false" for name in ("KRAKEN", "COINGECKO", "POLYGON")}
    told = providers_after(OPENED, TREND_CONFIG=str(_no_settings(tmp_path)), POLYGON_API_KEY="k", **off)
    assert told == {"coinbase", "bitfinex"}


def _no_settings(folder: Path) -> Path:
    file = folder / "empty.toml"
    file.write_text("")
    return file


def test_the_check_sees_what_is_imported() -> None:
    assert {"numpy", "polars"} <= modules_after("import trend_platform.domain.candles, numpy")
    assert providers_after("import trend_platform.providers.kraken.classing") == {"kraken"}
