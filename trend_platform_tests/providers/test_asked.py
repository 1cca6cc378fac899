"""Requests for one instrument's history: served, or refused with what is served."""

from datetime import date

import pytest

from trend_platform.domain.candles import Basis
from trend_platform.domain.instruments import AssetClass
from trend_platform.domain.intervals import days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import UsageError
from trend_platform.providers.asked import check_by_symbol, one_asked
from trend_platform.providers.base import CandleRequest, Capabilities, Route
from trend_platform_tests.providers.exchanges import pair

DAY = days(date(2026, 1, 1), date(2026, 1, 1))
CAPABILITIES = Capabilities(
    frozenset({AssetClass.CRYPTO}), frozenset({Timeframe.D1, Timeframe.M1, Timeframe.H1}), Basis.RAW
)


def test_the_one_instrument_of_a_request_that_is_served_is_returned() -> None:
    request = CandleRequest(Route.BY_SYMBOL, (pair("BTC-USD"),), Timeframe.H1, DAY)
    assert one_asked("p", CAPABILITIES, request) == pair("BTC-USD")


@pytest.mark.parametrize(
    ("route", "count", "timeframe", "told"),
    [
        (Route.BY_SYMBOL, 1, Timeframe.H4, "p serves 1m, 1h, 1d candles by symbol, asked were 4h ones by_symbol"),
        (Route.BY_SESSION, 1, Timeframe.D1, "asked were 1d ones by_session"),
        (Route.BY_SYMBOL, 2, Timeframe.D1, "p serves one instrument a request, asked were 2"),
        (Route.BY_SYMBOL, 0, Timeframe.D1, "asked were 0"),
    ],
)
def test_any_other_request_is_refused_with_what_is_served(
    route: Route, count: int, timeframe: Timeframe, told: str
) -> None:
    request = CandleRequest(route, (pair("BTC-USD"),) * count, timeframe, DAY)
    with pytest.raises(UsageError, match=told):
        one_asked("p", CAPABILITIES, request)


def test_histories_of_many_instruments_are_refused_for_their_length_and_route_only() -> None:
    many = (pair("BTC-USD"), pair("ETH-USD"))
    check_by_symbol("p", CAPABILITIES, CandleRequest(Route.BY_SYMBOL, many, Timeframe.D1, DAY))
    with pytest.raises(UsageError, match=r"asked were 1w ones by_symbol$"):
        check_by_symbol("p", CAPABILITIES, CandleRequest(Route.BY_SYMBOL, many, Timeframe.W1, DAY))
