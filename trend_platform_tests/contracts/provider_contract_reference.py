"""What a provider must do that tells dividends, what it lists or whether markets are open: numbered cases to inherit.

A subject of `provider_contract` joins with a `ReferenceCase`; what the case leaves out, the provider must not claim.
"""

import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

import polars as pl
import pytest

from trend_platform.domain.actions import DELISTING_SCHEMA, DIVIDEND_SCHEMA
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval, midnight
from trend_platform.domain.listings import LISTING_SCHEMA
from trend_platform.domain.symbols import canonical_symbol, default_calendar
from trend_platform.errors import Blocked, ProviderError, RateLimited, Transient, UsageError
from trend_platform.providers.base import Provider
from trend_platform.providers.reference import (
    DividendAnswer,
    MarketPhase,
    SpecialDay,
    TellsDelistings,
    TellsDividends,
    TellsListing,
    TellsMarketStatus,
)
from trend_platform_tests.contracts.provider_contract import PASSING, SECRET, ProviderSubject, WireFault


@dataclass(frozen=True, slots=True)
class Payments:
    """What a subject tells of dividends.

    Attributes:
        instruments: Some that paid, or could have.
        interval: Where `truth` lies; the first and the last of its days have a payment.
        truth: Dividend frame without `provider`, sorted.
        pays_none: One of a kind that pays nothing.
    """

    instruments: tuple[Instrument, ...]
    interval: Interval
    truth: pl.DataFrame
    pays_none: Instrument


@dataclass(frozen=True, slots=True)
class Ends:
    """What a subject tells of delistings.

    Attributes:
        instruments: Some that were delisted, and one that trades.
        truth: Delisting frame without `provider`, sorted.
        ends_never: One of a kind it tells no delisting of.
    """

    instruments: tuple[Instrument, ...]
    truth: pl.DataFrame
    ends_never: Instrument


@dataclass(frozen=True, slots=True)
class ReferenceCase:
    """What a subject tells beside prices.

    Attributes:
        payments: Its dividends; `None` if it tells none.
        ends: Its delistings; `None` if it tells none.
        listings: Per kind it lists, the provider's own symbol by the canonical one.
        phases: Which markets trade; `None` if it tells no status.
        special_days: What lies ahead, sorted; empty with no status.
    """

    payments: Payments | None = None
    ends: Ends | None = None
    listings: Mapping[AssetClass, Mapping[str, str]] = field(default_factory=dict)
    phases: Mapping[AssetClass, MarketPhase] | None = None
    special_days: tuple[SpecialDay, ...] = ()


class ReferenceSubject(ProviderSubject, Protocol):
    """A provider under test that tells something beside prices."""

    @property
    def reference(self) -> ReferenceCase:
        """Return what it tells."""
        ...


