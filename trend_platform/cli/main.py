"""The entry point of `trend`: finds the verb, imports it only then, and turns every error into one line and an exit code.

What a verb does belongs into its own module; what may be imported here is Typer and Rich, for `trend --help` answers at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperCommand, TyperGroup

from trend_platform import __version__
from trend_platform.cli.exits import ExitCode, ReaderGone, report_interrupted, report_trend_error, report_usage
from trend_platform.cli.groups import show_help
from trend_platform.cli.verbs import VERBS, Verb
from trend_platform.errors import TrendError

if TYPE_CHECKING:
    # Typer carries its own copy of Click, whose names only the type checker needs.
    from typer._click.core import Command, Context

    from trend_platform.cli.session import Session


class Verbs(TyperGroup):
    """The root of the command line: lists stand-ins, and imports a verb when it is called."""

    def list_commands(self, ctx: Context) -> list[str]:  # noqa: ARG002  the signature is Typer's
        """Return the names of the verbs in the order of help."""
        return list(self.commands)

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        """Find the verb that is called, and put the real one in the place of its stand-in."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, _load(VERBS[name]) if name and command else None, rest


def build_app() -> TyperGroup:
    """Return the command line with stand-ins for its verbs."""
    app = typer.Typer(cls=Verbs, name="trend", rich_markup_mode="rich", pretty_exceptions_enable=False)
    app.callback(invoke_without_command=True)(_root)
    root = typer.main.get_command(app)
    assert isinstance(root, Verbs)  # noqa: S101  tells the type checker what `cls` above makes true
    root.commands = {
        verb.name: TyperCommand(verb.name, help=verb.summary, rich_help_panel=verb.panel) for verb in VERBS.values()
    }
    return root


def run(arguments: Sequence[str], session: Session | None = None) -> int:
    """Run one command line and return its exit code; errors are reported on stderr.

    Args:
        arguments: What was typed after `trend`.
        session: What the verbs work with; this machine's own if `None`.
    """
    as_json = "--json" in arguments
    try:
        code = build_app().main(args=list(arguments), prog_name="trend", standalone_mode=False, obj=session)
        sys.stdout.flush()
    except TrendError as error:
        return report_trend_error(error, as_json=as_json)
    except typer.TyperException as error:
        return report_usage(error, as_json=as_json)
    except (KeyboardInterrupt, typer.Abort):
        return report_interrupted(as_json=as_json)
    except (ReaderGone, BrokenPipeError):
        return _leave_pipe()
    if code == ExitCode.INTERRUPTED:
        return report_interrupted(as_json=as_json)
    return int(code or ExitCode.DONE)


def main() -> None:
    """Run the command line of this process."""
    sys.exit(run(sys.argv[1:]))


def _root(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and leave.")] = False,
) -> None:
    """Market data that is asked for once, proved complete, and served hot."""
    if version:
        typer.echo(f"trend {__version__}")
        raise typer.Exit
    show_help(ctx)


def _load(verb: Verb) -> Command:
    found: typer.Typer | Callable[..., None] = getattr(
        import_module(f"trend_platform.cli.{verb.module}"), verb.attribute
    )
    if isinstance(found, typer.Typer):
        command = typer.main.get_command(found)
    else:
        app = typer.Typer(add_completion=False, rich_markup_mode="rich")
        app.command(verb.name)(found)
        command = typer.main.get_command(app)
    command.name = verb.name
    return command


def _leave_pipe() -> ExitCode:
    # The reader has gone; what Python still holds for it must not raise again while the process ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return ExitCode.BROKEN_PIPE
