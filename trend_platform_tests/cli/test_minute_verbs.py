"""Latest prices, hourly candles, the cache and the upkeep by hand, on a market in memory."""

from dataclasses import replace
from datetime import timedelta

import pytest

from trend_platform.domain.ranges import Range
from trend_platform.settings import FaultSettings
from trend_platform.storage.memory_cache import MemorySeriesCache
from trend_platform.storage.memory_prices import MemoryPriceCache
from trend_platform_tests.cli.conftest import Answer, Trend, answer_of, simulated_session
from trend_platform_tests.cli.sessions import GivenSession

PRICE_KEYS = {"symbol", "price", "change", "change_percent", "quoted_at", "age_seconds", "provider"}


@pytest.fixture(autouse=True)
def looked_at(trend: Trend) -> None:
    assert trend("overview", "add", "AAPL", "BTC-USD")[0] == 0


def prices(answer: Answer) -> dict[str, Answer]:
    return {one["symbol"]: one for one in answer["latest"]}


def test_a_refresh_by_hand_stores_the_price_of_everything_on_a_list(trend: Trend) -> None:
    answer = answer_of(trend("realtime", "latest", "--json"))
    assert (answer["prices"], answer["asked"], answer["fresh"], answer["missing"]) == ("simulated", 2, 2, {})
    assert set(prices(answer)) == {"AAPL", "BTC-USD"}
    assert answer["calls"] == {"simulated": 1}
    again = answer_of(trend("realtime", "latest", "--json"))
    assert (again["fresh"], again["unchanged"]) == (0, 2)


def test_a_refresh_as_a_table_ends_with_a_verdict(trend: Trend) -> None:
    code, out, _ = trend("realtime", "latest", "aapl")
    assert code == 0
    assert "calls: simulated 1" in out
    assert "Complete: every instrument has its latest price." in out
    assert "SIMULATED PRICES" in out
    assert "BTC-USD" not in out


def test_a_missing_price_is_exit_code_3_with_the_reason(trend: Trend) -> None:
    holed = simulated_session(FaultSettings(kind="missing_symbol", symbol="AAPL"))
    trend("overview", "add", "AAPL", "MSFT", on=holed)
    answer = answer_of(trend("realtime", "latest", "--json", on=holed), code=3)
    assert list(answer["missing"]) == ["AAPL"]
    code, out, _ = trend("realtime", "latest", on=holed)
    assert code == 3
    assert "1 instrument has no price. The next minute asks again." in out


def test_a_price_set_aside_is_told_with_its_rule_and_stands_in_quarantine(trend: Trend) -> None:
    wrong = simulated_session(FaultSettings(kind="zero_price", symbol="MSFT"))
    code, out, _ = trend("realtime", "latest", "MSFT", on=wrong)
    assert code == 3
    assert "price_not_positive" in out
    aside = answer_of(trend("quarantine", "list", "--timeframe", "quote", "--json", on=wrong))
    assert aside["by_rule"] == {"price_not_positive": 1}


def test_a_price_older_than_its_open_market_explains_is_stored_and_exit_code_3(trend: Trend) -> None:
    slow = simulated_session(FaultSettings(kind="stale_quote", symbol="BTC-USD"))
    answer = answer_of(trend("realtime", "latest", "BTC-USD", "AAPL", "--json", on=slow), code=3)
    assert (answer["fresh"], answer["missing"], list(answer["stale"])) == (2, {}, ["BTC-USD"])
    code, out, _ = trend("realtime", "latest", "BTC-USD", on=slow)
    assert code == 3
    assert "Stale although the market is open" in out
    assert "1 price is older than an open market explains." in out


def test_a_provider_that_fails_is_named_with_its_words(trend: Trend) -> None:
    down = simulated_session(FaultSettings(kind="http_500"))
    code, out, _ = trend("realtime", "latest", "AAPL", on=down)
    assert code == 3
    assert "Not served" in out
    assert "simulated" in out


def test_what_was_refreshed_is_read_from_the_cache_and_then_from_the_database(
    trend: Trend, session: GivenSession
) -> None:
    trend("realtime", "latest")
    answer = answer_of(trend("latest", "--json"))
    assert {one["source"] for one in answer["latest"]} == {"cache"}
    assert set(answer["latest"][0]) == PRICE_KEYS | {"source"}
    assert answer["missing"] == []
    session.whole.clock.advance(timedelta(minutes=5))
    later = prices(answer_of(trend("latest", "BTC-USD", "--json")))["BTC-USD"]
    assert later["source"] == "database"
    assert later["age_seconds"] == prices(answer)["BTC-USD"]["age_seconds"] + 300
    assert prices(answer_of(trend("latest", "--json")))["BTC-USD"]["source"] == "cache"


