"""`trend quarantine`: rows that were set aside, why, and what people decide about them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated

import polars as pl
import typer

from trend_platform.cli.arguments import JsonOption, SymbolsArgument, read_symbols
from trend_platform.cli.exits import ExitCode
from trend_platform.cli.groups import verb_group
from trend_platform.cli.output import Output
from trend_platform.cli.prices import say_simulated
from trend_platform.cli.session import session_of
from trend_platform.domain.intervals import Interval
from trend_platform.domain.quarantine import Aside
from trend_platform.domain.timeframes import Timeframe, parse_timeframe
from trend_platform.errors import UsageError
from trend_platform.ingest.quarantine import Decided, drop, releasable, release
from trend_platform.ingest.workshop import Workshop
from trend_platform.quality.rules.catalogue import RULES
from trend_platform.storage.quarantine import Chosen
from trend_platform.wording import counted

app = verb_group("List, explain, release or drop rows that were set aside.")

IdsArgument = Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help="Numbers that `list` shows.")]
RuleOption = Annotated[str | None, typer.Option(help="Only rows struck by this rule.")]
TimeframeOption = Annotated[str | None, typer.Option(help="Such as 1d or 1h; `quote` for latest prices.")]
_BESIDE = 3


@app.command("list")
def list_(
    ctx: typer.Context,
    symbols: SymbolsArgument = None,
    timeframe: TimeframeOption = None,
    rule: RuleOption = None,
    every: Annotated[bool, typer.Option("--all", help="Also rows somebody has decided about.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="Rows shown, the newest first.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """Show rows that were set aside and wait for a decision, with the rule that struck them.

    Example: `trend quarantine list AAPL --rule spike`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    with session.workshop(ready=()) as workshop:
        names = _names(workshop)
        chosen = [one.instrument_id for one in workshop.select(read_symbols(symbols))] if symbols else []
        rows = workshop.storage.quarantine.rows(
            Chosen(instrument_ids=chosen, timeframe=_timeframe(timeframe), rule=rule, undecided=not every)
        )
        kind = workshop.storage.market.kind
    # Rows without a readable time come first: nobody would find them at a day.
    newest = _named(rows, names).sort("opened_at", descending=True, nulls_last=False, maintain_order=True).head(limit)
    by_rule = dict(rows["rule"].value_counts(sort=True).iter_rows())
    if as_json:
        out.json({"prices": kind.value, "rows": rows.height, "by_rule": by_rule, "shown": newest.to_dicts()})
        return
    say_simulated(out, kind)
    time = pl.col("opened_at").dt.strftime("%Y-%m-%d %H:%M").fill_null("unreadable")
    shown = newest.select("quarantine_id", "symbol", "timeframe", time, "rule", "reason", "provider", "decision")
    if rows.height:
        out.table("Rows set aside, the newest first", ["id", *shown.columns[1:]], shown.rows())
    counts = ", ".join(f"{name} {count:,}" for name, count in by_rule.items())
    waiting = "set aside" if every else "set aside and waiting"
    out.say(f"{counted(rows.height, 'row is', 'rows are')} {waiting}{': ' + counts if counts else ''}.")


