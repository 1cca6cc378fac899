"""Turns: everybody's comes, equally often."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from trend_platform.ingest.turns import whose_turn

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
EVERY = timedelta(minutes=30)


def test_few_have_their_turn_always() -> None:
    assert whose_turn("abc", 3, NOON, EVERY) == ("a", "b", "c")
    assert whose_turn("", 3, NOON, EVERY) == ()


def test_a_turn_lasts_as_long_as_its_slot() -> None:
    assert whose_turn("abcde", 2, NOON, EVERY) == whose_turn("abcde", 2, NOON + timedelta(minutes=29), EVERY)
    assert whose_turn("abcde", 2, NOON, EVERY) != whose_turn("abcde", 2, NOON + EVERY, EVERY)


@given(st.integers(1, 60), st.integers(1, 20))
def test_in_as_many_slots_as_there_are_members_all_had_equally_many_turns(members: int, at_once: int) -> None:
    turns = Counter(
        one for slot in range(members) for one in whose_turn(range(members), at_once, NOON + slot * EVERY, EVERY)
    )
    assert set(turns) == set(range(members))
    assert len(set(turns.values())) == 1
