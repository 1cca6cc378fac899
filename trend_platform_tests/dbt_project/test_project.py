"""The project as dbt reads it: what it promises of its sources and models holds without a database."""

import json

import pytest

from trend_platform.domain.coverage import GapReason
from trend_platform.local import dbt
from trend_platform.storage.timescale.tables import metadata

MANIFEST = json.loads(dbt.prepared().manifest.read_bytes())
MODELS = {node["name"]: node for node in MANIFEST["nodes"].values() if node["resource_type"] == "model"}
TABLES = {name: node for name, node in MODELS.items() if node["config"]["materialized"] != "ephemeral"}


def test_sources_are_tables_of_the_market_and_fresh_candles_are_expected() -> None:
    sources = {node["name"]: node for node in MANIFEST["sources"].values()}
    assert {f"{node['schema']}.{name}" for name, node in sources.items()} <= set(metadata.tables)
    freshness = sources["candles_daily"]["freshness"]
    assert (freshness["warn_after"]["count"], freshness["error_after"]["count"]) == (4, 8)


def test_everything_is_written_to_one_schema_and_nothing_there_depends_on_the_market() -> None:
    assert {node["schema"] for node in TABLES.values()} == {"analytics"}
    # A view would keep migrations from changing the tables it reads.
    assert {node["config"]["materialized"] for node in MODELS.values()} == {"ephemeral", "table", "incremental"}


def test_what_has_many_rows_is_written_by_differences() -> None:
    incremental = {name for name, node in TABLES.items() if node["config"]["materialized"] == "incremental"}
    assert incremental == {"daily_returns", "weekly_candles", "monthly_candles"}
    assert {TABLES[name]["config"]["incremental_strategy"] for name in incremental} == {"differences"}


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_model_and_column_is_described_and_its_key_tested(name: str) -> None:
    columns = TABLES[name]["columns"].values()
    assert TABLES[name]["description"]
    assert [column["name"] for column in columns if not (column["description"] and column["data_type"])] == []
    tests = [node for node in MANIFEST["nodes"].values() if node.get("attached_node") == TABLES[name]["unique_id"]]
    assert "unique_together" in {test["test_metadata"]["name"] for test in tests}


def test_the_reasons_that_explain_nothing_are_those_of_the_domain() -> None:
    sql = MODELS["data_coverage"]["raw_code"]
    unexplained = ", ".join(f"'{reason}'" for reason in ("unknown", "rejected", "fetch_failed", "feed_down"))
    assert f"reason in ({unexplained})" in sql
    assert {reason.value for reason in GapReason if not reason.explains} == {
        "unknown", "rejected", "fetch_failed", "feed_down",
    }  # fmt: skip
