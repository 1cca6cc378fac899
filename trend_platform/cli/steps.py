"""The steps of `trend up` as people watch them: a line when one ends, a spinner or a bar while it lasts."""

from types import TracebackType
from typing import Self

from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from trend_platform.cli.output import Output
from trend_platform.local.up import Event, Kind


class Steps:
    """Shows events on stderr; JSON output keeps stdout to itself.

    Attributes:
        finished: What each finished step did, for JSON output.
    """

    def __init__(self, out: Output) -> None:
        self.finished: list[dict[str, object]] = []
        self._out = out
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[note]}", markup=False),
            TimeElapsedColumn(),
            console=out.remarks,
            transient=True,
            disable=not out.is_terminal,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        """Begin to show."""
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away; what was finished stays."""
        self._bar.stop()

    def show(self, event: Event) -> None:
        """Show one event."""
        if event.kind is Kind.STARTED:
            self._begin(event)
        elif event.kind is Kind.PROGRESS and self._task is not None:
            note = " ".join(event.text.split())[:80]
            self._bar.update(self._task, completed=event.done, total=event.total or None, note=note)
        elif event.kind is Kind.NOTE:
            self._out.remark(f"  {event.step}: {event.text}", "yellow")
        elif event.kind is Kind.DONE:
            self._end(event)

    def _begin(self, event: Event) -> None:
        self._task = self._bar.add_task(event.step, total=None, note="")

    def _end(self, event: Event) -> None:
        if self._task is not None:
            self._bar.remove_task(self._task)
            self._task = None
        seconds = round(event.seconds, 2)
        self.finished.append({"step": event.step, "did": event.text, "seconds": seconds})
        if not self._out.as_json:
            self._out.remark(f"{event.step:<14} {event.text} ({seconds:.1f} s)")
