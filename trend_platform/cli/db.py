"""`trend db`: the database's schema, the truth of its ledger, its upkeep, and the rows that were set aside."""

from datetime import UTC, datetime
from typing import Annotated

import polars as pl
import typer

from trend_platform.cli.arguments import JsonOption, SymbolsArgument, read_symbols
from trend_platform.cli.db_check import check
from trend_platform.cli.db_purge import purge
from trend_platform.cli.groups import verb_group
from trend_platform.cli.output import Output
from trend_platform.cli.prices import price_kind
from trend_platform.cli.session import session_of
from trend_platform.domain.intervals import Interval
from trend_platform.domain.quarantine import Aside
from trend_platform.domain.timeframes import Timeframe, parse_timeframe
from trend_platform.local import urls
from trend_platform.storage.timescale.migrate import migrate
from trend_platform.wording import counted

app = verb_group("Migrate, check or purge the database; show rows set aside.")
app.command("check")(check)
app.command("purge")(purge)

_ALL_TIME = Interval(datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


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


@app.command("quarantine")
def quarantine(
    ctx: typer.Context,
    symbols: SymbolsArgument = None,
    timeframe: Annotated[str, typer.Option(help="Such as 1d or 1h; `quote` for latest prices.")] = "1d",
    limit: Annotated[int, typer.Option(min=1, help="Rows shown, the newest first.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """Show rows that were set aside, with the rule that struck them and what they said.

    Example: `trend db quarantine AAPL --limit 10`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    length, chosen = _what(timeframe), read_symbols(symbols)
    with session.workshop(ready=()) as workshop:
        names = {one.instrument_id: one.symbol for one in workshop.select(chosen)}
        market = workshop.storage.market
        # Rows without a readable time come first: nobody would find them at a day.
        rows = pl.concat([market.unreadable(list(names), length), market.quarantined(list(names), length, _ALL_TIME)])
    newest = (
        rows.sort("opened_at", descending=True, nulls_last=False, maintain_order=True)
        .head(limit)
        .with_columns(symbol=pl.col("instrument_id").replace_strict(names, return_dtype=pl.String))
    )
    if as_json:
        out.json({"rows": rows.height, "by_rule": _by_rule(rows), "shown": newest.drop("instrument_id").to_dicts()})
        return
    time = pl.col("opened_at").dt.strftime("%Y-%m-%d %H:%M").fill_null("unreadable")
    shown = newest.select("symbol", time, "rule", "reason", "provider")
    if rows.height:
        out.table("Newest rows set aside", shown.columns, shown.rows())
    counts = ", ".join(f"{rule} {count:,}" for rule, count in _by_rule(rows).items())
    out.say(f"{counted(rows.height, 'row is', 'rows are')} set aside{': ' + counts if counts else ''}.")
    if rows.height:
        out.say("`--json` has what each of them said.")


def _what(text: str) -> Timeframe | Aside:
    return Aside.QUOTE if text.strip().lower() == Aside.QUOTE else parse_timeframe(text)


def _by_rule(rows: pl.DataFrame) -> dict[str, int]:
    counted = rows["rule"].value_counts(sort=True)
    return dict(counted.iter_rows())
