"""`trend restate`: the tail is asked again, and the answer says what changed."""

import pytest

from trend_platform.settings import FaultSettings
from trend_platform_tests.cli.conftest import Trend, answer_of, simulated_session
from trend_platform_tests.cli.sessions import GivenSession


@pytest.fixture(autouse=True)
def stored(trend: Trend) -> None:
    assert trend("backfill", "1M", "AAPL", "BTC-USD")[0] == 0


def test_what_is_stored_is_asked_again_and_counted(trend: Trend) -> None:
    (answer,) = answer_of(trend("restate", "--json"))["answers"]
    # Seven days before a Wednesday evening: five sessions, and six days of a market that never closes.
    assert {key: answer[key] for key in ("provider", "timeframe", "compared", "changed")} == {
        "provider": "simulated", "timeframe": "1d", "compared": 5 + 6, "changed": 0
    }  # fmt: skip


def test_other_days_and_symbols_can_be_said(trend: Trend) -> None:
    (answer,) = answer_of(trend("restate", "AAPL", "--timeframe", "1d", "--days", "2", "--json"))["answers"]
    assert answer["compared"] == 2


def test_people_read_a_table(trend: Trend) -> None:
    code, out, _ = trend("restate")
    assert code == 0
    assert "Asked again" in out
    assert "simulated" in out


def test_nothing_within_reach_says_so(trend: Trend) -> None:
    code, out, _ = trend("restate", "--timeframe", "1h")
    assert (code, out) == (0, "Nothing that is stored lies within the days that are asked again.\n")


def test_candles_that_are_rolled_up_are_not_asked_again(trend: Trend) -> None:
    code, _, err = trend("restate", "--timeframe", "1w")
    assert code == 2
    assert "1w candles are rolled up, never fetched" in err


def test_a_provider_that_does_not_answer_is_a_failure(trend: Trend, session: GivenSession) -> None:
    down = simulated_session(FaultSettings(kind="http_500", symbol="AAPL"))
    down.whole.storage.universe.add(session.whole.storage.universe.instruments())
    broken = GivenSession(type(session.whole)(
        session.whole.storage, session.whole.cache, session.whole.prices, down.whole.providers, session.whole.clock
    ))  # fmt: skip
    code, out, _ = trend("restate", on=broken)
    assert code == 1
    assert "no answer for AAPL" in out
