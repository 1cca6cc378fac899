"""What every provider must do when it is asked for latest prices: numbered cases that each one's test class inherits.

A subject of `provider_contract` joins with a `QuoteCase`; one whose case is `None` must refuse.
"""

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl
import pytest

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.quotes import QUOTE_KEY, QUOTE_SCHEMA
from trend_platform.errors import Blocked, NotEntitled, ProviderError, RateLimited, Transient, UsageError, WaitError
from trend_platform.providers.base import QuoteAnswer
from trend_platform_tests.contracts.provider_contract import PASSING, SECRET, ProviderSubject, WireFault


@dataclass(frozen=True, slots=True)
class QuoteCase:
    """What a subject quotes.

    Attributes:
        truth: `instrument_id`, `price`, `quoted_at` of `instruments`, sorted; no time is the clock's.
        instruments: Some that have a price; one call gives them.
        unknown: One of a kind that is quoted, of which there is no price.
        many: So many that it takes several calls; with `PAGE_FAILS` the call of the last one fails, another does not.
        calls: The calls that `many` takes.
    """

    truth: pl.DataFrame
    instruments: tuple[Instrument, ...]
    unknown: Instrument
    many: tuple[Instrument, ...]
    calls: int


class QuoteSubject(ProviderSubject, Protocol):
    """A provider under test that is asked for latest prices too."""

    @property
    def quotes(self) -> QuoteCase | None:
        """Return what it quotes, `None` if it quotes nothing."""
        ...


class QuoteContract:
    """The cases. A subclass overrides the fixture `subject`."""

    @pytest.fixture
    def subject(self) -> QuoteSubject:
        raise AssertionError("override the fixture `subject`")

    async def test_01_quotes_have_the_exact_schema_and_one_row_for_each_instrument(self, subject: QuoteSubject) -> None:
        quotes = (await _ask(subject, _case(subject).instruments)).quotes
        assert quotes.schema == QUOTE_SCHEMA
        assert quotes.equals(quotes.sort(QUOTE_KEY))
        assert quotes["instrument_id"].is_unique().all()

    async def test_02_prices_are_the_traded_ones_with_their_own_times(self, subject: QuoteSubject) -> None:
        case = _case(subject)
        answer = await _ask(subject, case.instruments)
        _assert_truth(answer, case)
        assert (answer.quotes["quoted_at"] < subject.clock.now()).all()
        assert (answer.failures, answer.nothing_there) == ({}, frozenset())

    async def test_03_each_row_says_who_sent_it_and_when_it_was_asked(self, subject: QuoteSubject) -> None:
        quotes = (await _ask(subject, _case(subject).instruments)).quotes
        assert quotes["provider"].unique().to_list() == [subject.open().name]
        assert quotes["fetched_at"].unique().to_list() == [subject.clock.now()]

    async def test_04_many_take_as_many_calls_as_declared(self, subject: QuoteSubject) -> None:
        case, declared = _case(subject), subject.open().capabilities.symbols_per_quote_call
        answer = await _ask(subject, case.many)
        assert (answer.calls, answer.quotes.height) == (case.calls, len(case.many))
        assert declared is None or case.calls == -(-len(case.many) // declared)
        assert (await _ask(subject, case.instruments)).calls == 1

    async def test_05_an_unknown_symbol_is_a_fact_and_costs_the_others_nothing(self, subject: QuoteSubject) -> None:
        case = _case(subject)
        answer = await _ask(subject, (case.unknown, *case.instruments))
        assert (answer.nothing_there, answer.failures) == (frozenset({case.unknown.instrument_id}), {})
        _assert_truth(answer, case)

    async def test_06_an_unknown_symbol_alone_is_a_fact_too(self, subject: QuoteSubject) -> None:
        unknown = _case(subject).unknown
        answer = await _ask(subject, (unknown,))
        assert (answer.quotes.height, answer.nothing_there) == (0, frozenset({unknown.instrument_id}))
        assert answer.quotes.schema == QUOTE_SCHEMA

    async def test_07_nobody_asked_for_is_no_call(self, subject: QuoteSubject) -> None:
        _case(subject)
        answer = await _ask(subject, ())
        assert (answer.calls, answer.quotes.height, answer.failures) == (0, 0, {})
        assert answer.quotes.schema == QUOTE_SCHEMA

    @pytest.mark.parametrize("fault", PASSING)
    async def test_08_a_fault_that_passes_changes_nothing(self, subject: QuoteSubject, fault: WireFault) -> None:
        case = _case(subject)
        answer = await _ask(subject, case.instruments, fault)
        _assert_truth(answer, case)
        assert (answer.calls, answer.failures) == (2, {})

    async def test_09_a_call_that_fails_costs_its_own_instruments_only(self, subject: QuoteSubject) -> None:
        case = _case(subject)
        answer = await _ask(subject, case.many, WireFault.PAGE_FAILS)
        asked, priced = {one.instrument_id for one in case.many}, set(answer.quotes["instrument_id"])
        assert case.many[-1].instrument_id in answer.failures
        assert priced == asked - answer.failures.keys()
        assert priced
        assert {type(error) for error in answer.failures.values()} == {Transient}
        assert answer.calls > case.calls

    async def test_10_a_long_retry_after_is_not_waited_for(self, subject: QuoteSubject) -> None:
        error = await _fails(subject, WireFault.LONG_RETRY_AFTER)
        assert isinstance(error, WaitError)
        assert (error.retry_after_seconds, error.calls) == (86_400, 1)

    async def test_11_a_provider_that_stays_down_is_transient_and_counts_its_calls(self, subject: QuoteSubject) -> None:
        error = await _fails(subject, WireFault.ALWAYS_DOWN)
        assert isinstance(error, (Transient, RateLimited))
        assert error.calls >= 2

    async def test_12_a_web_page_is_a_wall_and_not_an_empty_answer(self, subject: QuoteSubject) -> None:
        assert isinstance(await _fails(subject, WireFault.HTML), Blocked)

    @pytest.mark.parametrize("fault", [WireFault.LONG_RETRY_AFTER, WireFault.ALWAYS_DOWN, WireFault.HTML])
    async def test_13_no_error_carries_the_key(self, subject: QuoteSubject, fault: WireFault) -> None:
        error = await _fails(subject, fault)
        assert SECRET not in "".join(traceback.format_exception(error)) + repr(vars(error))

    async def test_14_what_it_does_not_quote_it_refuses_without_a_call(self, subject: QuoteSubject) -> None:
        provider = subject.open()
        expected = UsageError if provider.capabilities.quotes else NotEntitled
        assert bool(provider.capabilities.quotes) is (subject.quotes is not None)
        for kind in set(AssetClass) - provider.capabilities.quotes:
            with pytest.raises(expected):
                await provider.quotes([Instrument(9, "AAA", kind, "XNYS")])
        await provider.close()


def _case(subject: QuoteSubject) -> QuoteCase:
    if subject.quotes is None:
        pytest.skip(f"{subject.open().name} quotes nothing")
    return subject.quotes


async def _ask(subject: QuoteSubject, instruments: Sequence[Instrument], fault: WireFault | None = None) -> QuoteAnswer:
    provider = subject.open(fault)
    try:
        return await provider.quotes(instruments)
    finally:
        await provider.close()


async def _fails(subject: QuoteSubject, fault: WireFault) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await _ask(subject, _case(subject).instruments, fault)
    return caught.value


def _assert_truth(answer: QuoteAnswer, case: QuoteCase) -> None:
    assert answer.quotes.select(case.truth.columns).rows() == case.truth.rows()
