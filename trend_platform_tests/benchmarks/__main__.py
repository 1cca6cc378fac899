"""Run the benchmarks and print what they found: `python -m trend_platform_tests.benchmarks [NAME...]`."""

import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.table import Table

from trend_platform_tests import services
from trend_platform_tests.benchmarks.figure import Figure

# Every module here with a function `measure(services) -> list[Figure]` is a benchmark.
NAMES = sorted(
    path.stem
    for path in Path(__file__).parent.glob("*.py")
    if path.stem not in {"__init__", "__main__", "figure", "market", "shapes"}
)


def main(wanted: Sequence[str]) -> int:
    """Run the named benchmarks, all by default; return 1 if a claim does not hold, 2 for an unknown name."""
    unknown = sorted(set(wanted) - set(NAMES))
    if unknown:
        Console(stderr=True).print(f"no benchmark {', '.join(unknown)}; there are: {', '.join(NAMES)}")
        return 2
    mine = services.begin_run()
    try:
        found = services.services()
        figures = [figure for name in wanted or NAMES for figure in _measure(name, found)]
    finally:
        if mine:
            services.end_run()
    _show(figures)
    return 0 if all(figure.holds for figure in figures) else 1


def _measure(name: str, found: services.Services) -> list[Figure]:
    Console(stderr=True).print(f"measuring {name} ...")
    measured: list[Figure] = import_module(f"trend_platform_tests.benchmarks.{name}").measure(found)
    return measured


def _show(figures: Sequence[Figure]) -> None:
    table = Table("what", "ours", "peer", "unit", "beside", "ratio", "claim", "holds")
    for one in figures:
        holds = "[green]yes[/]" if one.holds else "[red]NO[/]"
        ratio = f"{one.ratio:.2f}"
        table.add_row(
            one.name, f"{one.ours:,.0f}", f"{one.peer:,.0f}", one.unit, one.peer_name, ratio, one.claim, holds
        )
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
