"""The ops of the nightly upkeep: they drop what has been kept long enough and settle what was left forming.

Ops and not assets: what they leave behind is that nothing is left behind. History itself is never dropped.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

import dagster as dg

from trend_platform.ingest.upkeep import Upkeep, upkeep
from trend_platform.ingest.workshop import drive
from trend_platform.orchestration.failures import failing_clearly
from trend_platform.orchestration.metadata import verdict
from trend_platform.orchestration.resources import WorkshopSource
from trend_platform.orchestration.tables import counts_table, failures_table
from trend_platform.settings import RetentionSettings

if TYPE_CHECKING:
    from trend_platform.orchestration.purge import Purged


@dg.op(
    name="drop_old_rows",
    description="Drop quotes, news, social posts, records of short ingest runs, closed incidents and archived answers by age, and "
    "cache keys of symbols that left; then ask again for candles that were left forming.",
)
def drop_old_rows(context: dg.OpExecutionContext, workshops: dg.ResourceParam[WorkshopSource]) -> None:
    """Keep the market's database and cache small, and catch up."""
    retention = workshops.settings().retention
    with failing_clearly(context.retry_number), workshops.open() as workshop:
        done = drive(workshop, upkeep(workshop, retention))
    context.add_output_metadata(upkeep_metadata(done, retention, workshops.settings().archive.retention_days))


@dg.op(
    name="purge_minute_runs",
    description="Drop Dagster's runs and events of the minute lanes by age; runs of history stay, since partition status is read "
    "from their events.",
)
def purge_minute_runs(context: dg.OpExecutionContext, workshops: dg.ResourceParam[WorkshopSource]) -> None:
    """Keep Dagster's own database small."""
    from trend_platform.orchestration.purge import purge_runs  # noqa: PLC0415  its driver is not part of this location's start

    days = workshops.settings().retention.minute_runs_days
    with failing_clearly(context.retry_number):
        gone = purge_runs(workshops.dagster_database().get_secret_value(), workshops.clock.now() - timedelta(days=days))
    context.add_output_metadata(purge_metadata(gone, days))


def upkeep_metadata(done: Upkeep, retention: RetentionSettings, answers_days: int) -> dict[str, dg.MetadataValue]:
    """Return what went from the market's database and cache, and what the catch-up did."""
    rows: dict[str, dg.MetadataValue] = {
        f"quotes older than {retention.quotes_days} days": dg.MetadataValue.int(done.quotes),
        f"run records older than {retention.run_records_days} days": dg.MetadataValue.int(done.run_records),
        f"incidents closed {retention.incidents_days} days ago": dg.MetadataValue.int(done.incidents),
        f"news older than {retention.news_days} days": dg.MetadataValue.int(done.stories),
        f"social posts older than {retention.social_days} days": dg.MetadataValue.int(done.posts),
        "cache keys without a symbol": dg.MetadataValue.int(done.orphan_keys),
        f"archived answers older than {answers_days} days": dg.MetadataValue.int(done.answers),
    }
    outcome = done.caught_up
    if outcome is None:
        return {**rows, "catch-up": dg.MetadataValue.text("nothing was left forming")}
    caught_up = {
        "catch-up": dg.MetadataValue.text(verdict(outcome.accounts)),
        "candles completed": dg.MetadataValue.int(outcome.upserted.completed),
        "candles inserted": dg.MetadataValue.int(outcome.upserted.inserted),
        "calls by provider": dg.MetadataValue.md(counts_table(outcome.calls, "provider")),
    }
    failures = {"failed symbols": dg.MetadataValue.md(failures_table(outcome.failures))} if outcome.failures else {}
    return {**rows, **caught_up, **failures}


def purge_metadata(gone: "Purged", days: int) -> dict[str, dg.MetadataValue]:
    """Return what went from Dagster's database."""
    return {
        f"runs older than {days} days": dg.MetadataValue.int(gone.runs),
        "their events": dg.MetadataValue.int(gone.events),
        "their checks": dg.MetadataValue.int(gone.checks),
    }
