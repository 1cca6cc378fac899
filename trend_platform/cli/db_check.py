"""`trend db check`: whether the schema is this version's, and whether the ledger says what the rows say. Reads only."""

from collections.abc import Sequence

import typer

from trend_platform.cli.arguments import JsonOption
from trend_platform.cli.exits import ExitCode
from trend_platform.cli.output import Output
from trend_platform.cli.session import Session, session_of
from trend_platform.local import urls
from trend_platform.storage.differences import Difference
from trend_platform.storage.timescale.migrate import pending_at


def check(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """Check that the schema is current, and that the ledger says what the rows say. Exit code 1: one of them is not so.

    Example: `trend db check`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    lacking = pending_at(session.connections.database_url)
    differences = () if lacking else _differences(session)
    if as_json:
        out.json({"lacking": list(lacking), "differences": [_as_dict(one) for one in differences]})
    else:
        _show(out, urls.address(session.connections.database_url), lacking, differences)
    if lacking or differences:
        raise typer.Exit(ExitCode.FAILED)


def _differences(session: Session) -> tuple[Difference, ...]:
    with session.workshop(ready=()) as workshop:
        storage = workshop.storage
        return storage.coverage.differences(storage.universe.instruments())


def _show(out: Output, place: str, lacking: Sequence[str], differences: Sequence[Difference]) -> None:
    if lacking:
        out.say(f"{place} lacks {', '.join(lacking)}: run `trend db migrate`.", "red")
        return
    out.say(f"{place}: the schema is current.")
    if not differences:
        out.say("The ledger accounts for exactly the rows that are stored.", "green")
        return
    rows = [(one.symbol, one.timeframe.value, str(one.interval), one.expected, one.stored) for one in differences]
    out.table("The ledger and the rows differ", ("symbol", "timeframe", "span", "accounted for", "stored"), rows)
    out.say("`trend backfill RANGE SYMBOL --refresh` over such a span makes both true again.", "red")


def _as_dict(one: Difference) -> dict[str, object]:
    return {
        "symbol": one.symbol,
        "timeframe": one.timeframe.value,
        "start": one.interval.start.isoformat(),
        "end": one.interval.end.isoformat(),
        "accounted_for": one.expected,
        "stored": one.stored,
    }
