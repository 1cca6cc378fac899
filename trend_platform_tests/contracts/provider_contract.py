"""What every provider must do, whatever it speaks on the wire: numbered cases that each one's test class inherits.

A provider joins with a subject (`ProviderSubject`) and a class of three lines; see `test_polygon_contract.py`. Cases
that need a fault the subject cannot plant are skipped by name.
"""

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

import polars as pl
import pytest

from trend_platform.domain.actions import SPLIT_SCHEMA
from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.candles import CANDLE_KEY, CANDLE_SCHEMA
from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval
from trend_platform.domain.quarantine import QUARANTINE_SCHEMA
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import Blocked, NothingThere, ProviderError, RateLimited, Transient, WaitError
from trend_platform.providers.base import Answer, CandleRequest, Provider, Route

SECRET = "s3cr3t-k3y-that-must-not-leak"
_VALUES = ("open", "high", "low", "close")


class WireFault(StrEnum):
    """What a subject may be asked to plant. Those that pass strike the first attempt only."""

    RATE_LIMITED = "429 once"
    RETRY_AFTER_ZERO = "429 once, Retry-After: 0"
    SERVER_ERROR = "500 once"
    TIMEOUT = "timeout once"
    CUT_BODY = "a body cut short, once"
    LONG_RETRY_AFTER = "429 with a Retry-After of a day, always"
    ALWAYS_DOWN = "500 always"
    HTML = "a web page with status 200, always"
    PAGE_FAILS = "500 on the second page, always"
    LATE_PAGE = "the second page begins one candle late, once"


PASSING = (
    WireFault.RATE_LIMITED,
    WireFault.RETRY_AFTER_ZERO,
    WireFault.SERVER_ERROR,
    WireFault.TIMEOUT,
    WireFault.CUT_BODY,
)


@dataclass(frozen=True, slots=True)
class Case:
    """What a subject serves.

    Attributes:
        instrument: One that has candles; daily ones in `interval`, over two pages or more where there are pages.
        timeframe: The length of the candles.
        interval: Where `truth` has candles.
        empty: An interval inside the provider's reach in which there are none.
        unknown: An instrument of the same kind that the provider does not know.
        truth: `opened_at`, `open`, `high`, `low`, `close` of the instrument in `interval`, sorted.
        splits: Split frame of the instrument in `interval`; `None` if the provider tells none.
    """

    instrument: Instrument
    timeframe: Timeframe
    interval: Interval
    empty: Interval
    unknown: Instrument
    truth: pl.DataFrame
    splits: pl.DataFrame | None = None


class ProviderSubject(Protocol):
    """A provider under test with whatever it talks to."""

    @property
    def case(self) -> Case:
        """Return what it serves."""
        ...

    @property
    def clock(self) -> ManualClock:
        """Return the clock the provider is opened with; it stands later than `case.interval`."""
        ...

    @property
    def faults(self) -> frozenset[WireFault]:
        """Return the faults that `open` can plant."""
        ...

    def open(self, fault: WireFault | None = None) -> Provider:
        """Return the provider, with `SECRET` as its key, and a fault between it and what it talks to."""
        ...