def test_prices_are_shown_with_change_and_age_and_nobody_outside_is_asked(trend: Trend, session: GivenSession) -> None:
    trend("backfill", "7D")
    trend("realtime", "latest")
    code, out, _ = trend("latest", "AAPL")
    assert code == 0
    assert session.asked_for[-1] == (None, True)
    row = next(line for line in out.splitlines() if line.startswith("AAPL"))
    assert "%" in out.splitlines()[0]
    assert any(sign in row for sign in "+-")
    assert "SIMULATED PRICES" in out


def test_what_was_never_quoted_is_said_with_what_to_do(trend: Trend) -> None:
    code, out, _ = trend("latest", "MSFT")
    assert code == 0
    assert "No price is known of MSFT; `trend realtime latest MSFT` asks for one now" in out
    assert answer_of(trend("latest", "--json"))["missing"] == ["AAPL", "BTC-USD"]


@pytest.mark.parametrize("command", [("latest",), ("realtime", "latest"), ("realtime", "hourly")])
def test_without_a_symbol_and_a_list_there_is_nothing_to_do(trend: Trend, command: tuple[str, ...]) -> None:
    code, _, err = trend(*command, on=simulated_session())
    assert code == 2
    assert "trend overview add" in err


def test_a_symbol_nobody_knows_here_is_refused_with_the_one_that_was_meant(trend: Trend) -> None:
    assert "did you mean AAPL" in trend("latest", "AAPPL")[2]


def test_hourly_candles_come_by_hand_and_are_not_asked_twice(trend: Trend) -> None:
    answer = answer_of(trend("realtime", "hourly", "AAPL", "--json"))
    assert (answer["kind"], answer["unexplained_missing"]) == ("hourly", 0)
    assert answer["expected"] == answer["stored"] == 7
    assert answer_of(trend("realtime", "hourly", "AAPL", "--json"))["received"] == 0
    code, out, _ = trend("realtime", "hourly", "AAPL", "BTC-USD")
    assert code == 0
    assert "Complete" in out


def test_missing_hours_are_exit_code_3(trend: Trend) -> None:
    down = simulated_session(FaultSettings(kind="http_500"))
    assert answer_of(trend("realtime", "hourly", "AAPL", "--json", on=down), code=3)["unexplained_missing"] == 7


def test_a_lost_cache_is_rebuilt_from_the_database_by_one_command(trend: Trend, session: GivenSession) -> None:
    trend("backfill", "1Y")
    trend("realtime", "latest")
    trend("realtime", "hourly")
    assert session.whole.cache.forget_others(()) > 0
    assert session.whole.prices.forget_others(()) == 2
    answer = answer_of(trend("cache", "rebuild", "--json"))
    assert answer == {"series": 27, "hourly": 2, "prices": 2, "skipped": 0}
    assert session.whole.cache.get("AAPL", Range.D1)
    assert {one["source"] for one in answer_of(trend("latest", "--json"))["latest"]} == {"cache"}
    assert "27 range series, 2 hourly charts, 2 latest prices" in trend("cache", "rebuild")[1]


def test_a_cache_that_is_down_fails_the_rebuild_and_says_where_readers_read(
    trend: Trend, session: GivenSession
) -> None:
    clock = session.whole.clock
    dead = {"cache": MemorySeriesCache(clock, is_down=True), "prices": MemoryPriceCache(clock, is_down=True)}
    code, out, _ = trend("cache", "rebuild", on=GivenSession(replace(session.whole, **dead)))
    assert code == 1
    assert "Readers use the database." in out


def test_a_purge_drops_old_quotes_but_never_the_newest(trend: Trend, session: GivenSession) -> None:
    trend("realtime", "latest", "BTC-USD")
    session.whole.clock.advance(timedelta(minutes=2))
    trend("realtime", "latest", "BTC-USD")
    session.whole.clock.advance(timedelta(days=40))
    answer = answer_of(trend("db", "purge", "--json"))
    kinds = {"quotes", "run_records", "incidents", "orphan_keys", "answers", "stories", "posts"}
    assert set(answer) == {*kinds, "caught_up"}
    assert answer["quotes"] == 1
    assert prices(answer_of(trend("latest", "BTC-USD", "--json")))


def test_a_purge_with_nothing_to_drop_says_so_kind_by_kind(trend: Trend) -> None:
    code, out, _ = trend("db", "purge")
    assert code == 0
    assert "older than 30 days; the newest of each instrument stays" in out
    assert "No candle was left forming after its session." in out


def test_a_purge_completes_candles_that_were_left_forming(trend: Trend, session: GivenSession) -> None:
    trend("realtime", "hourly", "BTC-USD")
    session.whole.clock.advance(timedelta(hours=3))
    caught_up = answer_of(trend("db", "purge", "--json"))["caught_up"]
    assert caught_up["completed"] == 1
    assert caught_up["unexplained_missing"] == 0
