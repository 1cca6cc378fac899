"""The house rules that no linter knows: charters, sizes, names, and who may read the environment and the clock."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import trend_platform

PACKAGE = Path(trend_platform.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
CATCH_ALL = {"utils", "util", "helpers", "helper", "common", "misc", "tools", "shared"}

# A migration is a list of statements, as long as what it changes.
SHORT = [module for module in MODULES if "versions" not in module.parts]
READERS = {"settings/platform.py"}


def place(module: Path) -> str:
    return module.relative_to(PACKAGE).as_posix()


each_module = pytest.mark.parametrize("module", MODULES, ids=place)


def tree(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"), filename=str(module))


def functions(module: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree(module)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def environment_names(code: ast.Module) -> set[str]:
    """Return the names under which the code touches the environment."""
    used = {ast.unparse(node) for node in ast.walk(code) if isinstance(node, ast.Attribute)}
    imports = [node for node in ast.walk(code) if isinstance(node, ast.ImportFrom)]
    used |= {f"{node.module}.{name.name}" for node in imports for name in node.names}
    return {name for name in used if name in {"os.environ", "os.getenv", "os.environb", "os.getenvb"}}


def look_ups(code: ast.Module) -> set[str]:
    """Return the expressions that look one variable up."""
    nodes = [node for node in ast.walk(code) if isinstance(node, ast.Attribute | ast.Subscript | ast.ImportFrom)]
    texts = {ast.unparse(node) for node in nodes}
    return {text for text in texts if text.startswith(("os.environ.get", "os.environ[", "os.getenv", "from os import"))}


def naive_clock_calls(code: ast.Module) -> list[int]:
    """Lines that ask for the time without a zone."""
    always = {"datetime.utcnow", "datetime.today", "date.today", "datetime.utcfromtimestamp"}
    found = []
    for node in ast.walk(code):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = ".".join(ast.unparse(node.func).split(".")[-2:])
            if name in always or (name == "datetime.now" and not node.args and not node.keywords):
                found.append(node.lineno)
    return found


@each_module
def test_a_module_opens_with_its_charter(module: Path) -> None:
    charter = ast.get_docstring(tree(module)) or ""
    assert len(charter) >= 30, f"{place(module)} must open with a docstring: what it holds, what it must not hold"
    assert charter.splitlines()[0].endswith((".", ":", ",", ";")), f"the first line of {place(module)} is no sentence"


@each_module
def test_a_module_is_no_longer_than_300_lines(module: Path) -> None:
    assert len(module.read_text(encoding="utf-8").splitlines()) <= 300, (
        f"{place(module)}: which noun wants its own file?"
    )


@pytest.mark.parametrize("module", SHORT, ids=place)
def test_a_function_is_no_longer_than_45_lines(module: Path) -> None:
    long = {each.name: each.end_lineno - each.lineno + 1 for each in functions(module) if each.end_lineno}
    assert {name: lines for name, lines in long.items() if lines > 45} == {}


@each_module
def test_a_module_is_named_after_what_it_holds(module: Path) -> None:
    assert not CATCH_ALL & {Path(part).stem.strip("_") for part in module.relative_to(PACKAGE).parts}


@pytest.mark.parametrize("module", [module for module in MODULES if place(module) not in READERS], ids=place)
def test_only_the_settings_read_the_environment(module: Path) -> None:
    code = tree(module)
    # Local services pass the whole environment on to the processes they start; they look nothing up in it.
    reads = look_ups(code) if place(module).startswith("local/") else environment_names(code)
    assert reads == set(), f"{place(module)} must take it as an argument or from settings"


@each_module
def test_nothing_asks_for_the_time_without_a_zone(module: Path) -> None:
    assert naive_clock_calls(tree(module)) == []


def test_the_rules_see_what_they_look_for() -> None:
    code = "import os, datetime as dt\nfrom os import getenv\nos.environ['A']\ndatetime.now()\ndt.datetime.now()\ndatetime.now(UTC)\ndate.today()"
    assert environment_names(ast.parse(code)) == {"os.environ", "os.getenv"}
    assert look_ups(ast.parse(code)) == {"os.environ['A']", "from os import getenv"}
    assert naive_clock_calls(ast.parse(code)) == [4, 5, 7]
    assert any(place(module) == "domain/calendars.py" for module in MODULES)
