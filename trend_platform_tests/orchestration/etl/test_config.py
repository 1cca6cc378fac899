from datetime import date

import pytest

from trend_platform.errors import UsageError
from trend_platform.orchestration.etl.config import HistoryConfig

TODAY = date(2026, 11, 20)


def test_an_empty_config_means_all_symbols_as_of_today() -> None:
    config = HistoryConfig()
    assert config.symbols == []
    assert config.last_day(TODAY) == TODAY
    assert not config.refresh


def test_as_of_is_read_as_a_date() -> None:
    assert HistoryConfig(as_of="2018-02-07").last_day(TODAY) == date(2018, 2, 7)


@pytest.mark.parametrize(("text", "words"), [("7.2.2018", "is no date"), ("2026-11-21", "lies in the future")])
def test_a_wrong_as_of_says_what_fits(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        HistoryConfig(as_of=text).last_day(TODAY)
