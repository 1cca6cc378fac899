"""`trend actions`: listed, fetched, said by hand and taken back; and reading on every basis."""

from datetime import date

import pytest

from trend_platform.domain.actions import ActionKind
from trend_platform.domain.ranges import Range
from trend_platform.settings import Mode
from trend_platform_tests.cli.conftest import Trend, answer_of
from trend_platform_tests.cli.sessions import GivenSession
from trend_platform_tests.ingest.registrar import Registrar
from trend_platform_tests.ingest.stall import Bazaar, Stall


@pytest.fixture(autouse=True)
def stored(trend: Trend) -> None:
    assert trend("backfill", "3M", "AAPL")[0] == 0


def test_what_is_added_is_listed_and_read_by(trend: Trend) -> None:
    plain = answer_of(trend("candles", "show", "AAPL", "--start", "2026-02-19", "--json"))["candles"]
    code, out, _ = trend("actions", "add", "AAPL", "split", "2026-02-20", "--ratio", "4")
    assert (code, out) == (0, "AAPL: split of 2026-02-20 is kept. Stored prices were not touched.\n")
    assert trend("actions", "add", "AAPL", "dividend", "2026-02-23", "--amount", "1.5")[0] == 0
    rows = answer_of(trend("actions", "list", "AAPL", "--json"))["actions"]
    assert [(one["kind"], one["ex_date"], one["what"], one["provider"]) for one in rows] == [
        ("dividend", "2026-02-23", "1.5 USD", "user"), ("split", "2026-02-20", "4 for 1", "user")
    ]  # fmt: skip
    split = answer_of(trend("candles", "show", "AAPL", "--start", "2026-02-19", "--adjust", "split", "--json"))
    assert split["candles"][0]["close"] == plain[0]["close"] / 4
    whole = answer_of(trend("candles", "show", "AAPL", "--start", "2026-02-19", "--adjust", "all", "--json"))
    friday = plain[1]["close"]
    assert whole["candles"][1]["close"] == pytest.approx(friday - 1.5)
    assert whole["candles"][0]["close"] == pytest.approx(plain[0]["close"] / 4 * (1 - 1.5 / friday))
    assert {one["basis"] for one in whole["candles"]} == {"all"}


def test_what_is_taken_back_is_gone(trend: Trend) -> None:
    trend("actions", "add", "AAPL", "split", "2026-02-20", "--ratio", "0.05")
    assert "1 for 20" in trend("actions", "list", "AAPL", "--kind", "split")[1]
    assert trend("actions", "remove", "AAPL", "split", "2026-02-20")[0] == 0
    assert answer_of(trend("actions", "list", "AAPL", "--kind", "dividend", "--json")) == {"actions": []}
    code, _, err = trend("actions", "remove", "AAPL", "split", "2026-02-20")
    assert code == 2
    assert "no split of AAPL is known for 2026-02-20" in err


def test_a_new_symbol_serves_the_history_of_the_old_one(trend: Trend) -> None:
    before = answer_of(trend("candles", "show", "AAPL", "--json"))["candles"]
    answer = answer_of(trend("actions", "add", "AAPL", "symbol_change", "2026-02-20", "--to", "aapx", "--json"))
    assert (answer["symbol"], answer["actions"][0]["what"]) == ("AAPX", "was AAPL")
    for symbol in ("AAPX", "AAPL"):
        shown = answer_of(trend("candles", "show", symbol, "--json"))
        assert (shown["symbol"], shown["candles"]) == ("AAPX", before)


def test_a_fetch_tells_what_is_new_and_that_no_price_was_touched(trend: Trend, session: GivenSession) -> None:
    code, out, _ = trend("actions", "fetch", "AAPL", "MSFT")
    assert code == 0
    assert out.startswith("2 shares: ")
    answer = answer_of(trend("actions", "fetch", "--json"))
    assert (answer["instruments"], answer["added"], answer["failures"]) == (2, 0, [])
    known = session.whole.storage.actions.of([1, 2])
    assert set(known["kind"]) <= {ActionKind.SPLIT.value}


def test_a_fetch_tells_that_a_share_was_delisted_and_nothing_is_expected_after(trend: Trend) -> None:
    bazaar, day = Bazaar(), date(2026, 1, 5)
    bazaar.add("TWX")
    lacks = frozenset(date.fromordinal(one) for one in range(day.toordinal(), date(2026, 3, 5).toordinal()))
    bazaar.backfill(Stall("one", lacks=lacks), range_=Range.M3)
    shop = GivenSession(bazaar.workshop(Registrar("one", gone_rows=[(1, day)])), mode=Mode.LIVE)
    code, out, _ = trend("actions", "fetch", "TWX", on=shop)
    assert (code, "1 delisting told, 1 new or changed" in out) == (0, True), out
    (row,) = answer_of(trend("actions", "list", "--json", on=shop))["actions"]
    assert (row["symbol"], row["kind"], row["ex_date"], row["provider"]) == ("TWX", "delisting", "2026-01-05", "one")
    (listed,) = answer_of(trend("instruments", "list", "--json", on=shop))["instruments"]
    assert listed["delisted_on"] == "2026-01-05"


def test_a_check_without_new_splits_says_so(trend: Trend) -> None:
    assert trend("actions", "check") == (0, "No split of the last weeks is left to be checked.\n", "")


def test_a_split_that_prices_contradict_is_told_by_the_check(trend: Trend) -> None:
    trend("actions", "add", "AAPL", "split", "2026-02-20", "--ratio", "4")
    code, out, _ = trend("actions", "check")
    assert code == 1
    assert "the split of AAPL on 2026-02-20, 4 for 1, is not seen" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("split", "2026-02-20"), "a split needs --ratio"),
        (("dividend", "2026-02-20", "--ratio", "2"), "a dividend needs --amount"),
        (("delisting", "2026-02-20", "--to", "X"), "a delisting has no --to"),
        (("symbol_change", "2026-02-20"), "a symbol_change needs --to"),
        (("symbol_change", "2026-02-20", "--to", "MSFT"), "MSFT is in the universe beside AAPL"),
        (("split", "tomorrow", "--ratio", "2"), "'tomorrow' is no date"),
    ],
)
def test_what_does_not_fit_is_told_and_nothing_is_kept(trend: Trend, arguments: tuple[str, ...], says: str) -> None:
    code, _, err = trend("actions", "add", "AAPL", *arguments)
    assert code == 2
    assert says in err
    assert answer_of(trend("actions", "list", "--json")) == {"actions": []}
