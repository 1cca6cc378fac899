"""Asking in parts: every name in one part, failures kept apart, times never made up."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trend_platform.domain.candles import INSTANT
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.quotes import QUOTE_SCHEMA, empty_quotes
from trend_platform.errors import Malformed, NotEntitled, NothingThere, ProviderError, Transient, UsageError
from trend_platform.providers.base import QuoteAnswer
from trend_platform.providers.quoting import ask_parts, ask_spelt, check_kinds, in_parts, read_rows

NOW = datetime(2026, 11, 20, 15, 3, 20, tzinfo=UTC)
ONE, TWO, THREE = (Instrument(number, f"S{number}", AssetClass.STOCK, "XNYS") for number in (1, 2, 3))


def _rows(*rows: tuple[int, float | None, datetime | None]) -> pl.DataFrame:
    return pl.DataFrame(
        rows, schema={"instrument_id": pl.Int32(), "price": pl.Float64(), "quoted_at": INSTANT}, orient="row"
    )


class Asker:
    """Quotes the instruments of a part, or fails with the error planted for its first one."""

    def __init__(self, outcomes: dict[Instrument, ProviderError]) -> None:
        self._outcomes = outcomes

    async def __call__(self, part: Sequence[Instrument]) -> QuoteAnswer:
        error = self._outcomes.get(part[0])
        if error is not None:
            raise error
        return read_rows("fake", _rows(*((one.instrument_id, 1.0, NOW) for one in part)), part, NOW, 1)


def _error(kind: type[ProviderError], calls: int) -> ProviderError:
    error = kind("fake", "planted")
    error.calls = calls
    return error


@given(st.lists(st.text("AB.", min_size=1, max_size=12)), st.integers(1, 5), st.integers(1, 40))
def test_each_name_is_in_one_part_and_no_part_is_too_long(names: list[str], most: int, longest: int) -> None:
    parts = in_parts(names, most, longest)
    assert [name for part in parts for name in part] == names
    assert all(0 < len(part) <= most for part in parts)
    assert all(len(",".join(part)) <= longest or len(part) == 1 for part in parts)


@given(st.lists(st.text("AB.", min_size=1, max_size=12)), st.integers(1, 5), st.integers(1, 40))
def test_no_part_could_have_taken_the_next_ones_first_name(names: list[str], most: int, longest: int) -> None:
    parts = in_parts(names, most, longest)
    for part, following in pairwise(parts):
        assert len(part) == most or len(",".join([*part, following[0]])) > longest


def test_five_hundred_tickers_fit_in_one_address() -> None:
    assert len(in_parts(f"ABC{number % 100:02d}" for number in range(500))) == 1


async def test_a_part_that_fails_leaves_the_others() -> None:
    answer = await ask_parts([[ONE, TWO], [THREE]], Asker({ONE: _error(Transient, 5)}))
    assert answer.quotes["instrument_id"].to_list() == [3]
    assert {one: type(error) for one, error in answer.failures.items()} == {1: Transient, 2: Transient}
    assert answer.calls == 6


async def test_a_part_of_which_nothing_is_there_is_a_fact() -> None:
    answer = await ask_parts([[ONE, TWO]], Asker({ONE: _error(NothingThere, 1)}))
    assert (answer.nothing_there, answer.failures, answer.calls) == (frozenset({1, 2}), {}, 1)


async def test_a_fact_beside_a_failure_is_an_answer() -> None:
    answer = await ask_parts([[ONE], [TWO]], Asker({ONE: _error(NothingThere, 1), TWO: _error(Transient, 5)}))
    assert (answer.quotes.height, answer.nothing_there, set(answer.failures)) == (0, frozenset({1}), {2})


async def test_if_every_part_fails_the_error_counts_all_calls() -> None:
    with pytest.raises(NotEntitled) as caught:
        await ask_parts([[ONE], [TWO]], Asker({ONE: _error(NotEntitled, 1), TWO: _error(Transient, 5)}))
    assert caught.value.calls == 6


async def test_what_is_known_without_asking_is_part_of_the_answer() -> None:
    known = QuoteAnswer(empty_quotes(), 2, frozenset({9}), {8: _error(Malformed, 0)})
    answer = await ask_parts([[ONE]], Asker({}), known)
    assert (answer.calls, answer.nothing_there, set(answer.failures)) == (3, frozenset({9}), {8})


class Named:
    """Quotes what it is asked for by name, and remembers the names."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    async def __call__(self, asked: Mapping[str, Instrument]) -> QuoteAnswer:
        self.asked.append(list(asked))
        rows = _rows(*((one.instrument_id, 1.0, NOW) for one in asked.values()))
        return read_rows("fake", rows, list(asked.values()), NOW, 1)


