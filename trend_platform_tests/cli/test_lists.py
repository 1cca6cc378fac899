"""Watchlists, portfolios and the overview: what is on one is active, and what is said of it can be relied on."""

import pytest

from trend_platform_tests.cli.conftest import Trend, answer_of
from trend_platform_tests.cli.sessions import GivenSession

EMPTY = {"watchlist": "watchlists", "portfolio": "portfolios", "overview": "instruments"}


def active(session: GivenSession) -> list[str]:
    return [one.symbol for one in session.whole.storage.interests.active()]


@pytest.mark.parametrize("kind", list(EMPTY))
def test_a_list_without_anything_says_how_to_fill_it(trend: Trend, kind: str) -> None:
    code, out, _ = trend(kind, "list")
    assert code == 0
    assert f"trend {kind} add" in out
    assert answer_of(trend(kind, "list", "--json"))[EMPTY[kind]] == []


def test_what_is_on_a_watchlist_is_active_and_listed_in_the_order_it_was_added(
    trend: Trend, session: GivenSession
) -> None:
    answer = answer_of(trend("watchlist", "add", "tech", "msft", "aapl", "--json"))
    assert answer == {"watchlist": "tech", "added": ["MSFT", "AAPL"], "already_there": [], "new_in_universe": []}
    listed = answer_of(trend("watchlist", "list", "--json"))
    assert listed == {"watchlists": [{"name": "tech", "symbols": ["MSFT", "AAPL"]}]}
    assert active(session) == ["AAPL", "MSFT"]
    assert "MSFT AAPL" in trend("watchlist", "list")[1]


def test_adding_again_says_what_was_there(trend: Trend) -> None:
    trend("watchlist", "add", "tech", "AAPL")
    code, out, _ = trend("watchlist", "add", "tech", "AAPL", "MSFT")
    assert code == 0
    assert "AAPL was on watchlist 'tech' already." in out
    assert "MSFT is on watchlist 'tech' from now on." in out


def test_a_symbol_that_is_new_here_joins_the_universe_and_that_is_said(trend: Trend) -> None:
    code, out, _ = trend("watchlist", "add", "coins", "sol/usd")
    assert code == 0
    assert "SOL-USD was not kept here yet: added to the universe as crypto on 24/7." in out
    assert "SOL-USD" in trend("instruments", "list")[1]


def test_a_new_symbol_that_looks_like_a_known_one_is_asked_about(trend: Trend) -> None:
    _, out, _ = trend("overview", "add", "MSTF")
    assert "If you meant MSFT: `trend instruments remove MSTF` takes MSTF out again." in out
    assert "If you meant" not in trend("overview", "add", "VOD")[1]


@pytest.mark.parametrize("command", [("watchlist", "add", "tech"), ("overview", "add"), ("portfolio", "add", "mine")])
def test_what_cannot_be_a_symbol_is_refused_and_adds_nothing(
    trend: Trend, session: GivenSession, command: tuple[str, ...]
) -> None:
    quantity = ("10",) if command[0] == "portfolio" else ()
    code, _, err = trend(*command, "not!a!symbol", *quantity)
    assert code == 2
    assert "expected one like AAPL" in err
    assert active(session) == []


def test_a_forgotten_name_of_a_list_is_noticed(trend: Trend) -> None:
    code, _, err = trend("watchlist", "add", "aapl", "MSFT")
    assert code == 2
    assert "the name of the list comes first" in err
    assert trend("watchlist", "add", " ", "MSFT")[0] == 2


def test_taking_off_what_is_not_there_changes_nothing(trend: Trend, session: GivenSession) -> None:
    trend("watchlist", "add", "tech", "AAPL", "MSFT")
    code, _, err = trend("watchlist", "remove", "tech", "AAPL", "MSTF")
    assert code == 2
    assert "MSTF is not on watchlist 'tech', and nothing was changed; did you mean MSFT?" in err
    assert active(session) == ["AAPL", "MSFT"]


def test_a_list_that_is_not_there_is_told_with_the_one_that_is(trend: Trend) -> None:
    trend("watchlist", "add", "tech", "AAPL")
    assert "there is no watchlist 'tehc'; did you mean 'tech'?" in trend("watchlist", "remove", "tehc", "AAPL")[2]
    assert "there are: none" in trend("portfolio", "remove", "mine", "AAPL")[2]
    assert "the overview is empty" in trend("overview", "remove", "AAPL")[2]


def test_everything_goes_only_when_it_is_said(trend: Trend, session: GivenSession) -> None:
    trend("watchlist", "add", "tech", "AAPL", "MSFT")
    assert trend("watchlist", "remove", "tech")[0] == 2
    assert trend("watchlist", "remove", "tech", "AAPL", "--all")[0] == 2
    assert answer_of(trend("watchlist", "remove", "tech", "--all", "--json")) == {
        "watchlist": "tech", "removed": ["AAPL", "MSFT"]
    }  # fmt: skip
    assert active(session) == []
    assert answer_of(trend("watchlist", "list", "--json")) == {"watchlists": []}


def test_one_symbol_is_taken_off_and_stays_in_the_universe(trend: Trend) -> None:
    trend("overview", "add", "AAPL", "MSFT")
    assert answer_of(trend("overview", "remove", "aapl", "--json")) == {"removed": ["AAPL"]}
    assert [one["symbol"] for one in answer_of(trend("overview", "list", "--json"))["instruments"]] == ["MSFT"]
    assert "AAPL" in trend("instruments", "list")[1]


def test_a_holding_has_a_quantity_and_a_cost_and_is_replaced_by_the_next(trend: Trend) -> None:
    trend("portfolio", "add", "mine", "AAPL", "10", "--cost", "180")
    answer = answer_of(trend("portfolio", "add", "mine", "AAPL", "12.5", "--json"))
    assert answer == {"portfolio": "mine", "symbol": "AAPL", "quantity": 12.5, "cost": None, "new_in_universe": []}
    (mine,) = answer_of(trend("portfolio", "list", "--json"))["portfolios"]
    assert mine == {"name": "mine", "holdings": [{"symbol": "AAPL", "quantity": 12.5, "cost": None}]}


def test_a_short_holding_is_no_option(trend: Trend) -> None:
    assert answer_of(trend("portfolio", "add", "mine", "BTC-USD", "-0.25", "--json"))["quantity"] == -0.25
    assert trend("portfolio", "add", "mine", "BTC-USD", "1", "--cots", "3")[0] == 2


@pytest.mark.parametrize("amounts", [("0",), ("nan",), ("inf",), ("1", "--cost", "-1"), ("1", "--cost", "nan")])
def test_amounts_that_are_none_are_refused(trend: Trend, session: GivenSession, amounts: tuple[str, ...]) -> None:
    assert trend("portfolio", "add", "mine", "AAPL", *amounts)[0] == 2
    assert active(session) == []


def test_a_portfolio_is_emptied_symbol_by_symbol(trend: Trend, session: GivenSession) -> None:
    trend("portfolio", "add", "mine", "AAPL", "10")
    trend("portfolio", "add", "mine", "MSFT", "2")
    assert "MSFT" in trend("portfolio", "list")[1]
    assert "did you mean MSFT" in trend("portfolio", "remove", "mine", "MSTF")[2]
    assert trend("portfolio", "remove", "mine", "MSFT")[0] == 0
    assert active(session) == ["AAPL"]
