"""`trend db`: the database's schema, the truth of its ledger, and its upkeep."""

import typer

from trend_platform.cli.arguments import JsonOption
from trend_platform.cli.db_check import check
from trend_platform.cli.db_purge import purge
from trend_platform.cli.groups import verb_group
from trend_platform.cli.output import Output
from trend_platform.cli.prices import price_kind
from trend_platform.cli.session import session_of
from trend_platform.local import urls
from trend_platform.storage.timescale.migrate import migrate

app = verb_group("Migrate, check or purge the database.")
app.command("check")(check)
app.command("purge")(purge)


@app.command("migrate")
def migrate_(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """Bring the schema to this version; safe to repeat, and nothing to do is fine.

    Example: `trend db migrate`
    """
    out, found = Output(as_json=as_json), session_of(ctx).connections
    kind = price_kind(found.mode)
    done = migrate(found.database_url, kind)
    if as_json:
        out.json(
            {
                "database": urls.address(found.database_url),
                "prices": kind.value,
                "applied": list(done.applied),
                "hypertables": list(done.hypertables),
                "server": str(done.features),
            }
        )
    applied = f"applied {', '.join(done.applied)}" if done.applied else "the schema was current"
    out.say(f"{urls.address(found.database_url)} ({kind.value} prices): {applied}")
    out.say(str(done.features))
