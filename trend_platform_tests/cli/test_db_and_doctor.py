"""The verbs that look behind the ports, on a real database and a real cache."""

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from pydantic import SecretStr
from redis import Redis

from trend_platform.cli.first_run import first_run_plan
from trend_platform.cli.outcome_report import recorded_outcome
from trend_platform.local.up import Stage
from trend_platform.settings import Mode, PolygonSettings, ProvidersSettings, Settings
from trend_platform.storage.base import PriceKind
from trend_platform_tests.cli.conftest import Answer, Trend, answer_of
from trend_platform_tests.cli.sessions import GivenSession
from trend_platform_tests.cli.test_backfill import NOT_RECORDED
from trend_platform_tests.world import World, open_world


@pytest.fixture
def world(database_url: str, redis_url: str) -> Iterator[World]:
    opened = open_world(database_url, redis_url, PriceKind.SIMULATED)
    opened.add("AAPL", "BTC-USD")
    yield opened
    opened.close()


@pytest.fixture
def session(world: World, redis_url: str) -> GivenSession:
    return GivenSession(world.workshop(), Settings(), world.database_url, redis_url)


def drop_schema(world: World) -> None:
    with psycopg.connect(world.database_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA market CASCADE")


def findings(answer: Answer) -> dict[str, tuple[str, str]]:
    return {one["what"]: (one["state"], one["detail"]) for one in answer["findings"]}


def test_migrating_a_current_schema_changes_nothing(trend: Trend) -> None:
    answer = answer_of(trend("db", "migrate", "--json"))
    assert (answer["applied"], answer["prices"]) == ([], "simulated")


def test_migrating_an_empty_database_applies_every_revision(trend: Trend, world: World) -> None:
    drop_schema(world)
    assert answer_of(trend("db", "migrate", "--json"))["applied"]
    assert trend("instruments", "list")[0] == 0


def test_a_ledger_that_says_what_the_rows_say_passes(trend: Trend) -> None:
    trend("backfill", "3M")
    assert answer_of(trend("db", "check", "--json")) == {"lacking": [], "differences": []}
    assert "exactly the rows" in trend("db", "check")[1]


def test_a_row_that_vanished_is_found_by_the_check(trend: Trend, world: World) -> None:
    trend("backfill", "3M")
    with psycopg.connect(world.database_url, autocommit=True) as connection:
        connection.execute("DELETE FROM market.candles_daily WHERE opened_at = '2026-02-17' AND instrument_id = 1")
    (difference,) = answer_of(trend("db", "check", "--json"), code=1)["differences"]
    assert (difference["symbol"], difference["accounted_for"] - difference["stored"]) == ("AAPL", 1)


def test_a_database_that_is_not_migrated_fails_the_check(trend: Trend, world: World) -> None:
    drop_schema(world)
    assert answer_of(trend("db", "check", "--json"), code=1)["lacking"]
    assert "run `trend db migrate`" in trend("db", "check")[1]


def test_the_doctor_finds_everything_and_says_that_prices_are_simulated(trend: Trend) -> None:
    code, out, _ = trend("doctor")
    assert code == 0
    assert "SIMULATED PRICES" in out
    found = findings(answer_of(trend("doctor", "--json")))
    assert {
        what: found[what][0] for what in ("python", "settings", "disk", "database", "schema", "cache")
    } == dict.fromkeys(("python", "settings", "disk", "database", "schema", "cache"), "ok")
    assert "PostgreSQL" in found["database"][1]
    assert "prices raw" in found["provider simulated"][1]


def test_the_doctor_names_the_remedy_for_a_schema_that_is_not_there(trend: Trend, world: World) -> None:
    drop_schema(world)
    state, detail = findings(answer_of(trend("doctor", "--json"), code=1))["schema"]
    assert state == "broken"
    assert "run `trend db migrate`" in detail


def test_the_doctor_names_a_cache_that_does_not_answer(trend: Trend, session: GivenSession) -> None:
    deaf = replace(session, redis_url="redis://127.0.0.1:9/0")
    state, detail = findings(answer_of(trend("doctor", "--json", on=deaf), code=1))["cache"]
    assert state == "broken"
    assert "127.0.0.1:9" in detail


def test_the_doctor_names_a_database_of_the_other_prices(trend: Trend, session: GivenSession) -> None:
    state, detail = findings(answer_of(trend("doctor", "--json", on=replace(session, mode=Mode.LIVE)), code=1))[
        "schema"
    ]
    assert state == "broken"
    assert "holds simulated prices" in detail


def test_the_doctor_notes_instruments_that_nobody_at_hand_serves(
    trend: Trend, database_url: str, redis_url: str
) -> None:
    real = open_world(database_url, redis_url, PriceKind.REAL)
    live = GivenSession(real.workshop(), Settings(), real.database_url, redis_url, Mode.LIVE)
    assert findings(answer_of(trend("doctor", "--json", on=live)))["universe"][1].startswith("empty: ")
    real.add("AAPL", "SPY", "BTC-USD")
    state, detail = findings(answer_of(trend("doctor", "--json", on=live)))["universe"]
    assert state == "note"
    assert detail.startswith("no provider at hand serves AAPL, SPY: at night nothing will be fetched for them; set")
    keyed = Settings(providers=ProvidersSettings(polygon=PolygonSettings(api_key=SecretStr("k"))))
    state, detail = findings(answer_of(trend("doctor", "--json", on=replace(live, settings=keyed))))["universe"]
    assert (state, detail) == ("ok", "3 instruments, each served by a provider at hand")
    real.close()


def test_the_doctor_says_which_numbered_cache_is_meant(trend: Trend, redis_url: str) -> None:
    state, detail = findings(answer_of(trend("doctor", "--json")))["cache"]
    assert state == "ok"
    assert detail.startswith(f"{redis_url.partition('@')[2]}: ")


def test_the_first_run_migrates_fills_the_universe_and_sees_a_history_that_is_there(
    trend: Trend, world: World, session: GivenSession
) -> None:
    drop_schema(world)
    stage = Stage(
        Settings(universe=("AAPL", "SPY")), session.connections, "http://127.0.0.1:9", lambda _: None, lambda *_: None
    )
    plan = first_run_plan()
    migrated, universe, overview = (step.run(stage) for step in plan.before_dagster[:3])
    assert "simulated: 0001" in migrated
    assert universe == "2 instruments"
    assert overview == "2 instruments, the default ones, kept fresh by the minute"
    assert [one.symbol for one in world.storage.interests.active()] == ["AAPL", "SPY"]
    assert "simulated: " not in plan.before_dagster[0].run(stage)
    trend("backfill", "7D")
    assert plan.after_dagster[0].run(stage).startswith("there already")


def test_connections_that_hold_a_password_never_show_it(trend: Trend, session: GivenSession) -> None:
    secret = SecretStr(session.database_url).get_secret_value().split(":")[2].split("@")[0]
    for command in (("doctor",), ("doctor", "--json"), ("db", "migrate"), ("db", "check")):
        _, out, err = trend(*command)
        assert secret not in out + err


def test_the_record_of_a_run_comes_back_from_the_database_as_it_was_told(trend: Trend, world: World) -> None:
    told = answer_of(trend("backfill", "7D", "--json"))
    (record,) = world.storage.runs.latest(1)
    assert recorded_outcome(record) == {key: value for key, value in told.items() if key not in NOT_RECORDED}


def test_a_valkey_that_lost_everything_is_hot_again_after_one_command(trend: Trend, redis_url: str) -> None:
    trend("watchlist", "add", "mine", "AAPL", "BTC-USD")
    trend("backfill", "1M")
    assert trend("realtime", "latest")[0] == trend("realtime", "hourly")[0] == 0
    with Redis.from_url(redis_url) as valkey:
        before = set(valkey.scan_iter())
        valkey.flushdb()
        answer = answer_of(trend("cache", "rebuild", "--json"))
        assert answer == {"series": 18, "hourly": 2, "prices": 2, "skipped": 0}
        assert set(valkey.scan_iter()) >= before
    assert {one["source"] for one in answer_of(trend("latest", "--json"))["latest"]} == {"cache"}


def test_lists_survive_and_a_purge_finds_nothing_to_do_on_a_young_database(trend: Trend) -> None:
    trend("portfolio", "add", "mine", "BTC-USD", "-0.25", "--cost", "61000")
    (mine,) = answer_of(trend("portfolio", "list", "--json"))["portfolios"]
    assert mine["holdings"] == [{"symbol": "BTC-USD", "quantity": -0.25, "cost": 61000.0}]
    answer = answer_of(trend("db", "purge", "--json"))
    nothing = dict.fromkeys(("quotes", "run_records", "incidents", "orphan_keys", "answers", "stories", "posts"), 0)
    assert answer == {**nothing, "caught_up": None}
