"""`trend candles fetch`: every option does what its help says, and what cannot be is refused before anything is asked."""

from dataclasses import replace

import pytest

from trend_platform.ingest.plan import PlanLimits
from trend_platform.ingest.workshop import IngestPolicy
from trend_platform.providers.simulated.provider import SimulatedProvider
from trend_platform.settings import FaultSettings, SimulatedSettings
from trend_platform_tests.cli.conftest import Trend, answer_of, simulated_session

# Wednesday 2026-03-04 22:30 UTC; the last two sessions are the third and the fourth of March.
TWO_DAYS = ("--start", "2026-03-03", "--end", "2026-03-05")
FETCH = ("candles", "fetch")


def test_several_symbols_and_timeframes_are_fetched_in_one_go_and_each_is_accounted_for(trend: Trend):
    symbols = ("--symbol", "aapl", "--symbol", "BTC-USD,MSFT")
    fetched = answer_of(trend(*FETCH, *symbols, "--timeframe", "1m", "--timeframe", "1h,1d", *TWO_DAYS, "--json"))
    assert [one["timeframe"] for one in fetched["outcomes"]] == ["1m", "1h", "1d"]
    expected = {
        (outcome["timeframe"], one["symbol"]): (one["expected"], one["stored"])
        for outcome in fetched["outcomes"]
        for one in outcome["series"]
    }
    # Bitcoin's second day is still under way: 22 hours and a half of it are over.
    assert expected["1m", "AAPL"] == expected["1m", "MSFT"] == (780, 780)
    assert expected["1m", "BTC-USD"] == (1440 + 1350, 1440 + 1350)
    assert expected["1h", "AAPL"] == (14, 14)
    assert expected["1h", "BTC-USD"] == (46, 46)
    assert (expected["1d", "AAPL"], expected["1d", "BTC-USD"]) == ((2, 2), (1, 1))
    assert fetched["is_complete"]


@pytest.mark.parametrize("timeframe", ["1m", "5m", "15m", "30m", "1h", "4h", "12h", "1d"])
def test_every_timeframe_can_be_fetched_and_shown(trend: Trend, timeframe: str):
    fetched = answer_of(trend(*FETCH, "--symbol", "BTC-USD", "--timeframe", timeframe, *TWO_DAYS, "--json"))
    shown = answer_of(trend("candles", "show", "BTC-USD", "--timeframe", timeframe, *TWO_DAYS, "--json"))
    assert len(shown["candles"]) >= fetched["outcomes"][0]["stored"] > 0


def test_what_is_stored_is_not_asked_again_whether_resume_is_said_or_not(trend: Trend):
    one = (*FETCH, "--symbol", "AAPL", "--timeframe", "5m", *TWO_DAYS, "--json")
    first = answer_of(trend(*one))["outcomes"][0]
    again, resumed = (answer_of(trend(*one, *more))["outcomes"][0] for more in ((), ("--resume",)))
    assert (first["inserted"], again["calls"], resumed["calls"]) == (156, {}, {})
    refreshed = answer_of(trend(*one, "--refresh"))["outcomes"][0]
    assert (refreshed["received"], refreshed["unchanged"]) == (156, 156)


def test_without_a_start_the_last_days_are_fetched_and_without_symbols_the_universe(trend: Trend):
    fetched = answer_of(trend(*FETCH, "--timeframe", "1h", "--timeframe", "1d", "--json"))
    assert fetched["spans"] == {
        "1h": "[2026-02-27T22:30:00Z, 2026-03-04T22:30:00Z)",
        "1d": "[2026-02-01T22:30:00Z, 2026-03-04T22:30:00Z)",
    }
    assert [one["symbol"] for one in fetched["outcomes"][0]["series"]] == ["AAPL", "BTC-USD", "MSFT"]


def test_a_batch_bounds_what_one_request_asks_for_in_whole_pages(trend: Trend):
    year = (
        *FETCH,
        "--symbol",
        "BTC-USD",
        "--timeframe",
        "1m",
        "--start",
        "2026-02-01",
        "--end",
        "2026-03-01",
        "--json",
    )
    _, whole, progress = trend(*year[:-1])
    assert "of 3 calls" in progress
    session = simulated_session()
    _, _, told = trend(*year[:-1], "--batch-size", "5000", on=session)
    assert "of 9 calls" in told
    assert "40,320" in whole


def test_exchange_is_another_word_for_provider(trend: Trend):
    for word in ("--exchange", "--provider"):
        fetched = answer_of(trend(*FETCH, "--symbol", "BTC-USD", word, "simulated", *TWO_DAYS, "--json"))
        assert fetched["is_complete"]
    code, _, told = trend(*FETCH, "--symbol", "BTC-USD", "--exchange", "bitfinex", *TWO_DAYS)
    assert code == 2
    assert "bitfinex" in told


