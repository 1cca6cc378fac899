"""Keys are planted everywhere, and every server repeats them: nothing that a full run leaves behind holds one of them.

Looked through are what verbs print, logs at their most talkative, errors with their causes, Dagster's events and metadata,
the database, Redis, the archive, and all files of the home.
"""

import asyncio
import logging
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus, urlsplit

import dagster as dg
import psycopg
import pytest
import redis
import zstandard
from psycopg import sql
from pydantic import BaseModel

from trend_platform.cli.main import run
from trend_platform.errors import TrendError
from trend_platform.orchestration.etl.definitions import build_defs
from trend_platform.orchestration.resources import ConnectedWorkshops
from trend_platform.providers.registry import known_providers, open_provider
from trend_platform.settings import ProviderSettings, Settings, load_settings
from trend_platform.storage.base import PriceKind
from trend_platform_tests.scenarios.gossip import Gossip, gossip
from trend_platform_tests.world import World, open_world

SYMBOLS = ("AAPL", "BTC-USD")
NO_NETWORK = {"files", "simulated"}
# They ask nobody for a key; one that is planted all the same is sent nowhere.
KEYLESS = {"binance", "bitfinex", "coinbase", "kraken", "yahoo"}
VERBS = (
    ("config", "show"), ("config", "show", "--json"), ("config", "check"), ("doctor",), ("doctor", "--json"),
    ("plan", "1M"), ("plan", "1M", "--json"), ("backfill", "7D", "--json"), ("backfill", "1M"),
    ("realtime", "latest", "--json"), ("realtime", "hourly"), ("latest",), ("sources",), ("sources", "--json"),
    ("economic", "fetch"), ("news", "fetch"), ("social", "fetch"), ("replay",), ("replay", "--json"),
    ("db", "purge"), ("status",),
)  # fmt: skip


@dataclass
class Scene:
    """A machine with planted keys.

    Attributes:
        world: The database and the cache.
        gossip: What the providers' server heard.
        home: The platform's home.
        planted: Each key, by the setting it was planted in.
        produced: Everything that came out, by where it was found.
    """

    world: World
    gossip: Gossip
    home: Path
    planted: dict[str, str]
    produced: dict[str, str] = field(default_factory=dict)

    def leaks(self) -> set[tuple[str, str]]:
        """Return which key was found where, in any spelling it has in an address."""
        return {
            (where, setting)
            for where, text in self.produced.items()
            for setting, key in self.planted.items()
            if any(form in text for form in (key, quote(key, safe=""), quote_plus(key)))
        }


