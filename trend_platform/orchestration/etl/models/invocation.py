"""One run of dbt for a step: started with what is selected, its report turned into Dagster's events as it comes.

Dagster's own resource would ask dbt for its version first, which asks the internet for newer ones, and would open the
profile in this process; so dbt is started here, with an environment of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtCliInvocation
from packaging.version import Version
from pydantic import SecretStr

from trend_platform.local import dbt

Reported = (
    dg.Output[None] | dg.AssetMaterialization | dg.AssetObservation | dg.AssetCheckResult | dg.AssetCheckEvaluation
)
"""What dbt's report becomes: outputs of models, results of checks, observations of tests that belong to no one model."""


@dataclass(frozen=True, slots=True)
class Models:
    """The models as they are prepared.

    Attributes:
        project: The dbt project.
        manifest: The manifest, read.
        translator: How its nodes look in Dagster.
    """

    project: Path
    manifest: Mapping[str, object]
    translator: DagsterDbtTranslator

    def build(
        self, context: dg.AssetExecutionContext, database: SecretStr, options: Sequence[str]
    ) -> Iterator[Reported]:
        """Build and test what the step is asked for, and yield what happens.

        Args:
            context: The step's.
            database: Where to.
            options: More arguments for dbt.

        Raises:
            DagsterDbtCliRuntimeError: A model could not be built, or a test of severity error failed.
        """
        with dbt.working_folder() as folder:
            arguments = [str(dbt.program()), "build", *options, *selection(context)]
            variables = dbt.environment(self.project, folder, dbt.database_variables(database))
            yield from DbtCliInvocation.run(
                args=arguments,
                env={**variables, "DBT_LOG_FORMAT": "json", "PYTHONUNBUFFERED": "1"},
                manifest=self.manifest,
                dagster_dbt_translator=self.translator,
                project_dir=self.project,
                target_path=folder,
                raise_on_error=True,
                context=context,
                adapter=None,
                cli_version=Version(version("dbt-core")),
            ).stream()


def selection(context: dg.AssetExecutionContext) -> list[str]:
    """Return how to name to dbt what a step is asked for: nothing where that is everything, else each model and test."""
    if not context.is_subset:
        return []
    models = [key.path[-1] for key in context.selected_asset_keys]
    tests = [key.name for key in context.selected_asset_check_keys]
    return ["--indirect-selection", "empty", "--select", *sorted({*models, *tests})]
