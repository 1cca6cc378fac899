"""`trend economic`: economic series with every value that was ever published of them."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

import polars as pl
import typer

from trend_platform.cli.arguments import JsonOption, read_day
from trend_platform.cli.exits import ExitCode
from trend_platform.cli.groups import verb_group
from trend_platform.cli.output import Output
from trend_platform.cli.readings_report import failure_rows, show_calls
from trend_platform.cli.session import session_of
from trend_platform.domain.economy import EconomicSeries, as_known_on
from trend_platform.errors import UsageError
from trend_platform.ingest.economy import refresh_economy
from trend_platform.ingest.economy_outcome import EconomyOutcome
from trend_platform.ingest.releases import next_look
from trend_platform.ingest.workshop import Workshop, drive
from trend_platform.wording import counted

app = verb_group("Fetch or show economic series, every revision kept.")

SeriesArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[SERIES]...", help="FRED's ids such as GDP; those of the settings if none."),
]
_SHOWN = 12


@app.command("fetch")
def fetch(
    ctx: typer.Context,
    series: SeriesArgument = None,
    force: Annotated[bool, typer.Option("--force", help="Ask although no release is due.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Ask for the series whose release is due, and keep every vintage. Exit code 3: done, and some could not be had.

    Example: `trend economic fetch GDP UNRATE`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    wanted = _read_series(series) or session.settings.sources.fred.series
    with session.workshop(ready=()) as workshop:
        outcome = drive(workshop, refresh_economy(workshop, wanted, force=force))
    if as_json:
        out.json(outcome.as_dict())
    else:
        _show_outcome(out, outcome, session.settings.sources.fred.series)
    if outcome.missing:
        raise typer.Exit(ExitCode.HOLES)


@app.command("show")
def show(
    ctx: typer.Context,
    series: Annotated[
        str | None, typer.Argument(metavar="[SERIES]", help="Such as GDP; a list of all if none.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="The values as they were known on that day.")
    ] = None,
    vintages: Annotated[bool, typer.Option("--vintages", help="Every value that was ever published.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="So many of the last rows.")] = _SHOWN,
    as_json: JsonOption = False,
) -> None:
    """Show what is stored of a series as it is known today, or as it was on a day; nobody outside is asked.

    Example: `trend economic show GDP --as-of 2024-03-15`
    """
    if vintages and as_of is not None:
        raise UsageError("--as-of shows one day and --vintages all of them; leave one of the two out")
    if series is None and (vintages or as_of is not None):
        raise UsageError("--as-of and --vintages show one series; name it, as in `trend economic show GDP`")
    session, out = session_of(ctx), Output(as_json=as_json)
    today = session.clock.now().date()
    day = today if as_of is None else read_day(as_of, "--as-of")
    if day > today:
        raise UsageError(f"--as-of {day} lies in the future: today is {today} (UTC), and nothing is known from then")
    with session.workshop(ready=()) as workshop:
        known = workshop.storage.economy.series()
        if series is None:
            _show_list(out, known, workshop)
            return
        about = _chosen(known, series)
        stored = workshop.storage.economy.observations(about.provider, about.series)
    rows = stored if vintages else as_known_on(stored, day)
    _show_series(out, about, rows.tail(limit), day, all_vintages=vintages)


def _read_series(series: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(word.strip().upper() for text in series or () for word in text.split(",") if word.strip())


def _chosen(known: Sequence[EconomicSeries], series: str) -> EconomicSeries:
    told = [one for one in known if one.series == series.strip().upper()]
    if not told:
        there = ", ".join(dict.fromkeys(one.series for one in known)) or "none"
        raise UsageError(
            f"nothing is stored of series {series.upper()}; stored: {there}. `trend economic fetch {series.upper()}` asks"
        )
    # FRED itself knows vintages; what its graphs showed stands in where there never was a key.
    return next((one for one in told if one.provider == "fred"), told[0])


def _show_outcome(out: Output, outcome: EconomyOutcome, kept: Sequence[str]) -> None:
    rows = [
        (one.series, one.provider, one.inserted, one.changed, one.unchanged, one.newest_observation, one.newest_vintage)
        for one in outcome.stored
    ]
    if rows:
        head = ("series", "source", "new", "changed", "unchanged", "newest period", "newest vintage")
        out.table("Economic series", head, rows)
    if outcome.waiting:
        waiting = [(series, f"{at:%Y-%m-%d %H:%M}") for series, at in outcome.waiting.items()]
        out.table("No release is due", ("series", "next look (UTC)"), waiting)
    if outcome.failures:
        out.table("Not served", ("series", "source", "what", "served by", "message"), failure_rows(outcome.failures))
    show_calls(out, outcome.calls, outcome.seconds)
    if outcome.missing:
        again = " The next hour asks again." if set(outcome.missing) <= set(kept) else ""
        out.say(f"Missing: {', '.join(outcome.missing)}.{again}", "red")
    elif outcome.asked:
        out.say("Complete: every series that was due is stored.", "green")
    else:
        out.say("Nothing was due; `--force` asks all the same.")


def _show_list(out: Output, known: Sequence[EconomicSeries], workshop: Workshop) -> None:
    now = workshop.clock.now()
    listed = [
        {
            "series": one.series,
            "provider": one.provider,
            "title": one.title,
            "units": one.units,
            "newest_observation": one.newest_observation,
            "newest_vintage": one.newest_vintage,
            "checked_at": one.checked_at,
            "next_look": next_look(one, now),
        }
        for one in known
    ]
    if out.as_json:
        out.json({"series": listed})
        return
    if not listed:
        out.say("No economic series is stored yet; `trend economic fetch` asks for those of the settings.")
        return
    rows = [
        (
            *(one.series, one.provider, one.title, one.units, one.newest_observation, one.newest_vintage),
            f"{next_look(one, now):%Y-%m-%d %H:%M}",
        )
        for one in known
    ]
    head = ("series", "source", "title", "units", "newest period", "newest vintage", "next look (UTC)")
    out.table("Economic series", head, rows)


def _show_series(out: Output, about: EconomicSeries, rows: pl.DataFrame, day: date, *, all_vintages: bool) -> None:
    if out.as_json:
        listed = rows.drop("provider", "series").to_dicts()
        named = {"series": about.series, "provider": about.provider, "title": about.title, "units": about.units}
        out.json({**named, "as_of": None if all_vintages else day, "observations": listed})
        return
    head = ("period from", "value", "believed from", "until")
    cells = [
        (
            row["observed_on"],
            row["value"],
            row["realtime_start"],
            "today" if row["realtime_end"].year == 9999 else row["realtime_end"],
        )
        for row in rows.iter_rows(named=True)
    ]
    units = f", {about.units}" if about.units else ""
    when = "every vintage" if all_vintages else f"as known on {day}"
    out.table(f"{about.series}: {about.title or about.provider}{units}, {when}", head, cells)
    if not cells and about.provider == "fredgraph":
        began = f"without a key vintages gather from the first fetch on; with FRED_API_KEY `trend economic fetch {about.series}`"
        out.say(f"What was known of {about.series} on {day} is not stored: {began} brings all.", "yellow")
    elif not cells:
        out.say(f"Nothing was known of {about.series} on {day}.", "yellow")
    elif about.provider == "fredgraph":
        said = counted(len(cells), "row")
        out.say(f"{said} without older vintages: FRED tells those with a key only (FRED_API_KEY).")
