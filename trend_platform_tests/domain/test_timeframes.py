"""Timeframes as people type them."""

from datetime import timedelta

import pytest

from trend_platform.domain.timeframes import Timeframe, parse_timeframe
from trend_platform.errors import UsageError


@pytest.mark.parametrize("timeframe", Timeframe)
def test_a_timeframe_is_read_as_it_is_written(timeframe: Timeframe) -> None:
    assert parse_timeframe(timeframe.value) is timeframe
    assert parse_timeframe(f" {timeframe.value} ") is timeframe


def test_case_does_not_matter_where_it_is_clear() -> None:
    assert parse_timeframe("1H") is Timeframe.H1
    assert parse_timeframe("1MO") is Timeframe.MO1


@pytest.mark.parametrize("text", ["1M", " 1M"])
def test_1m_in_capitals_is_a_question(text: str) -> None:
    with pytest.raises(UsageError, match="1m or 1mo"):
        parse_timeframe(text)


def test_an_unknown_timeframe_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="'2d' is no timeframe; known: 1m, 5m"):
        parse_timeframe("2d")


def test_steps_are_those_of_the_names() -> None:
    steps = {
        timeframe.value: timeframe.step // timedelta(minutes=1) for timeframe in Timeframe if timeframe.is_intraday
    }
    assert steps == {"1m": 1, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "4h": 240, "12h": 720}


@pytest.mark.parametrize("timeframe", [Timeframe.D1, Timeframe.W1, Timeframe.MO1])
def test_a_day_has_no_fixed_length(timeframe: Timeframe) -> None:
    assert not timeframe.is_intraday
    with pytest.raises(UsageError, match="ask the calendar"):
        _ = timeframe.step
