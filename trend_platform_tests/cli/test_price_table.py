from datetime import UTC, datetime, timedelta

import pytest

from trend_platform.cli.ages import age
from trend_platform.cli.output import Output, Signed, cell
from trend_platform.cli.price_table import price_json, price_row, show_prices
from trend_platform.domain.quotes import LatestPrice

NOW = datetime(2026, 3, 4, 22, 30, tzinfo=UTC)


def price(change: float | None, percent: float | None, value: float = 100.0) -> LatestPrice:
    return LatestPrice("AAPL", value, change, percent, NOW - timedelta(seconds=65), "polygon")


def test_a_change_is_shown_with_its_sign() -> None:
    assert [cell(one) for one in price_row(price(6.72345, 2.14159), NOW)[2:4]] == ["+6.72", "+2.14"]
    assert [cell(one) for one in price_row(price(-2658.591, -3.3), NOW)[2:4]] == ["-2,658.59", "-3.30"]
    assert [cell(one) for one in price_row(price(-0.00012349, 0.0), NOW)[2:4]] == ["-0.0001235", "0"]
    assert cell(Signed(0.0)) == "0"


def test_a_change_nobody_knows_is_left_out_and_null() -> None:
    assert price_row(price(None, None), NOW)[2:4] == (None, None)
    assert price_json(price(None, None), NOW)["change"] is None


def test_the_age_is_that_of_the_quote() -> None:
    assert price_row(price(1, 1), NOW)[5] == "1 min 5 s"
    assert price_json(price(1, 1), NOW)["age_seconds"] == 65.0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, ""), (-3.0, "0 s"), (59.9, "59 s"), (3600.0, "1 h 0 min"), (90_000.0, "1 d 1 h"), (125.0, "2 min 5 s")],
)
def test_ages_are_told_in_their_two_largest_units(seconds: float | None, words: str) -> None:
    assert age(seconds) == words


def test_numbers_stand_to_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    show_prices(Output(), "", [price(6.7, 2.1), price(-2658.59, -3.3, 77_456.27)], NOW, ("cache", "database"))
    first, second = (line for line in capsys.readouterr().out.splitlines() if line.startswith("AAPL"))
    assert first.index("+6.70") + len("+6.70") == second.index("-2,658.59") + len("-2,658.59")
    assert first.split()[-1] == "cache"
