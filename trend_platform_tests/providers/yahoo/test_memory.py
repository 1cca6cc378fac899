"""Splits are remembered for an hour, as far back as they were told."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from trend_platform.domain.actions import empty_splits
from trend_platform.providers.yahoo.memory import SplitMemory

NOW = datetime(2024, 3, 8, 22, tzinfo=UTC)
DAY = timedelta(days=1)


def _recalled(ticker: str, since: datetime, now: datetime) -> pl.DataFrame | None:
    memory = SplitMemory()
    memory.keep("AAPL", NOW - 10 * DAY, NOW, empty_splits())
    return memory.recall(ticker, since, now)


@pytest.mark.parametrize("days", [0, 3, 10])
def test_what_was_told_since_then_is_known(days: int) -> None:
    assert _recalled("AAPL", NOW - days * DAY, NOW + timedelta(minutes=59)) is not None


@pytest.mark.parametrize(
    ("ticker", "since", "now"),
    [
        ("AAPL", NOW - 11 * DAY, NOW),
        ("AAPL", NOW - DAY, NOW + timedelta(hours=1)),
        ("MSFT", NOW - DAY, NOW),
    ],
)
def test_what_reaches_further_or_is_old_or_of_another_must_be_asked(
    ticker: str, since: datetime, now: datetime
) -> None:
    assert _recalled(ticker, since, now) is None
