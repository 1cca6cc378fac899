"""How far a run is: a bar where a person watches, a line now and then where output goes to a file, on stderr either way."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from trend_platform.cli.output import Output
from trend_platform.wording import counted

Advance = Callable[[int, int, str], None]
"""Told how many steps are done, of how many, and a word about the last one."""

# A log gets a line at every tenth of the way.
_LINES = 10


@contextmanager
def progress(out: Output, label: str, unit: str = "call") -> Iterator[Advance]:
    """Show how far something is while the context lasts.

    Args:
        out: Where; with JSON asked for and nobody watching, nothing is shown.
        label: What is under way.
        unit: What is counted, in the singular.
    """
    if out.is_terminal:
        with _bar(out) as bar:
            task = bar.add_task(label, total=None, note="")

            def advance(done: int, total: int, note: str) -> None:
                bar.update(task, completed=done, total=total or None, note=note)

            yield advance
    else:
        yield _lines(out, label, unit)


def _bar(out: Output) -> Progress:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=out.remarks, transient=True)


def _lines(out: Output, label: str, unit: str) -> Advance:
    shown = 0

    def advance(done: int, total: int, note: str) -> None:
        nonlocal shown
        tenth = _LINES * done // total if total else 0
        if tenth > shown and not out.as_json:
            out.remark(f"{label}: {done:,} of {counted(total, unit)}{', ' + note if note else ''}")
        shown = max(shown, tenth)

    return advance
