"""Exit codes, and how an error becomes one line on stderr. No verb prints an error or chooses a code for one itself."""

import sys
from enum import IntEnum

import typer

from trend_platform.errors import AuthFailed, ConfigurationError, TrendError


class ExitCode(IntEnum):
    """What the shell learns of a verb; documented in `docs/reference/cli.md`."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    HOLES = 3
    INTERRUPTED = 130
    BROKEN_PIPE = 141


class ReaderGone(Exception):
    """Whoever read our output has gone, as `head` does when it has enough."""


def report_trend_error(error: TrendError, *, as_json: bool) -> ExitCode:
    """Write an error raised on purpose to stderr; return its exit code."""
    # A provider that lacks its key cannot be opened; one that refuses a key during a run is part of the outcome.
    is_setting = isinstance(error, ConfigurationError | AuthFailed)
    code = ExitCode.USAGE if is_setting else ExitCode.FAILED
    _write(type(error).__name__, str(error), code, as_json=as_json)
    return code


def report_usage(error: typer.TyperException, *, as_json: bool) -> ExitCode:
    """Write what Typer found wrong with the arguments to stderr, with where to look; return the exit code."""
    # Typer's usage errors carry the context they arose in; other ones do not.
    path = getattr(getattr(error, "ctx", None), "command_path", "trend")
    said = " ".join(error.format_message().split()).rstrip(".")
    _write("UsageError", f"{said}. See `{path} --help`.", ExitCode.USAGE, as_json=as_json)
    return ExitCode.USAGE


def report_interrupted(*, as_json: bool) -> ExitCode:
    """Write that the user stopped the verb; return the exit code."""
    message = "interrupted; what was finished stays, and the same command completes the rest"
    _write("Interrupted", message, ExitCode.INTERRUPTED, as_json=as_json)
    return ExitCode.INTERRUPTED


def _write(kind: str, message: str, code: ExitCode, *, as_json: bool) -> None:
    if as_json:
        import orjson  # noqa: PLC0415  errors are rare, `trend --help` is not

        body = {"error": {"kind": kind, "message": message, "exit_code": int(code)}}
        print(orjson.dumps(body).decode(), file=sys.stderr)  # noqa: T201  the one place errors are printed
    else:
        print(f"trend: {message}", file=sys.stderr)  # noqa: T201
