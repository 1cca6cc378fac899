"""The distinct symbols of a month, counted before a call is spent on one too many."""

from datetime import UTC, datetime

import pytest

from trend_platform.domain.clock import ManualClock
from trend_platform.errors import QuotaExhausted
from trend_platform.providers.tiingo.allowance import MonthlySymbols


def _month(most: int | None) -> tuple[MonthlySymbols, ManualClock]:
    clock = ManualClock(datetime(2026, 11, 20, 12, tzinfo=UTC))
    return MonthlySymbols(most, clock), clock


def test_a_symbol_counts_once_and_one_too_many_is_refused_until_the_month_ends() -> None:
    symbols, clock = _month(2)
    for ticker in ("aapl", "msft", "aapl"):
        symbols.admit(ticker)
    with pytest.raises(QuotaExhausted, match=r"2 distinct symbols .* spy is another.*SYMBOLS_PER_MONTH") as caught:
        symbols.admit("spy")
    assert caught.value.retry_after_seconds == (datetime(2026, 12, 1, 5, tzinfo=UTC) - clock.now()).total_seconds()
    symbols.admit("msft")


def test_of_many_the_first_are_admitted_and_those_asked_before_always() -> None:
    symbols, _ = _month(3)
    symbols.admit("spy")
    assert symbols.admitted(["a", "b", "c", "spy"]) == ["a", "b", "spy"]


def test_the_count_begins_anew_with_the_month_of_new_york() -> None:
    symbols, clock = _month(1)
    symbols.admit("aapl")
    clock.instant = datetime(2026, 12, 1, 4, 59, tzinfo=UTC)
    assert symbols.admitted(["msft"]) == []
    clock.instant = datetime(2026, 12, 1, 5, tzinfo=UTC)
    assert symbols.admitted(["msft"]) == ["msft"]


def test_a_plan_without_the_limit_counts_none() -> None:
    symbols, _ = _month(None)
    many = [f"s{number}" for number in range(2000)]
    assert symbols.admitted(many) == many
