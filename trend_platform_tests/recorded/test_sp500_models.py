"""The models on five years of 505 real symbols: returns, weeks, months, performance and trends as Polars computes them."""

import psycopg
import pytest

from trend_platform.domain.ranges import Range
from trend_platform.providers.registry import open_provider
from trend_platform.settings import FilesSettings, ProvidersSettings
from trend_platform_tests.dbt_project.models import assert_models_equal_reference, build
from trend_platform_tests.recorded.sp500 import AS_OF, FILE, Sp500
from trend_platform_tests.world import World

pytestmark = [pytest.mark.recorded, pytest.mark.slow, pytest.mark.timeout(300)]


def test_models_of_five_real_years_equal_an_independent_computation(real_world: World, shared_data) -> None:
    sp500 = Sp500(shared_data / FILE)
    real_world.add(*sp500.symbols)
    settings = FilesSettings(path=sp500.path, columns={"opened_at": "date", "symbol": "Name"}, basis="split")
    files = open_provider("files", ProvidersSettings(files=settings), real_world.clock)
    real_world.backfill(Range.MAX, providers=(files,), as_of=AS_OF)

    build(real_world.database_url, AS_OF, "--full-refresh")
    with psycopg.connect(real_world.database_url) as connection:
        assert_models_equal_reference(connection, AS_OF)
        counted = connection.execute("SELECT count(*) FROM analytics.daily_returns").fetchone()
        overview = connection.execute(
            "SELECT count(*), count(gainer_rank), count(loser_rank) FROM analytics.market_overview WHERE is_current"
        ).fetchone()
        breadth = connection.execute(
            "SELECT instruments, advancing, declining FROM analytics.market_breadth WHERE asset_class = 'all'"
        ).fetchone()
    assert counted == (sp500.valid.height,)
    assert breadth == overview
