import pytest

from trend_platform.wording import counted


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 candles"), (1, "1 candle"), (2, "2 candles"), (1200, "1,200 candles")]
)
def test_a_noun_follows_its_number(number: int, text: str) -> None:
    assert counted(number, "candle") == text


def test_an_irregular_plural_is_given() -> None:
    assert [counted(n, "row was", "rows were") for n in (1, 3)] == ["1 row was", "3 rows were"]
