"""Run config of the models: what a person can say in the launchpad."""

import dagster as dg
from pydantic import Field


class ModelsConfig(dg.Config):
    """How to build them."""

    full_refresh: bool = Field(
        default=False, description="Throw the tables away and make them anew; the result is the same, only slower."
    )

    def options(self) -> list[str]:
        """Return what that means on dbt's command line."""
        return ["--full-refresh"] if self.full_refresh else []
