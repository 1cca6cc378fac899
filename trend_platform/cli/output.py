"""The one place where results meet the terminal: tables, plain lines and JSON on stdout, remarks on stderr.

Machine output is JSON on stdout and nothing else. Colour follows NO_COLOR and the terminal (Rich's own rules); text is never
read as markup, so that a bracket in a message stays one. What is said is the verbs' business.
"""

import shutil
import sys
from collections.abc import Sequence
from textwrap import wrap
from typing import IO

from rich import box
from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from trend_platform.cli.exits import ReaderGone

# Width of what is piped into a file or another program, where no terminal says: wide enough to fold nothing.
PIPED_WIDTH = 200
# Between two columns, as `SIMPLE_HEAD` draws them.
_BETWEEN = 3
_LONGEST_WORD = 24


class Signed(float):
    """A number that is shown with its sign, such as a change."""


class Output:
    """Where one verb writes.

    Attributes:
        as_json: Whether the verb was asked for JSON: then stdout carries that and nothing else.
        console: stdout.
        remarks: stderr, for progress and for what is not part of the result.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self.console = _console(sys.stdout)
        self.remarks = _console(sys.stderr)

    @property
    def is_terminal(self) -> bool:
        """Whether a person watches stderr, where progress is shown."""
        return self.remarks.is_terminal

    def say(self, text: str, style: str = "") -> None:
        """Write a line for people; nothing when JSON was asked for."""
        if not self.as_json:
            self.console.print(Text(text, style=style), soft_wrap=True)

    def remark(self, text: str, style: str = "") -> None:
        """Write a line to stderr, also when JSON was asked for."""
        self.remarks.print(Text(text, style=style), soft_wrap=True)

    def json(self, value: object) -> None:
        """Write a value as JSON, indented, with a final newline; dates become ISO 8601."""
        import orjson  # noqa: PLC0415  only verbs that answer pay for it

        write_stdout(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS) + b"\n")

    def table(
        self, title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], styles: Sequence[str] = ()
    ) -> None:
        """Write a table for people; numbers stand to the right with thousands apart. Nothing when JSON was asked for.

        Args:
            title: What it shows; empty for none.
            columns: Headings.
            rows: Values; `None` is an empty cell.
            styles: A style for each row, where rows differ.
        """
        if self.as_json:
            return
        if title:
            self.console.print(Text(title, style="bold"))
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
        texts = [[cell(value) for value in row] for row in rows]
        widths = fitting([columns, *texts], self.console.width)
        if not widths:
            self._records(columns, texts, styles)
            return
        for index, name in enumerate(columns):
            is_number = any(_is_number(row[index]) for row in rows)
            justify: JustifyMethod = "right" if is_number else "left"
            table.add_column(name, justify=justify, overflow="fold", width=widths[index])
        for text, style in zip(texts, styles or [""] * len(rows), strict=True):
            table.add_row(*map(Text, text), style=style)
        self.console.print(table)
        self.console.print()

    def _records(self, columns: Sequence[str], texts: Sequence[Sequence[str]], styles: Sequence[str]) -> None:
        # More columns than the terminal has room for: each row becomes a sentence of what it says.
        for (first, *rest), style in zip(texts, styles or [""] * len(texts), strict=True):
            told = [f"{name} {text}" for name, text in zip(columns[1:], rest, strict=True) if text]
            lines = wrap(f"{first}: {', '.join(told)}", self.console.width, subsequent_indent="  ")
            self.console.print(Text("\n".join(lines), style=style))
        self.console.print()


def write_stdout(body: bytes) -> None:
    """Write bytes to stdout as they are, after all that was written before.

    Raises:
        ReaderGone: Nobody reads them.
    """
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(body)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise ReaderGone from None


def fitting(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Return how wide each column may be so that lines break between words alone; empty where no such widths fit.

    Args:
        rows: The cells, headings included.
        width: Of the whole table.
    """
    columns = list(zip(*rows, strict=True))
    widths = [max(map(cell_len, column)) for column in columns]
    # An address or the like is folded wherever it stands.
    words = [
        max((min(_LONGEST_WORD, cell_len(word)) for text in column for word in text.split()), default=0)
        for column in columns
    ]
    over = sum(widths) + _BETWEEN * (len(columns) - 1) - width
    if over > sum(widths) - sum(words):
        return []
    while over > 0:
        # The widest column that can still be folded gives way.
        index = max(range(len(widths)), key=lambda one: (widths[one] > words[one], widths[one]))
        widths[index], over = widths[index] - 1, over - 1
    return widths


def cell(value: object) -> str:
    """Return a value as people read it in a table."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{'+' if isinstance(value, Signed) and value > 0 else ''}{_float(value)}"
    return str(value)


def _float(value: float) -> str:
    # Prices in cents, those of small coins in what is left of them, volumes in whole pieces.
    if value == 0 or (abs(value) >= 100_000 and value.is_integer()):
        return f"{value:,.0f}"
    if abs(value) < 1:
        return f"{value:.6g}"
    whole, _, rest = f"{value:,.4f}".partition(".")
    return f"{whole}.{rest.rstrip('0').ljust(2, '0')}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _console(stream: IO[str]) -> Console:
    width = None if stream.isatty() else shutil.get_terminal_size((PIPED_WIDTH, 50)).columns
    return _Pipe(file=stream, width=width, markup=False, highlight=False, emoji=False)


class _Pipe(Console):
    # Rich ends the process when a pipe breaks; here the error travels to where all errors are reported.
    def on_broken_pipe(self) -> None:
        raise ReaderGone
