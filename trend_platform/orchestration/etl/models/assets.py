"""The models as one asset step: dbt builds what is selected and tests it, and what it reports becomes Dagster's.

What does not belong here: how dbt is started, and what the models mean; that is in the project.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
from dagster_dbt import DagsterDbtCliRuntimeError, dbt_assets

from trend_platform.local import dbt, dbt_run
from trend_platform.orchestration.etl.models.config import ModelsConfig
from trend_platform.orchestration.etl.models.invocation import Models, Reported
from trend_platform.orchestration.etl.models.keys import DOCS, MODELS, POOL
from trend_platform.orchestration.etl.models.translator import ModelTranslator
from trend_platform.orchestration.failures import failing_clearly
from trend_platform.orchestration.metadata import PRICES, link
from trend_platform.orchestration.resources import WorkshopSource


def model_assets(project: Path, ready: dbt.Prepared) -> dg.AssetsDefinition:
    """Return the step that builds the models of a project.

    Args:
        project: The dbt project.
        ready: What is prepared of it.
    """
    made = Models(project, json.loads(ready.manifest.read_bytes()), ModelTranslator())

    @dbt_assets(manifest=made.manifest, dagster_dbt_translator=made.translator, name=MODELS, pool=POOL)
    def models(
        context: dg.AssetExecutionContext, config: ModelsConfig, workshops: dg.ResourceParam[WorkshopSource]
    ) -> Iterator[Reported]:
        """Build the selected models, and test them."""
        with failing_clearly(context.retry_number):
            with workshops.read() as workshop:
                prices = PRICES[workshop.storage.market.kind]
            yield from _built(context, made, config, workshops, prices)

    return models


def _built(
    context: dg.AssetExecutionContext, made: Models, config: ModelsConfig, workshops: WorkshopSource, prices: str
) -> Iterator[Reported]:
    database, docs = workshops.market_database(), link(workshops.settings().docs_url, DOCS)
    with dbt_run.alone(database) as connection:
        try:
            for event in made.build(context, database, config.options()):
                if isinstance(event, dg.Output):
                    rows = dbt_run.row_count(connection, event.output_name)
                    about = {"prices": prices, "docs": docs, "dagster/row_count": rows}
                    context.add_output_metadata(about, output_name=event.output_name)
                yield event
        except DagsterDbtCliRuntimeError as error:
            raise dg.Failure(f"dbt did not build everything: {error.description}", allow_retries=False) from error
