"""How dbt's models look in Dagster: where they belong, whose they are, what their page says."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings

from trend_platform.orchestration.etl.keys import OWNERS
from trend_platform.orchestration.etl.models.keys import GROUP

Properties = Mapping[str, Any]
"""What dbt's manifest says of one node; its shape is dbt's."""


class ModelTranslator(DagsterDbtTranslator):
    """Models in one group, tagged by their layer; sources are the assets that fill their tables."""

    def __init__(self) -> None:
        # Several tables of `market` are filled by one asset.
        super().__init__(
            DagsterDbtTranslatorSettings(enable_duplicate_source_asset_keys=True, enable_source_metadata=False)
        )

    def get_group_name(self, dbt_resource_props: Properties) -> str | None:
        """Return the group of a model; that of a source is its own asset's business."""
        return GROUP if dbt_resource_props["resource_type"] == "model" else None

    def get_owners(self, dbt_resource_props: Properties) -> list[str]:  # noqa: ARG002  the signature is the base class's
        """Return whom to wake."""
        return OWNERS

    def get_tags(self, dbt_resource_props: Properties) -> Mapping[str, str]:
        """Return the layer: the folder the model is in."""
        return {"layer": PurePosixPath(dbt_resource_props["original_file_path"]).parent.name}

    def get_description(self, dbt_resource_props: Properties) -> str:
        """Return what the model holds, without its SQL: that is in the project."""
        return str(dbt_resource_props.get("description") or "")