@app.command("explain")
def explain(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="The number that `list` shows.")],
    as_json: JsonOption = False,
) -> None:
    """Tell why one row was set aside, what it said, what is stored around it, and what a release would do.

    Example: `trend quarantine explain 17`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    with session.workshop(ready=()) as workshop:
        rows = workshop.storage.quarantine.rows(Chosen(ids=[number]))
        if rows.is_empty():
            raise UsageError(f"no row set aside has the number {number}: `trend quarantine list` shows them")
        _, refused = releasable(workshop, rows)
        row = _named(rows, _names(workshop)).row(0, named=True)
        beside = _beside(workshop, rows.row(0, named=True))
        kind = workshop.storage.market.kind
    rule = next((one for one in RULES if one.id == row["rule"]), None)
    if as_json:
        told = {"sentence": rule and rule.sentence, "stored_beside": beside.to_dicts(), "refused": refused.get(number)}
        out.json({"prices": kind.value, **row, **told})
        return
    say_simulated(out, kind)
    _show(out, row, beside, refused.get(number))


@app.command("release")
def release_(
    ctx: typer.Context,
    ids: IdsArgument = None,
    rule: RuleOption = None,
    symbols: Annotated[
        list[str] | None, typer.Option("--symbol", help="With --rule: only rows of this symbol.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Decide that rows are right: store their candles, close their holes; safe to repeat.

    Example: `trend quarantine release 17 18`, or `trend quarantine release --rule unexplained_jump --symbol AAPL`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    with session.workshop(ready=()) as workshop:
        decided = release(workshop, _ids(workshop, ids, rule, symbols))
    _report(out, decided)


@app.command("drop")
def drop_(
    ctx: typer.Context,
    ids: IdsArgument = None,
    rule: RuleOption = None,
    symbols: Annotated[
        list[str] | None, typer.Option("--symbol", help="With --rule: only rows of this symbol.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Decide that rows are wrong: they are kept as a record and wait no longer; safe to repeat.

    Example: `trend quarantine drop 17 18`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    with session.workshop(ready=()) as workshop:
        decided = drop(workshop, _ids(workshop, ids, rule, symbols))
    _report(out, decided)


def _ids(workshop: Workshop, ids: list[int] | None, rule: str | None, symbols: list[str] | None) -> list[int]:
    if ids and (rule or symbols):
        raise UsageError("name rows by their numbers or by --rule, not by both")
    if ids or not rule:
        return sorted(set(ids or ()))
    chosen = [one.instrument_id for one in workshop.select(read_symbols(symbols))] if symbols else []
    rows = workshop.storage.quarantine.rows(Chosen(instrument_ids=chosen, rule=rule, undecided=True))
    return [int(one) for one in rows["quarantine_id"]]


def _report(out: Output, decided: Decided) -> None:
    if out.as_json:
        out.json(decided.as_dict())
    done, upserted = decided.decision.value, decided.upserted
    stored = f" ({upserted.inserted} new, {upserted.corrected} corrected)" if decided.run_id is not None else ""
    out.say(
        f"{counted(len(decided.rows), 'row')} {done}{stored}; {counted(len(decided.already), 'was', 'were')} {done} before."
    )
    for number, why in decided.refused.items():
        out.say(f"{number} stays as it is: {why}", "yellow")
    if decided.refused:
        raise typer.Exit(ExitCode.FAILED)


def _show(out: Output, row: Mapping[str, object], beside: pl.DataFrame, refusal: str | None) -> None:
    out.say(f"{row['quarantine_id']}: {row['symbol']} {row['timeframe']} {_when(row['opened_at'])}", "bold")
    out.say(f"{row['rule']}: {row['reason']}")
    out.say(f"{row['provider']} sent it, fetched {_when(row['fetched_at'])}, set aside by run {row['run_id']}")
    out.say(f"It said: {row['payload']}")
    if beside.height:
        rows = [(f"{opened_at:%Y-%m-%d %H:%M}", *rest) for opened_at, *rest in beside.iter_rows()]
        out.table("Stored around it, UTC", beside.columns, rows)
    if row["decision"]:
        out.say(f"It was {row['decision']} at {_when(row['decided_at'])}.")
    elif refusal:
        out.say(f"It cannot be released: {refusal}")
    else:
        out.say(f"`trend quarantine release {row['quarantine_id']}` stores it; `drop` keeps it as a record.")
    out.say(f"About the rule: docs/reference/rules.md#{row['rule']}")


def _beside(workshop: Workshop, row: Mapping[str, object]) -> pl.DataFrame:
    one, opened_at, timeframe = row["instrument_id"], row["opened_at"], row["timeframe"]
    candles = pl.DataFrame()
    if isinstance(one, int) and isinstance(opened_at, datetime) and timeframe in set(Timeframe):
        length = Timeframe(str(timeframe))
        reach = timedelta(days=4) if length.is_intraday else timedelta(days=120)
        around = workshop.storage.market.candles([one], length, Interval(opened_at - reach, opened_at + reach))
        candles = pl.concat(
            [
                around.filter(pl.col("opened_at") <= opened_at).tail(_BESIDE),
                around.filter(pl.col("opened_at") > opened_at).head(_BESIDE),
            ]
        ).select("opened_at", "open", "high", "low", "close", "volume", "provider")
    return candles


def _when(at: object) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if isinstance(at, datetime) else "without a readable time"


def _names(workshop: Workshop) -> dict[int, str]:
    return {one.instrument_id: one.symbol for one in workshop.storage.universe.instruments()}


def _named(rows: pl.DataFrame, names: Mapping[int, str]) -> pl.DataFrame:
    symbol = pl.col("instrument_id").replace_strict(names, default=None, return_dtype=pl.String).alias("symbol")
    return rows.with_columns(symbol).drop("instrument_id")


def _timeframe(text: str | None) -> str | None:
    if text is None or text.strip().lower() == Aside.QUOTE:
        return text and Aside.QUOTE.value
    return parse_timeframe(text).value