async def test_instruments_are_asked_by_name_in_parts_and_those_without_one_are_nothing_there() -> None:
    asker = Named()
    answer = await ask_spelt(
        "fake",
        [ONE, TWO, THREE],
        frozenset({AssetClass.STOCK}),
        lambda one: None if one is TWO else one.symbol.lower(),
        1,
        asker,
    )
    assert sorted(asker.asked) == [["s1"], ["s3"]]
    assert (answer.quotes["instrument_id"].to_list(), answer.nothing_there, answer.calls) == ([1, 3], {2}, 2)


async def test_instruments_of_one_name_are_not_asked_and_both_fail() -> None:
    asker = Named()
    kinds = frozenset({AssetClass.STOCK})
    answer = await ask_spelt(
        "fake", [ONE, TWO, THREE], kinds, lambda one: "S" if one is not THREE else "T", None, asker
    )
    assert (asker.asked, set(answer.failures)) == ([["T"]], {1, 2})
    assert "S1 (stock) and S2 (stock) alike" in str(answer.failures[1])


async def test_what_is_of_another_kind_is_refused_before_anything_is_asked() -> None:
    asker = Named()
    with pytest.raises(UsageError, match="which is stock"):
        await ask_spelt("fake", [ONE], frozenset({AssetClass.CRYPTO}), lambda one: one.symbol, None, asker)
    assert asker.asked == []


def test_an_instrument_without_a_price_is_nothing_there() -> None:
    answer = read_rows("fake", _rows((1, None, NOW), (2, 5.0, NOW)), [ONE, TWO, THREE], NOW, 1)
    assert answer.nothing_there == {1, 3}
    assert answer.quotes.schema == QUOTE_SCHEMA
    assert answer.quotes.select("instrument_id", "price", "previous_close").rows() == [(2, 5.0, None)]


def test_a_price_without_its_time_is_malformed_and_gets_none() -> None:
    answer = read_rows("fake", _rows((1, 4.0, None), (2, 5.0, NOW)), [ONE, TWO], NOW + timedelta(hours=1), 1)
    assert answer.quotes["quoted_at"].to_list() == [NOW]
    assert isinstance(answer.failures[1], Malformed)
    assert "S1 comes without its time" in str(answer.failures[1])
    assert answer.nothing_there == frozenset()


def test_of_two_rows_for_one_instrument_the_first_is_taken() -> None:
    answer = read_rows("fake", _rows((1, 4.0, NOW), (1, 5.0, NOW)), [ONE], NOW, 1)
    assert answer.quotes["price"].to_list() == [4.0]


def test_a_kind_that_is_not_quoted_is_named() -> None:
    with pytest.raises(UsageError, match="fake quotes etf; asked was S1, which is stock"):
        check_kinds("fake", [ONE], frozenset({AssetClass.ETF}))


async def test_instruments_of_two_markets_are_named_in_no_call_together_and_may_be_spelt_alike() -> None:
    asker = Named()
    kinds = frozenset({AssetClass.STOCK})
    answer = await ask_spelt(
        "fake",
        [ONE, TWO, THREE],
        kinds,
        lambda one: "S" if one is not TWO else "T",
        None,
        asker,
        lambda one: one is ONE,
    )
    assert sorted(asker.asked) == [["S"], ["T", "S"]]
    assert (answer.quotes["instrument_id"].to_list(), answer.failures) == ([1, 2, 3], {})
