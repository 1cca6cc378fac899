"""The op of this folder: the recent tail is asked again, and its metadata says what providers changed."""

import dagster as dg

from trend_platform.ingest.restate import Restatement, restate
from trend_platform.ingest.workshop import drive
from trend_platform.orchestration.etl.keys import HISTORY_POOL
from trend_platform.orchestration.etl.restating.config import RestateConfig
from trend_platform.orchestration.failures import failing_clearly
from trend_platform.orchestration.resources import WorkshopSource
from trend_platform.orchestration.tables import markdown

_HEADER = (
    "provider",
    "timeframe",
    "compared",
    "changed",
    "prices changed",
    "share",
    "largest",
    "most changed",
    "failed",
)


@dg.op(
    name="ask_again",
    pool=HISTORY_POOL,
    description="Ask again for candles of the last days, as far back as the setting `restate.days` says, of whoever served "
    "them. Old values of what has changed are kept.",
)
def ask_again(
    context: dg.OpExecutionContext, config: RestateConfig, workshops: dg.ResourceParam[WorkshopSource]
) -> None:
    """Take in what providers corrected, and measure how much it was."""
    settings = workshops.settings().restate
    with failing_clearly(context.retry_number), workshops.open() as workshop:
        done = drive(workshop, restate(workshop, settings, workshop.select(config.symbols), config.lengths()))
    for one in done.answers:
        if one.is_alarming:
            context.log.warning(
                "%s changed %d of %d final %s candles", one.provider, one.repriced, one.compared, one.timeframe
            )
    context.add_output_metadata(restatement_metadata(done))


def restatement_metadata(done: Restatement) -> dict[str, dg.MetadataValue]:
    """Return what was asked again, and what changed."""
    rows = [
        (
            *(one.provider, one.timeframe.value, one.compared, one.changed, one.repriced),
            *(f"{one.share:.2%}", f"{one.largest:.2%}", ", ".join(one.symbols), ", ".join(one.failed)),
        )
        for one in done.answers
    ]
    return {
        "candles compared": dg.MetadataValue.int(sum(one.compared for one in done.answers)),
        "candles changed": dg.MetadataValue.int(sum(one.changed for one in done.answers)),
        "prices changed": dg.MetadataValue.int(sum(one.repriced for one in done.answers)),
        "by provider": dg.MetadataValue.md(markdown(_HEADER, rows)),
        "not at hand": dg.MetadataValue.text(", ".join(done.absent) or "none"),
    }
