"""CoinGecko's own candles: stamped with their close, and checked for their length."""

from datetime import date, datetime, timedelta

import pytest

from trend_platform.domain.candles import Basis
from trend_platform.domain.intervals import days, midnight
from trend_platform.errors import GranularityMismatch, Malformed
from trend_platform.providers.base import Capabilities
from trend_platform.providers.coingecko.bodies import daily_bodies, read_bodies

START = midnight(date(2026, 11, 1))
CAPABILITIES = Capabilities(frozenset(), frozenset(), Basis.RAW)


def _body(closed_at: datetime, price: float) -> list[float]:
    return [int(closed_at.timestamp() * 1000), price, price + 1, price - 1, price]


def test_a_body_is_stamped_with_its_open() -> None:
    rows = [_body(START + timedelta(days=number), float(number)) for number in range(1, 5)]
    candles = daily_bodies(
        read_bodies(rows), 5, days(date(2026, 11, 1), date(2026, 11, 3)), CAPABILITIES, START + timedelta(days=9)
    )
    assert candles.select("opened_at", "open").rows() == [
        (START + timedelta(days=number), number + 1.0) for number in range(3)
    ]


def test_the_forming_body_is_stamped_within_its_day() -> None:
    now = START + timedelta(days=2, hours=7)
    rows = [_body(START + timedelta(days=1), 1.0), _body(START + timedelta(days=2), 2.0), _body(now, 3.0)]
    candles = daily_bodies(read_bodies(rows), 5, days(date(2026, 11, 1), date(2026, 11, 3)), CAPABILITIES, now)
    assert candles.select("open", "is_final").rows() == [(1.0, True), (2.0, True), (3.0, False)]


@pytest.mark.parametrize("hours", [4, 96, 1])
def test_bodies_of_another_length_are_refused(hours: int) -> None:
    rows = [_body(START + timedelta(hours=hours * number), 1.0) for number in range(10)]
    with pytest.raises(GranularityMismatch):
        daily_bodies(
            read_bodies(rows), 5, days(date(2026, 11, 1), date(2026, 11, 30)), CAPABILITIES, START + timedelta(days=90)
        )


@pytest.mark.parametrize("document", [{}, [[1, 2]], ["a"], None])
def test_what_holds_no_bodies_is_refused(document: object) -> None:
    with pytest.raises(Malformed, match="holds no candles"):
        read_bodies(document)
