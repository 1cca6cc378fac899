"""The domain is pure: values and rules, no socket, no files, no environment, no clock of its own."""

import ast
from pathlib import Path

import pytest

import trend_platform.domain

DOMAIN = sorted(Path(trend_platform.domain.__file__).parent.glob("*.py"))
ALLOWED = {
    "trend_platform.errors",
    *("numpy", "polars", "exchange_calendars", "tsdownsample"),
    *("__future__", "bisect", "calendar", "collections", "dataclasses", "datetime", "difflib", "enum", "functools"),
    *("itertools", "math", "re", "typing"),
}


def imported(module: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {name if name.startswith("trend_platform") else name.partition(".")[0] for name in names}


@pytest.mark.parametrize("module", DOMAIN, ids=lambda module: module.stem)
def test_the_domain_imports_nothing_that_touches_the_world(module: Path) -> None:
    foreign = {name for name in imported(module) - ALLOWED if not name.startswith("trend_platform.domain.")}
    assert foreign == set()


@pytest.mark.parametrize("module", [each for each in DOMAIN if each.stem != "clock"], ids=lambda module: module.stem)
def test_only_the_clock_asks_for_the_time(module: Path) -> None:
    calls = {
        ast.unparse(node.func) for node in ast.walk(ast.parse(module.read_text("utf-8"))) if isinstance(node, ast.Call)
    }
    assert not {name for name in calls if name.endswith((".now", ".today", "time.time"))} - {
        "clock.now",
        "self.clock.now",
    }
