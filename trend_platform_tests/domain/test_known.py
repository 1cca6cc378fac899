from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.candles import CANDLE_SCHEMA
from trend_platform.domain.intervals import Interval
from trend_platform.domain.known import known_at
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.base import PriceKind
from trend_platform.storage.changes import REVISION_SCHEMA
from trend_platform.storage.memory import open_memory

T0 = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
ALL = Interval(T0 - timedelta(days=100), T0 + timedelta(days=100))


def candle(day: int, close: float, fetched: datetime, *, is_final: bool = True) -> dict[str, object]:
    return {
        "instrument_id": 1, "timeframe": "1d", "opened_at": T0 + timedelta(days=day), "open": 1.0, "high": 99.0,
        "low": 0.5, "close": close, "volume": None, "vwap": None, "trade_count": None, "provider": "p", "basis": "raw",
        "is_final": is_final, "fetched_at": fetched,
    }  # fmt: skip


def frame(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=CANDLE_SCHEMA)


def revisions(*rows: tuple[dict[str, object], datetime, int]) -> pl.DataFrame:
    told = [{**row, "revised_at": at, "run_id": run} for row, at, run in rows]
    return pl.DataFrame(told, schema=REVISION_SCHEMA)


def closes(known: pl.DataFrame) -> list[float]:
    return known["close"].to_list()


def test_a_candle_is_not_known_before_it_was_fetched() -> None:
    now = frame(candle(0, 5.0, T0 + HOUR))
    assert closes(known_at(now, revisions(), {}, T0 + HOUR - timedelta(microseconds=1))) == []
    assert closes(known_at(now, revisions(), {}, T0 + HOUR)) == [5.0]


def test_old_values_are_known_until_the_moment_the_new_ones_came() -> None:
    now = frame(candle(0, 7.0, T0 + 5 * HOUR))
    old = revisions((candle(0, 5.0, T0 + HOUR), T0 + 3 * HOUR, 2), (candle(0, 6.0, T0 + 3 * HOUR), T0 + 5 * HOUR, 3))
    found = [closes(known_at(now, old, {}, T0 + hours * HOUR)) for hours in range(7)]
    assert found == [[], [5.0], [5.0], [6.0], [6.0], [7.0], [7.0]]


def test_a_change_by_reading_an_old_answer_anew_counts_from_when_that_was_done() -> None:
    now, old = frame(candle(0, 6.0, T0)), revisions((candle(0, 5.0, T0), T0, 9))
    replayed = {9: T0 + 4 * HOUR}
    found = [closes(known_at(now, old, replayed, T0 + hours * HOUR)) for hours in (0, 3, 4)]
    assert found == [[5.0], [5.0], [6.0]]
    assert closes(known_at(now, old, {}, T0 + HOUR)) == [6.0], "without its record, the run counts as of its answer"


def test_a_candle_that_was_forming_then_and_is_final_now_is_not_made_up() -> None:
    now = frame(candle(0, 5.0, T0 + 9 * HOUR), candle(1, 6.0, T0 + HOUR, is_final=False))
    assert known_at(now, revisions(), {}, T0 + 2 * HOUR)["is_final"].to_list() == [False]


steps = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 5), st.booleans()), min_size=1, max_size=25)


@given(steps)
def test_what_is_known_at_any_instant_is_what_was_stored_then(told: list[tuple[int, int, bool]]) -> None:
    market = open_memory(PriceKind.REAL).market
    seen: list[tuple[datetime, pl.DataFrame]] = []
    for number, (day, close, also) in enumerate(told, start=1):
        at = T0 + number * HOUR
        days = {day, (day + 1) % 4} if also else {day}
        with market.begin(run_id=number) as transaction:
            transaction.upsert(frame(*(candle(one, float(close), at) for one in sorted(days))))
        seen.append((at, market.candles([1], Timeframe.D1, ALL)))
    current, old = market.candles([1], Timeframe.D1, ALL), market.revisions(1, Timeframe.D1, ALL)
    began = {number: T0 + number * HOUR for number in range(1, len(told) + 1)}
    for at, stored in seen:
        for later in (timedelta(0), HOUR / 2):
            assert known_at(current, old, began, at + later).equals(stored)
    assert known_at(current, old, began, T0).is_empty()


@pytest.mark.parametrize("hours", [1, 2])
def test_the_order_of_current_candles_does_not_matter(hours: int) -> None:
    rows = [candle(day, float(day), T0 + hours * HOUR) for day in (3, 1, 2)]
    assert closes(known_at(frame(*rows), revisions(), {}, T0 + hours * HOUR)) == [1.0, 2.0, 3.0]
