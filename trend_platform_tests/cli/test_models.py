"""`trend models`: built and tested from the command line, with exit codes that scripts can rely on."""

import json

import psycopg
import pytest
from pydantic import SecretStr

from trend_platform.local import dbt
from trend_platform.storage.base import PriceKind
from trend_platform.storage.timescale.migrate import migrate
from trend_platform_tests.cli.conftest import Trend
from trend_platform_tests.cli.sessions import GivenSession

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def there(session: GivenSession, database_url: str) -> GivenSession:
    """The session, with an empty market in a real database."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS market CASCADE")
        connection.execute("DROP SCHEMA IF EXISTS analytics CASCADE")
    migrate(SecretStr(database_url), PriceKind.SIMULATED)
    session.database_url = database_url
    return session


def test_models_of_an_empty_market_are_empty_and_good(trend: Trend, there: GivenSession) -> None:
    code, out, _ = trend("models", "build", "--json")
    answer = json.loads(out)
    assert (code, answer["mode"], answer["is_good"]) == (0, "simulated", True)
    assert {"daily_returns", "trend_signals"} <= {one["name"] for one in answer["results"] if one["kind"] == "model"}
    code, out, _ = trend("models", "test", "trend_signals")
    assert code == 0
    assert "0 models and 8 tests (simulated prices)." in out


def test_a_test_that_fails_is_named_and_exits_with_1(trend: Trend, there: GivenSession) -> None:
    assert trend("models", "build", "split_factors")[0] == 0
    with psycopg.connect(there.database_url, autocommit=True) as connection:
        connection.execute("INSERT INTO analytics.split_factors VALUES (1, '2020-01-01', '2021-01-01', -1)")
    code, out, _ = trend("models", "test", "split_factors")
    assert code == 1
    assert "Not good: split_factors_are_positive." in out


def test_a_name_that_is_none_exits_with_1(trend: Trend, there: GivenSession) -> None:
    code, out, _ = trend("models", "build", "nonsense")
    assert code == 1
    assert "nothing has these names" in out


def test_a_database_that_is_not_migrated_is_no_success(trend: Trend, there: GivenSession) -> None:
    with psycopg.connect(there.database_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA market CASCADE")
    code, out, _ = trend("models", "build", "split_factors")
    assert code == 1
    assert "corporate_actions" in out


def test_preparing_says_where(trend: Trend) -> None:
    code, out, _ = trend("models", "prepare", "--json")
    assert (code, json.loads(out)["folder"]) == (0, str(dbt.prepared().folder))
