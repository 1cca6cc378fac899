"""The models in real Dagster runs over a real database: assets, checks, lineage, and what is told when something is wrong."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import dagster as dg
import psycopg
import pytest
from pydantic import SecretStr

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.ranges import Range
from trend_platform.errors import UnavailableError
from trend_platform.orchestration.etl.definitions import build_defs
from trend_platform.settings import Settings
from trend_platform_tests.world import World, world

__all__ = ["world"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

MODELS = {
    "split_factors", "daily_returns", "weekly_candles", "monthly_candles",
    "range_performance", "trend_signals", "market_overview", "market_breadth", "data_coverage",
}  # fmt: skip


@dataclass(slots=True)
class DatabaseWorkshops:
    """A source of workshops over a world's database.

    Attributes:
        world: The world.
        away: How many times opening fails before the database is back.
    """

    world: World
    away: int = 0

    @property
    def clock(self) -> ManualClock:
        return self.world.clock

    def settings(self) -> Settings:
        return Settings(docs_url="https://docs.example")

    @contextmanager
    def read(self) -> Iterator[object]:
        if self.away:
            self.away -= 1
            raise UnavailableError("the database does not answer: run `trend up`")
        yield self.world.workshop()

    def market_database(self) -> SecretStr:
        return SecretStr(self.world.database_url)


@dataclass(frozen=True, slots=True)
class Ran:
    result: dg.ExecuteInProcessResult

    @property
    def built(self) -> set[str]:
        return {event.asset_key.to_user_string() for event in self.result.get_asset_materialization_events()}

    @property
    def checks(self) -> dict[str, bool]:
        return {one.check_name: one.passed for one in self.result.get_asset_check_evaluations()}

    def metadata(self, model: str) -> dict[str, object]:
        (event,) = (
            one for one in self.result.get_asset_materialization_events() if one.asset_key == dg.AssetKey(model)
        )
        return {name: value.value for name, value in event.materialization.metadata.items()}

    @property
    def failure(self) -> str:
        data = self.result.failure_data_for_node("models")
        assert data is not None
        assert data.user_failure_data is not None
        return str(data.user_failure_data.description)


def launch(workshops: DatabaseWorkshops, models: Sequence[str] = (), config: dict[str, object] | None = None) -> Ran:
    job = build_defs({"workshops": workshops}).resolve_job_def("refresh_models")
    with dg.DagsterInstance.ephemeral() as instance:
        return Ran(
            job.execute_in_process(
                instance=instance,
                asset_selection=[dg.AssetKey(name) for name in models] or None,
                run_config={"ops": {"models": {"config": config or {}}}},
                raise_on_error=False,
            )
        )


@pytest.fixture
def workshops(world: World) -> DatabaseWorkshops:
    world.add("AAPL", "BTC-USD")
    world.backfill(Range.Y1, "AAPL", "BTC-USD")
    with psycopg.connect(world.database_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS analytics CASCADE")
    return DatabaseWorkshops(world)


def test_a_run_builds_every_model_and_its_tests_are_checks(workshops: DatabaseWorkshops) -> None:
    ran = launch(workshops)
    assert ran.result.success
    assert ran.built == MODELS
    assert ran.checks["daily_returns_have_one_row_per_session"]
    assert ran.checks["every_final_session_has_its_return"]
    assert len(ran.checks) > 30
    told = ran.metadata("daily_returns")
    assert told["prices"].startswith("SIMULATED")
    assert told["docs"] == "https://docs.example/docs/how-to/models.md"
    final = sum(workshops.world.candles(symbol)["is_final"].sum() for symbol in ("AAPL", "BTC-USD"))
    assert told["dagster/row_count"] == final > 600


def test_models_can_be_built_one_by_one(workshops: DatabaseWorkshops) -> None:
    assert launch(workshops, ["split_factors", "weekly_candles"]).built == {"split_factors", "weekly_candles"}


def test_a_failed_check_turns_the_run_red_keeps_later_models_as_they_were_and_is_named(
    workshops: DatabaseWorkshops,
) -> None:
    assert launch(workshops).result.success
    with psycopg.connect(workshops.world.database_url, autocommit=True) as connection:
        # A constraint of the platform would refuse such a candle; a model must notice it all the same.
        connection.execute("ALTER TABLE market.candles_daily DROP CONSTRAINT ck_candles_daily_low_to_high")
        connection.execute("UPDATE market.candles_daily SET low = high + 1 WHERE is_final")
    ran = launch(workshops, ["weekly_candles", "daily_returns", "market_overview"])
    assert not ran.result.success
    assert ran.checks["weekly_candles_agree_with_themselves"] is False
    assert "weekly_candles_agree_with_themselves" in ran.failure


def test_a_database_that_is_away_is_waited_for(workshops: DatabaseWorkshops, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trend_platform.orchestration.failures.FIRST_WAIT_SECONDS", 0.01)
    workshops.away = 1
    ran = launch(workshops, ["split_factors"])
    assert ran.result.success
    assert [event.event_type_value for event in ran.result.all_events].count("STEP_UP_FOR_RETRY") == 1


def test_a_password_is_in_no_event(workshops: DatabaseWorkshops) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        job = build_defs({"workshops": workshops}).resolve_job_def("refresh_models")
        result = job.execute_in_process(instance=instance, asset_selection=[dg.AssetKey("split_factors")])
        logged = "\n".join(str(record.to_json()) for record in instance.all_logs(result.run_id))
    assert "throwaway" in workshops.market_database().get_secret_value()
    assert "throwaway" not in logged
