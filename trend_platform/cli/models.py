"""`trend models`: what is made of stored candles, built and tested by dbt; Dagster does the same after each history run."""

from typing import Annotated

import typer

from trend_platform.cli.arguments import JsonOption
from trend_platform.cli.exits import ExitCode
from trend_platform.cli.groups import verb_group
from trend_platform.cli.output import Output
from trend_platform.cli.session import session_of
from trend_platform.local import dbt, dbt_run
from trend_platform.wording import counted

app = verb_group("Build and test what is made of candles: returns, weeks, trends.")

_Names = Annotated[
    list[str] | None, typer.Argument(help="Models or tests, such as daily_returns; all if none is named.")
]


@app.command("build")
def build(
    ctx: typer.Context,
    names: _Names = None,
    full_refresh: Annotated[bool, typer.Option(help="Throw the tables away and make them anew.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Build models in schema `analytics` and test them. Exit code 1: one could not be built, or a test failed.

    Example: `trend models build`
    """
    _run(ctx, names, "build", ["--full-refresh"] if full_refresh else [], as_json=as_json)


@app.command("test")
def check(ctx: typer.Context, names: _Names = None, as_json: JsonOption = False) -> None:
    """Test what was built, and build nothing. Exit code 1: a test failed.

    Example: `trend models test trend_signals`
    """
    _run(ctx, names, "test", [], as_json=as_json)


@app.command("prepare")
def prepare(as_json: JsonOption = False) -> None:
    """Parse the models once, so that Dagster need not: what installing and `trend up` do, and nothing to do is fine.

    Example: `trend models prepare`
    """
    ready, out = dbt.prepared(), Output(as_json=as_json)
    if as_json:
        out.json({"folder": str(ready.folder)})
    out.say(f"The models are prepared in {ready.folder}.")


def _run(ctx: typer.Context, names: list[str] | None, verb: str, options: list[str], *, as_json: bool) -> None:
    out, found = Output(as_json=as_json), session_of(ctx).connections
    chosen = ["--select", *names] if names else []
    done = dbt_run.build(found.database_url, [*options, *chosen], verb)
    bad = [one for one in done if not one.is_good]
    if as_json:
        results = [
            {"name": one.name, "kind": one.kind, "status": one.status, "seconds": one.seconds, "message": one.message}
            for one in done
        ]
        out.json({"mode": found.mode.value, "is_good": not bad, "results": results})
    told = [one for one in done if one.kind == "model" or one.status != "pass"]
    rows = [(one.name, one.kind, one.status, one.seconds, one.message) for one in told]
    if rows:
        out.table("", ("name", "kind", "status", "seconds", "what dbt says"), rows)
    tests = sum(one.kind == "test" for one in done)
    out.say(f"{counted(len(done) - tests, 'model')} and {counted(tests, 'test')} ({found.mode.value} prices).")
    if bad or not done:
        said = ", ".join(one.name for one in bad) or "nothing has these names"
        out.say(f"Not good: {said}.", "red")
        raise typer.Exit(ExitCode.FAILED)
