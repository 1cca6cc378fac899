"""`trend cache`: the hot copies in Redis; everything in it can be had from the database again."""

from dataclasses import asdict

import typer

from trend_platform.cli.arguments import JsonOption
from trend_platform.cli.exits import ExitCode
from trend_platform.cli.groups import verb_group
from trend_platform.cli.output import Output
from trend_platform.cli.session import session_of
from trend_platform.ingest.rebuild import rebuild_cache
from trend_platform.wording import counted

app = verb_group("Write the hot copies in Redis anew.")


@app.command("rebuild")
def rebuild(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """Write everything readers find in Redis anew from the database. Exit code 1: Redis did not take it.

    Readers get right answers without it, only slower; after Redis was lost, this makes them fast at once.

    Example: `trend cache rebuild`
    """
    out = Output(as_json=as_json)
    with session_of(ctx).workshop(ready=()) as workshop:
        done = rebuild_cache(workshop)
    if as_json:
        out.json(asdict(done))
    out.say(
        f"Written from the database: {done.series:,} range series, {counted(done.hourly, 'hourly chart')}, "
        f"{counted(done.prices, 'latest price')}."
    )
    if done.skipped:
        out.say(
            f"The cache did not take {done.skipped:,} of them: is it up? See `trend status`. Readers use the database.",
            "red",
        )
        raise typer.Exit(ExitCode.FAILED)