class ProviderContract:
    """The cases. A subclass overrides the fixture `subject`."""

    @pytest.fixture
    def subject(self) -> ProviderSubject:
        raise AssertionError("override the fixture `subject`")

    async def test_01_candles_have_the_exact_schema(self, subject: ProviderSubject) -> None:
        answer = await _ask(subject)
        assert answer.candles.schema == CANDLE_SCHEMA
        assert answer.rejected.schema == QUARANTINE_SCHEMA

    async def test_02_candles_are_sorted_unique_and_inside_the_asked_interval(self, subject: ProviderSubject) -> None:
        candles = (await _ask(subject)).candles
        assert candles.equals(candles.sort(CANDLE_KEY))
        assert candles.unique(CANDLE_KEY).height == candles.height
        assert all(stamp in subject.case.interval for stamp in candles["opened_at"])

    async def test_03_candles_are_the_ones_that_were_traded(self, subject: ProviderSubject) -> None:
        answer = await _ask(subject)
        _assert_truth(answer.candles, subject.case.truth)
        assert answer.failure is None
        assert answer.answered == subject.case.interval
        assert answer.calls >= 1 or not subject.faults

    async def test_04_each_row_says_who_sent_it_when_and_on_which_basis(self, subject: ProviderSubject) -> None:
        provider = subject.open()
        candles = (await _ask(subject, provider=provider)).candles
        assert candles["provider"].unique().to_list() == [provider.name]
        assert candles["basis"].unique().to_list() == [provider.capabilities.basis.value]
        assert candles["fetched_at"].unique().to_list() == [subject.clock.now()]
        assert candles["instrument_id"].unique().to_list() == [subject.case.instrument.instrument_id]

    async def test_05_a_part_of_the_interval_gives_the_same_rows_as_the_whole(self, subject: ProviderSubject) -> None:
        stamps = subject.case.truth["opened_at"]
        part = Interval(stamps[stamps.len() // 4], stamps[stamps.len() // 2])
        answer = await _ask(subject, part)
        _assert_truth(
            answer.candles, subject.case.truth.filter(pl.col("opened_at").is_between(part.start, part.end, "left"))
        )

    async def test_06_the_forming_candle_is_not_final_and_settled_ones_are(self, subject: ProviderSubject) -> None:
        case, provider = subject.case, subject.open()
        calendar = get_calendar(case.instrument.calendar)
        last = case.truth["opened_at"].cast(pl.Int64).to_numpy()[-1:]
        closes_at = pl.Series(calendar.candle_closes(case.timeframe, last)).cast(pl.Datetime("us", "UTC"))[0]
        settles = provider.capabilities.settling(case.timeframe)
        subject.clock.instant = closes_at + settles - timedelta(minutes=5)
        candles = (await _ask(subject, provider=provider)).candles
        forming = candles.filter(pl.col("opened_at") == case.truth["opened_at"][-1])
        assert not forming["is_final"].any()
        assert candles.filter(pl.col("opened_at") < case.truth["opened_at"][-1])["is_final"].all()
        subject.clock.instant = closes_at + settles + timedelta(minutes=5)
        assert (await _ask(subject)).candles["is_final"].all()

    async def test_07_nothing_there_is_an_answer_and_no_error(self, subject: ProviderSubject) -> None:
        answer = await _ask(subject, subject.case.empty)
        assert answer.candles.schema == CANDLE_SCHEMA
        assert (answer.candles.height, answer.failure, answer.answered) == (0, None, subject.case.empty)

    async def test_08_an_unknown_symbol_is_a_fact(self, subject: ProviderSubject) -> None:
        try:
            answer = await _ask(subject, instrument=subject.case.unknown)
        except NothingThere:
            return
        assert (answer.candles.height, answer.failure) == (0, None)

    @pytest.mark.parametrize("fault", PASSING)
    async def test_09_a_fault_that_passes_changes_nothing(self, subject: ProviderSubject, fault: WireFault) -> None:
        answer = await _ask(subject, fault=fault)
        _assert_truth(answer.candles, subject.case.truth)
        assert answer.failure is None
        assert answer.calls >= 2

    async def test_10_a_long_retry_after_is_not_waited_for(self, subject: ProviderSubject) -> None:
        error = await _fails(subject, WireFault.LONG_RETRY_AFTER)
        assert isinstance(error, WaitError)
        assert error.retry_after_seconds == 86_400
        assert error.calls == 1

    async def test_11_a_provider_that_stays_down_is_transient_and_counts_its_calls(
        self, subject: ProviderSubject
    ) -> None:
        error = await _fails(subject, WireFault.ALWAYS_DOWN)
        assert isinstance(error, (Transient, RateLimited))
        assert error.calls >= 2

    async def test_12_a_web_page_is_a_wall_and_not_an_empty_answer(self, subject: ProviderSubject) -> None:
        assert isinstance(await _fails(subject, WireFault.HTML), Blocked)

    async def test_13_a_page_that_fails_for_good_leaves_what_came_before(self, subject: ProviderSubject) -> None:
        answer = await _ask(subject, fault=WireFault.PAGE_FAILS)
        assert isinstance(answer.failure, ProviderError)
        assert subject.case.interval.start == answer.answered.start < answer.answered.end < subject.case.interval.end
        before = pl.col("opened_at") < answer.answered.end
        assert 0 < answer.candles.height < subject.case.truth.height
        _assert_truth(answer.candles, subject.case.truth.filter(before))

    async def test_14_a_page_that_begins_late_is_noticed(self, subject: ProviderSubject) -> None:
        answer = await _ask(subject, fault=WireFault.LATE_PAGE)
        _assert_truth(answer.candles, subject.case.truth.filter(pl.col("opened_at") < answer.answered.end))
        assert answer.failure is not None or answer.answered == subject.case.interval

    @pytest.mark.parametrize("fault", [WireFault.LONG_RETRY_AFTER, WireFault.ALWAYS_DOWN, WireFault.HTML])
    async def test_15_no_error_carries_the_key(self, subject: ProviderSubject, fault: WireFault) -> None:
        error = await _fails(subject, fault)
        told = "".join(traceback.format_exception(error))
        chain: Sequence[BaseException | None] = (error.__cause__, error.__context__)
        assert SECRET not in told + repr(vars(error)) + repr([vars(link) for link in chain if link is not None])

    async def test_16_splits_are_told_with_their_ratio(self, subject: ProviderSubject) -> None:
        provider, case = subject.open(), subject.case
        if not provider.capabilities.has_splits:
            pytest.skip(f"{provider.name} tells no splits")
        answer = await provider.splits([case.instrument], case.interval)
        await provider.close()
        assert answer.splits.schema == SPLIT_SCHEMA
        assert case.splits is not None
        assert answer.splits.drop("provider").equals(case.splits.drop("provider"))

    async def test_17_one_session_of_the_market_is_the_same_candles(self, subject: ProviderSubject) -> None:
        provider, case = subject.open(), subject.case
        if case.instrument.asset_class not in provider.capabilities.by_session:
            pytest.skip(f"{provider.name} serves no whole sessions")
        day = case.truth["opened_at"][3]
        interval = Interval(day, day + timedelta(days=1))
        answer = await provider.candles(CandleRequest(Route.BY_SESSION, (case.instrument,), Timeframe.D1, interval))
        await provider.close()
        _assert_truth(answer.candles, case.truth.filter(pl.col("opened_at") == day))

    async def test_18_it_says_what_it_cannot_serve_and_closes_twice(self, subject: ProviderSubject) -> None:
        provider = subject.open()
        served = provider.capabilities.asset_classes
        assert provider.symbol_of(subject.case.instrument) is not None
        for kind in set(AssetClass) - served:
            assert provider.symbol_of(Instrument(9, "AAA", kind, "XNYS")) is None
        await provider.close()
        await provider.close()


async def _ask(
    subject: ProviderSubject,
    interval: Interval | None = None,
    *,
    fault: WireFault | None = None,
    instrument: Instrument | None = None,
    provider: Provider | None = None,
) -> Answer:
    case = subject.case
    if fault is not None and fault not in subject.faults:
        pytest.skip(f"cannot plant: {fault}")
    asked = CandleRequest(Route.BY_SYMBOL, (instrument or case.instrument,), case.timeframe, interval or case.interval)
    opened = provider or subject.open(fault)
    try:
        return await opened.candles(asked)
    finally:
        await opened.close()


async def _fails(subject: ProviderSubject, fault: WireFault) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await _ask(subject, fault=fault)
    return caught.value


def _assert_truth(candles: pl.DataFrame, truth: pl.DataFrame) -> None:
    assert candles["opened_at"].to_list() == truth["opened_at"].to_list()
    for name in _VALUES:
        assert candles[name].to_list() == truth[name].to_list(), name