def test_retries_and_waits_reach_the_providers(trend: Trend):
    session = simulated_session()
    words = ("--max-retries", "7", "--initial-backoff-seconds", "0.5", "--max-backoff-seconds", "9")
    assert trend(*FETCH, "--symbol", "AAPL", *TWO_DAYS, *words, "--jitter-seconds", "0.1", on=session)[0] == 0
    assert session.patience is not None
    assert (session.patience.max_attempts, session.patience.first_wait_seconds) == (8, 0.5)
    assert (session.patience.max_wait_seconds, session.patience.jitter_seconds) == (9.0, 0.1)


def test_without_a_word_patience_is_left_to_the_settings(trend: Trend):
    session = simulated_session()
    trend(*FETCH, "--symbol", "AAPL", *TWO_DAYS, on=session)
    assert session.patience is not None
    assert {session.patience.max_attempts, session.patience.jitter_seconds} == {None}


def test_a_failed_request_leaves_a_hole_and_the_rest_goes_on(trend: Trend):
    session = simulated_session(FaultSettings(kind="http_500", symbol="AAPL"))
    fetched = answer_of(trend(*FETCH, "--timeframe", "1h", *TWO_DAYS, "--json", on=session), code=3)
    (outcome,) = fetched["outcomes"]
    assert outcome["missing"] == {"fetch_failed": 14}
    assert "AAPL" in [one["symbol"] for one in outcome["failures"]]
    assert outcome["stored"] == 14 + 46


def test_with_fail_fast_the_first_failure_is_the_end(trend: Trend):
    session = simulated_session(FaultSettings(kind="http_500", symbol="AAPL"))
    words = ("--timeframe", "1h", "--timeframe", "1m", *TWO_DAYS, "--fail-fast")
    fetched = answer_of(trend(*FETCH, *words, "--json", on=session), code=1)
    assert [one["timeframe"] for one in fetched["outcomes"]] == ["1h"]
    code, shown, _ = trend(*FETCH, *words, on=session)
    assert code == 1
    assert "nothing more was asked; not begun: 1m." in shown
    assert "missing without an explanation" in shown


def test_people_see_what_came_what_is_there_and_which_minutes_are_missing(trend: Trend):
    session = simulated_session(FaultSettings(kind="hole", symbol="BTC-USD", start="2026-03-03", end="2026-03-04"))
    code, shown, _ = trend(
        *FETCH, "--symbol", "BTC-USD", "--timeframe", "12h", "--start", "2026-03-02T12:00", "--end", "2026-03-04T12:00",
        on=session,
    )  # fmt: skip
    assert code == 3
    assert "SIMULATED" in shown
    assert "Holes, 12h" in shown
    assert "2026-03-03" in shown
    line = next(line for line in shown.splitlines() if line.startswith("BTC-USD"))
    assert line.split() == ["BTC-USD", "12h", "4", "2", "0", "2"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--timeframe", "1w"), "1w candles are rolled up from shorter ones"),
        (("--timeframe", "2h"), "'2h' is no timeframe; known: 1m"),
        (("--timeframe", "1M"), "1M could be a minute or a month"),
        (("--timeframe", ","), "--timeframe names none"),
        (("--start", "2026-03-05T00:00"), "--start 2026-03-05 00:00 lies in the future"),
        (("--start", "2026-03-03", "--end", "2026-03-02"), "is not before --end 2026-03-02 00:00"),
        (("--start", "yesterday"), "--start 'yesterday' is no time"),
        (("--symbol", "NFLX"), "NFLX is not in the universe"),
        (("--batch-size", "0"), "--batch-size"),
        (("--max-retries", "-1"), "--max-retries"),
        (("--jitter-seconds", "-1"), "--jitter-seconds"),
        (("--initial-backoff-seconds", "9", "--max-backoff-seconds", "2"), "9 is longer than --max-backoff-seconds 2"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_asked(trend: Trend, words: tuple[str, ...], told: str):
    session = simulated_session()
    code, shown, error = trend(*FETCH, *words, on=session)
    assert (code, shown) == (2, "")
    assert told in error
    assert not session.whole.storage.runs.latest(1)


def test_a_plan_that_cannot_finish_asks_nothing_of_any_timeframe(trend: Trend):
    session = simulated_session()
    slow = SimulatedProvider(SimulatedSettings(rate_per_minute=1), session.clock)
    policy = IngestPolicy(limits=PlanLimits(minutes=0.5))
    session.whole = replace(session.whole, providers=(slow,), policy=policy)
    month = ("--symbol", "BTC-USD", "--start", "2026-02-01")
    code, _, error = trend(*FETCH, *month, "--timeframe", "1d", "--timeframe", "1m", on=session)
    assert code == 1
    assert "simulated would need" in error
    assert not session.whole.storage.runs.latest(1)