class ReferenceContract:
    """The cases. A subclass overrides the fixture `subject`."""

    @pytest.fixture
    def subject(self) -> ReferenceSubject:
        raise AssertionError("override the fixture `subject`")

    async def test_01_it_claims_what_the_case_has_and_no_more(self, subject: ReferenceSubject) -> None:
        able, case = subject.open().capabilities, subject.reference
        assert able.has_dividends == (case.payments is not None)
        assert able.has_delistings == (case.ends is not None)
        assert able.listings == frozenset(case.listings)
        assert able.has_market_status == (case.phases is not None)

    async def test_02_dividends_are_the_ones_that_were_paid(self, subject: ReferenceSubject) -> None:
        case = _payments(subject)
        answer = await _paid(subject)
        assert answer.dividends.schema == DIVIDEND_SCHEMA
        assert answer.dividends.drop("provider").equals(case.truth)
        assert answer.dividends["provider"].unique().to_list() == [subject.open().name]
        assert answer.calls >= 1

    async def test_03_dividends_of_other_days_are_left_out(self, subject: ReferenceSubject) -> None:
        case = _payments(subject)
        first, last = case.truth["ex_date"].min(), case.truth["ex_date"].max()
        assert isinstance(first, date)
        assert isinstance(last, date)
        answer = await _paid(subject, Interval(midnight(first), midnight(last)))
        days = pl.col("ex_date")
        assert answer.dividends.drop("provider").equals(case.truth.filter((days >= first) & (days < last)))

    async def test_04_what_pays_nothing_costs_no_call(self, subject: ReferenceSubject) -> None:
        case, provider = _payments(subject), subject.open()
        assert isinstance(provider, TellsDividends)
        answer = await provider.dividends([case.pays_none], case.interval)
        assert (answer.dividends.height, answer.dividends.schema, answer.calls) == (0, DIVIDEND_SCHEMA, 0)

    @pytest.mark.parametrize("kind", AssetClass)
    async def test_05_a_listing_leads_back_to_the_symbols_that_are_asked(
        self, subject: ReferenceSubject, kind: AssetClass
    ) -> None:
        provider = _lister(subject)
        told = subject.reference.listings.get(kind)
        if told is None:
            with pytest.raises(UsageError, match=f"lists no {kind}"):
                await provider.listing(kind)
            return
        listing = (await provider.listing(kind)).listing
        assert listing.schema == LISTING_SCHEMA
        assert listing["symbol"].is_sorted()
        assert listing["symbol"].is_unique().all()
        assert listing["asset_class"].unique().to_list() == [kind.value]
        assert dict(listing.select("symbol", "provider_symbol").iter_rows()) == told
        for symbol in listing["symbol"]:
            assert canonical_symbol(symbol) == symbol
            assert subject.open().symbol_of(Instrument(1, symbol, kind, default_calendar(kind))) is not None

    async def test_06_the_status_names_each_market_with_the_time_it_was_told(self, subject: ReferenceSubject) -> None:
        provider = _teller(subject)
        status = await provider.market_status()
        assert status.phases == subject.reference.phases
        assert status.told_at.tzinfo is not None
        assert status.calls == 1

    async def test_07_special_days_come_sorted_with_their_hours(self, subject: ReferenceSubject) -> None:
        told = await _teller(subject).special_days()
        assert told.days == subject.reference.special_days
        assert all((one.opens_at is None) == (one.closes_at is None) for one in told.days)

    @pytest.mark.parametrize("fault", PASSING)
    async def test_08_a_fault_that_passes_changes_nothing(self, subject: ReferenceSubject, fault: WireFault) -> None:
        for ask in _asking(subject):
            plain, fewest = await ask(subject.open())
            told, calls = await ask(_struck(subject, fault))
            assert told == plain
            assert calls > fewest

    @pytest.mark.parametrize("fault", [WireFault.ALWAYS_DOWN, WireFault.HTML])
    async def test_09_what_fails_is_classed_counted_and_without_the_key(
        self, subject: ReferenceSubject, fault: WireFault
    ) -> None:
        for ask in _asking(subject):
            with pytest.raises(ProviderError) as caught:
                await ask(_struck(subject, fault))
            assert isinstance(caught.value, Blocked if fault is WireFault.HTML else (Transient, RateLimited))
            assert caught.value.calls >= 1
            assert SECRET not in "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))

    async def test_10_delistings_are_the_ones_of_the_asked_symbols(self, subject: ReferenceSubject) -> None:
        case, provider = _ends(subject)
        told = (await provider.delistings(case.instruments)).delistings
        assert told.schema == DELISTING_SCHEMA
        assert told.drop("provider").equals(case.truth)
        assert told["provider"].unique().to_list() == [subject.open().name]
        fewer = (await provider.delistings(case.instruments[1:])).delistings
        assert fewer.equals(told.filter(pl.col("instrument_id") != case.instruments[0].instrument_id))

    async def test_11_what_is_never_delisted_costs_no_call(self, subject: ReferenceSubject) -> None:
        case, provider = _ends(subject)
        answer = await provider.delistings([case.ends_never])
        assert (answer.delistings.height, answer.delistings.schema, answer.calls) == (0, DELISTING_SCHEMA, 0)


def _ends(subject: ReferenceSubject) -> tuple[Ends, TellsDelistings]:
    provider = subject.open()
    if subject.reference.ends is None:
        pytest.skip(f"{provider.name} tells no delistings")
    assert isinstance(provider, TellsDelistings)
    return subject.reference.ends, provider


def _payments(subject: ReferenceSubject) -> Payments:
    if subject.reference.payments is None:
        pytest.skip(f"{subject.open().name} tells no dividends")
    return subject.reference.payments


async def _paid(subject: ReferenceSubject, interval: Interval | None = None) -> DividendAnswer:
    case, provider = _payments(subject), subject.open()
    assert isinstance(provider, TellsDividends)
    return await provider.dividends(case.instruments, interval or case.interval)


def _lister(subject: ReferenceSubject) -> TellsListing:
    provider = subject.open()
    if not subject.reference.listings:
        pytest.skip(f"{provider.name} lists nothing")
    assert isinstance(provider, TellsListing)
    return provider


def _teller(subject: ReferenceSubject) -> TellsMarketStatus:
    provider = subject.open()
    if subject.reference.phases is None:
        pytest.skip(f"{provider.name} tells no status")
    assert isinstance(provider, TellsMarketStatus)
    return provider


def _struck(subject: ReferenceSubject, fault: WireFault) -> Provider:
    if fault not in subject.faults:
        pytest.skip(f"cannot plant: {fault}")
    return subject.open(fault)


def _asking(subject: ReferenceSubject) -> list[Callable[[Provider], Awaitable[tuple[object, int]]]]:
    # One question for each thing the provider tells; answers as values that can be compared, and their calls.
    case = subject.reference

    async def paid(provider: Provider) -> tuple[object, int]:
        assert isinstance(provider, TellsDividends)
        assert case.payments is not None
        answer = await provider.dividends(case.payments.instruments, case.payments.interval)
        return answer.dividends.rows(), answer.calls

    async def ended(provider: Provider) -> tuple[object, int]:
        assert isinstance(provider, TellsDelistings)
        assert case.ends is not None
        answer = await provider.delistings(case.ends.instruments)
        return answer.delistings.rows(), answer.calls

    async def listed(provider: Provider) -> tuple[object, int]:
        assert isinstance(provider, TellsListing)
        answer = await provider.listing(next(iter(case.listings)))
        return answer.listing.rows(), answer.calls

    async def open_now(provider: Provider) -> tuple[object, int]:
        assert isinstance(provider, TellsMarketStatus)
        answer = await provider.market_status()
        return answer.phases, answer.calls

    asked = {paid: case.payments, ended: case.ends, listed: case.listings, open_now: case.phases}
    return [ask for ask, told in asked.items() if told]