@pytest.fixture
def scene(database_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    world = open_world(database_url, redis_url, PriceKind.REAL)
    world.add(*SYMBOLS)
    with gossip() as (heard, url):
        planted = {}
        for name, value in _planted("TREND", Settings, url):
            monkeypatch.setenv(name, value)
            if name.endswith(("KEY", "KEYS", "TOKEN", "URLS")):
                planted[name] = value
        home = tmp_path / "home"
        others = {
            "TREND_DATABASE_URL": database_url,
            "TREND_REDIS_URL": redis_url,
            "TREND_HOME": str(home),
            "TREND_MODE": "live",
            "TREND_ARCHIVE__ENABLED": "true",
            "COLUMNS": "400",
        }
        for name, value in others.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("TREND_CONFIG", raising=False)
        monkeypatch.chdir(tmp_path)
        load_settings.cache_clear()
        planted["TREND_DATABASE_URL"] = urlsplit(database_url).password or ""
        yield Scene(world, heard, home, planted)
    load_settings.cache_clear()
    world.close()


def _planted(prefix: str, model: type[BaseModel], url: str) -> Iterator[tuple[str, str]]:
    # Every provider and source there is: enabled, on the gossiping server, with a key in every setting that takes one.
    for name, told in model.model_fields.items():
        setting, kind = (
            f"{prefix}_{name}".upper() if prefix == "TREND" else f"{prefix}__{name}".upper(),
            told.annotation,
        )
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            if name not in NO_NETWORK:
                yield from _planted(setting, kind, f"{url}/{name}" if issubclass(kind, ProviderSettings) else url)
        elif prefix != "TREND" and issubclass(model, ProviderSettings):
            yield from _planted_in(setting, name, str(told.annotation), url)


def _planted_in(setting: str, name: str, kind: str, url: str) -> Iterator[tuple[str, str]]:
    key = f"pl4nted+{setting.lower().removeprefix('trend_').replace('_', '.')}/k=y"
    plain = {
        "enabled": "true",
        "max_attempts": "1",
        "rate_per_minute": "60000",
        "max_wait_seconds": "0.01",
        "code": "QUOTEMEDIA/PRICES",
    }
    if name.endswith("url"):
        yield setting, url
    elif "SecretStr" in kind and not ("tuple" in kind and "alpaca" in key):  # keys of two parts do not take turns
        yield setting, key
    elif name in plain:
        yield setting, plain[name]


def test_no_key_is_found_in_anything_that_a_full_run_leaves_behind(
    scene: Scene, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for verb in (*VERBS, *(("backfill", "7D", "--refresh", "--provider", name) for name in _networked())):
        code = run(verb)
        assert code in {0, 1, 2, 3}, verb
        scene.produced[f"trend {' '.join(verb)}"] = "".join(capfd.readouterr())
    _ask_through_dagster(scene)
    _raise_errors(scene)
    for record in caplog.records:
        where = f"logs of {record.name}"
        scene.produced[where] = scene.produced.get(where, "") + caplog.handler.format(record) + repr(vars(record))
    scene.produced["database"] = _database(scene.world.database_url)
    scene.produced["redis"] = _redis(scene.world.redis_url)
    scene.produced |= _files(scene.home)

    assert scene.leaks() == set()
    _assert_that_there_was_something_to_find(scene)


def _networked() -> list[str]:
    return [name for name in known_providers() if name not in NO_NETWORK]


def _ask_through_dagster(scene: Scene) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        definitions = build_defs({"workshops": ConnectedWorkshops()})
        for job in ("daily_history", "maintenance"):
            result = definitions.resolve_job_def(job).execute_in_process(
                instance=instance, raise_on_error=False, tags=_tags(job)
            )
            events = [dg.serialize_value(event) + str(event) for event in instance.all_logs(result.run_id)]
            assert events
            scene.produced[f"events of {job}"] = "\n".join(events)


def _tags(job: str) -> dict[str, str]:
    ends = ("start", "end")
    return {f"dagster/asset_partition_range_{end}": "7D" for end in ends} if job == "daily_history" else {}


def _raise_errors(scene: Scene) -> None:
    # Errors as a program of somebody's own would see them, with all that hangs on them.
    settings = load_settings().providers
    # With one call a minute, the second call takes the second key.
    slow = settings.polygon.model_copy(update={"rate_per_minute": 1.0})
    settings = settings.model_copy(update={"polygon": slow})
    instruments = scene.world.storage.universe.instruments()
    for name in _networked():
        try:
            provider = open_provider(name, settings, scene.world.clock)
            asyncio.run(provider.quotes(instruments))
        except (TrendError, ValueError) as error:
            told = "".join(traceback.format_exception(error))
            scene.produced[f"error of {name}"] = told + repr([error, vars(error), error.__cause__, error.__context__])


def _database(url: str) -> str:
    told = []
    with psycopg.connect(url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'market'").fetchall()
        for (table,) in tables:
            whole = sql.SQL("SELECT t::text FROM market.{} AS t").format(sql.Identifier(table))
            told += [str(row) for row in connection.execute(whole)]
    return "\n".join(told)


def _redis(url: str) -> str:
    with redis.Redis.from_url(url) as client:
        return repr([(key, client.dump(key)) for key in client.scan_iter()])


def _files(home: Path) -> dict[str, str]:
    told = {}
    for path in home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            if path.suffix == ".zst":
                content = zstandard.ZstdDecompressor().decompress(content)
            told[f"file {path.relative_to(home)}"] = content.decode(errors="replace")
    return told


def _assert_that_there_was_something_to_find(scene: Scene) -> None:
    heard = "\n".join(scene.gossip.heard)
    keyed = [f"TREND_PROVIDERS__{name.upper()}__API_KEY" for name in _networked() if name not in KEYLESS]
    keyed.append("TREND_PROVIDERS__ALPACA__SECRET_KEY")
    keyed += [f"TREND_SOURCES__{name}__API_KEY" for name in ("FRED", "NEWSAPI", "X")]
    silent = {setting for setting in keyed if scene.planted[setting] not in heard}
    assert silent == set(), "a key that was never sent proves nothing"
    assert any(key in heard for setting, key in scene.planted.items() if setting.endswith("API_KEYS"))
    archived = [text for where, text in scene.produced.items() if where.startswith("file archive")]
    assert any("***" in text for text in archived)
    assert "candles" in scene.produced["events of daily_history"]
    assert scene.world.candles("AAPL").height
