"""What `trend up` fills and shows, on a market in memory."""

from datetime import timedelta

from trend_platform.cli.first_run import _last_history, fill_overview
from trend_platform_tests.cli.conftest import NOW, Trend, simulated_session
from trend_platform_tests.cli.sessions import GivenSession


def active(session: GivenSession) -> list[str]:
    return [one.symbol for one in session.whole.storage.interests.active()]


def test_a_fresh_database_gets_an_overview_of_the_default_symbols(session: GivenSession) -> None:
    assert (
        fill_overview(session.whole, ("btc/usd", "AAPL", "NOPE"))
        == "2 instruments, the default ones, kept fresh by the minute"
    )
    assert active(session) == ["AAPL", "BTC-USD"]
    assert fill_overview(session.whole, ("MSFT",)) == "2 instruments kept fresh by the minute"


def test_an_overview_is_not_filled_where_a_list_holds_anything(trend: Trend, session: GivenSession) -> None:
    trend("portfolio", "add", "mine", "MSFT", "1")
    assert fill_overview(session.whole, ("AAPL",)) == "1 instrument kept fresh by the minute"
    assert active(session) == ["MSFT"]


def test_an_overview_that_cannot_be_filled_says_what_to_do() -> None:
    assert "trend overview add" in fill_overview(simulated_session(symbols=("VOD",)).whole, ("AAPL",))


def test_a_day_of_hourly_runs_does_not_hide_the_first_history(trend: Trend, session: GivenSession) -> None:
    assert _last_history(session.whole) is None
    trend("backfill", "7D")
    runs = session.whole.storage.runs
    for minutes in range(0, 1440, 10):
        for kind in ("hourly", "latest"):
            run_id = runs.start(kind, "{}", NOW + timedelta(minutes=minutes))
            runs.finish(run_id, "done", "{}", NOW + timedelta(minutes=minutes))
    found = _last_history(session.whole)
    assert found
    assert found.kind == "backfill"
