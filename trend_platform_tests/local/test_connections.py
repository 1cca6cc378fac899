"""Settings become URLs in one place; simulated and real prices never share a database."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from trend_platform.errors import ConfigurationError, UnavailableError
from trend_platform.local import urls
from trend_platform.local.connections import resolve
from trend_platform.settings import Mode, Settings

DATABASE = SecretStr("postgres://me:p%40ss@db.example:6000/prices?sslmode=require")
REDIS = SecretStr("redis://:pw@cache.example:6379/3")


def test_a_mode_has_its_own_databases_and_dagster_a_third(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url=DATABASE, redis_url=REDIS, mode=Mode.SIMULATED)
    simulated, live = resolve(settings), resolve(settings.model_copy(update={"mode": Mode.LIVE}))
    assert urls.address(simulated.database_url) == "db.example:6000/prices_simulated"
    assert urls.address(live.database_url) == "db.example:6000/prices"
    assert urls.address(live.dagster_database_url) == "db.example:6000/prices_dagster"
    assert live.database_url.get_secret_value() == "postgresql://me:p%40ss@db.example:6000/prices?sslmode=require"
    assert (urls.address(live.redis_url), urls.address(simulated.redis_url)) == (
        "cache.example:6379/3",
        "cache.example:6379/4",
    )


def test_resolving_what_was_handed_on_gives_the_same_again(tmp_path: Path) -> None:
    first = resolve(Settings(home=tmp_path, database_url=DATABASE, redis_url=REDIS, mode=Mode.SIMULATED))
    handed_on = Settings(
        home=tmp_path, database_url=first.base_database_url, redis_url=first.base_redis_url, mode=first.mode
    )
    assert resolve(handed_on) == first


def test_with_nothing_started_the_remedy_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="run `trend up`"):
        resolve(Settings(home=tmp_path, database_url=None, redis_url=REDIS))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://a:geheim@b/c", "begins with 'mysql:'"),
        ("host=b dbname=c", "no scheme"),
        ("postgresql://a:geheim@b", "names no database"),
        ("postgresql://a:geh/eim@b/c", "%-encoded"),
    ],
)
def test_a_url_that_does_not_fit_is_explained_without_its_password(tmp_path: Path, url: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        resolve(Settings(home=tmp_path, database_url=SecretStr(url), redis_url=REDIS))
    assert "geheim" not in str(caught.value)


def test_secrets_are_not_in_the_text_of_connections(tmp_path: Path) -> None:
    found = resolve(Settings(home=tmp_path, database_url=DATABASE, redis_url=REDIS, mode=Mode.LIVE))
    assert "p%40ss" not in repr(found)
