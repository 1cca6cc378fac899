"""`trend db purge`: the nightly upkeep of the market's database and cache, now and by hand."""

import typer

from trend_platform.cli.arguments import JsonOption
from trend_platform.cli.exits import ExitCode
from trend_platform.cli.outcome_report import outcome_json, show_outcome
from trend_platform.cli.output import Output
from trend_platform.cli.session import session_of
from trend_platform.ingest.upkeep import Upkeep, upkeep
from trend_platform.ingest.workshop import drive
from trend_platform.settings import RetentionSettings


def purge(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """Drop what is older than the settings keep it, and bring candles to their end that were left forming.

    Candles, coverage and revisions are never dropped. The job `maintenance` does this each night, and also purges
    Dagster's own runs of the minute loop. Exit code 3: done, with unexplained holes.

    Example: `trend db purge`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    kept = session.settings.retention
    with session.workshop() as workshop:
        done = drive(workshop, upkeep(workshop, kept))
    if as_json:
        out.json(_as_dict(done))
    else:
        _show(out, done, kept, session.settings.archive.retention_days)
    if done.caught_up and not done.caught_up.is_complete:
        raise typer.Exit(ExitCode.HOLES)


def _as_dict(done: Upkeep) -> dict[str, object]:
    return {
        "quotes": done.quotes,
        "run_records": done.run_records,
        "incidents": done.incidents,
        "orphan_keys": done.orphan_keys,
        "answers": done.answers,
        "stories": done.stories,
        "posts": done.posts,
        "caught_up": done.caught_up and outcome_json(done.caught_up),
    }


def _show(out: Output, done: Upkeep, kept: RetentionSettings, answers_days: int) -> None:
    rows = [
        ("quotes", done.quotes, f"older than {kept.quotes_days:,} days; the newest of each instrument stays"),
        ("run records", done.run_records, f"of the minute loop, older than {kept.run_records_days:,} days"),
        ("incidents", done.incidents, f"over for more than {kept.incidents_days:,} days"),
        ("cache keys", done.orphan_keys, "of symbols that are not kept any more"),
        ("news", done.stories, f"published more than {kept.news_days:,} days ago"),
        ("social posts", done.posts, f"posted more than {kept.social_days:,} days ago"),
        ("archived answers", done.answers, f"of providers, older than {answers_days:,} days"),
    ]
    out.table("Dropped", ("", "dropped", ""), rows)
    if done.caught_up is None:
        out.say("No candle was left forming after its session.")
    else:
        show_outcome(out, outcome_json(done.caught_up))
