import asyncio

import pytest

from trend_platform.ingest.hedging import first_usable


async def told(answer: str, seconds: float, ended: list[str]) -> str:
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        ended.append(answer)
        raise
    return answer


@pytest.mark.parametrize(
    ("first", "second", "expected", "called_off"),
    [
        (("one", 0.0), ("two", 0.0), "one", []),
        (("one", 9.0), ("two", 0.0), "two", ["one"]),
        (("one", 0.1), ("bad two", 0.0), "one", []),
        (("bad one", 0.05), ("two", 0.05), "two", []),
        (("bad one", 0.05), ("bad two", 0.0), "bad one", []),
        (("one", 0.05), ("two", 9.0), "one", ["two"]),
    ],
)
async def test_the_first_usable_answer_counts_and_the_other_question_is_called_off(
    first: tuple[str, float], second: tuple[str, float], expected: str, called_off: list[str]
):
    ended: list[str] = []
    found = await first_usable(
        lambda: told(*first, ended), lambda: told(*second, ended), lambda answer: "bad" not in answer, 0.02
    )
    assert (found, ended) == (expected, called_off)


async def test_a_quick_answer_asks_nobody_else_however_bad_it_is():
    asked = []

    async def instead() -> str:
        asked.append("two")
        return "two"

    found = await first_usable(lambda: told("bad one", 0.0, []), instead, lambda answer: "bad" not in answer, 5.0)
    assert (found, asked) == ("bad one", [])


async def test_an_error_is_raised_and_calls_the_other_off():
    async def broken() -> str:
        await asyncio.sleep(0.05)
        raise ValueError("broken")

    ended: list[str] = []
    with pytest.raises(ValueError, match="broken"):
        await first_usable(broken, lambda: told("two", 9.0, ended), bool, 0.01)
    assert ended == ["two"]
