"""The simulated provider keeps the provider contract, with faults planted by its own settings."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import polars as pl
import pytest
from pydantic import SecretStr

from trend_platform.domain.actions import SPLIT_SCHEMA
from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.base import Provider
from trend_platform.providers.registry import open_provider
from trend_platform.providers.simulated.market import Listing, SimulatedMarket
from trend_platform.settings import FaultSettings, ProvidersSettings, SimulatedSettings
from trend_platform_tests.contracts.provider_contract import SECRET, Case, ProviderContract, ProviderSubject, WireFault
from trend_platform_tests.contracts.provider_contract_quotes import QuoteCase, QuoteContract, QuoteSubject

_SEED = 20260101
_NOW = datetime(2026, 3, 4, 22, 30, tzinfo=UTC)
_INTERVAL = days(date(2018, 1, 2), date(2018, 12, 31))
_LISTING = Listing("AAPL", AssetClass.STOCK, "XNYS")
_PLANTED: dict[WireFault, FaultSettings] = {
    WireFault.RATE_LIMITED: FaultSettings(kind="http_429", times=1),
    WireFault.RETRY_AFTER_ZERO: FaultSettings(kind="http_429", retry_after="0", times=1),
    WireFault.SERVER_ERROR: FaultSettings(kind="http_500", times=1),
    WireFault.TIMEOUT: FaultSettings(kind="timeout", times=1),
    WireFault.CUT_BODY: FaultSettings(kind="cut_json", times=1),
    WireFault.LONG_RETRY_AFTER: FaultSettings(kind="http_429", retry_after="86400"),
    WireFault.ALWAYS_DOWN: FaultSettings(kind="http_500"),
    WireFault.HTML: FaultSettings(kind="html_200"),
    WireFault.PAGE_FAILS: FaultSettings(kind="page_fails"),
    WireFault.LATE_PAGE: FaultSettings(kind="late_page", times=1),
}


def _case() -> Case:
    market = SimulatedMarket(_SEED)
    truth = market.candles(_LISTING, Timeframe.D1, _INTERVAL, _NOW)
    splits = [(7, split.ex_date, split.ratio, "simulated") for split in market.splits(_LISTING, _INTERVAL, _NOW)]
    return Case(
        instrument=Instrument(7, "AAPL", AssetClass.STOCK, "XNYS"),
        timeframe=Timeframe.D1,
        interval=_INTERVAL,
        empty=days(date(2018, 1, 13), date(2018, 1, 15)),
        unknown=Instrument(8, "ZZZZZ", AssetClass.STOCK, "XNYS"),
        truth=truth.select(
            pl.col("opened_at").cast(pl.Datetime("us", "UTC")),
            *("open", "high", "low", "close"),
        ),
        splits=pl.DataFrame(splits, schema=SPLIT_SCHEMA, orient="row"),
    )


def _quote_case() -> QuoteCase:
    # The day's last minute is the price until the next session opens, and a coin's running minute is its price.
    share, coin = _case().instrument, Instrument(9, "BTC-USD", AssetClass.CRYPTO, "24/7")
    market, today = SimulatedMarket(_SEED), days(_NOW.date(), _NOW.date())
    closes = [
        market.candles(Listing(one.symbol, one.asset_class, one.calendar), Timeframe.M1, today, _NOW)["close"][-1]
        for one in (share, coin)
    ]
    times = [datetime(2026, 3, 4, 20, 59, 59, tzinfo=UTC), datetime(2026, 3, 4, 22, 29, 59, tzinfo=UTC)]
    truth = pl.DataFrame({"instrument_id": [7, 9], "price": closes, "quoted_at": times})
    many = tuple(Instrument(number, f"S{number}", AssetClass.ETF, "XNYS") for number in range(100, 601))
    unknown = Instrument(8, "ZZZZZ", AssetClass.STOCK, "XNYS")
    return QuoteCase(truth, (share, coin), unknown, many, calls=2)


@dataclass(slots=True)
class SimulatedSubject:
    case: Case = field(default_factory=_case)
    quotes: QuoteCase | None = field(default_factory=_quote_case)
    clock: ManualClock = field(default_factory=lambda: ManualClock(_NOW))
    faults: frozenset[WireFault] = frozenset(WireFault)

    def open(self, fault: WireFault | None = None) -> Provider:
        planted = [_PLANTED[fault]] if fault else []
        if fault is WireFault.PAGE_FAILS:
            planted.append(FaultSettings(kind="http_500", symbol="S600"))
        settings = SimulatedSettings(
            seed=_SEED,
            api_key=SecretStr(SECRET),
            max_attempts=3,
            max_wait_seconds=0.01,
            candles_per_page=60,
            faults=(*planted, FaultSettings(kind="unknown_symbol", symbol="ZZZZZ")),
        )
        return open_provider("simulated", ProvidersSettings(simulated=settings), self.clock)


class TestSimulatedContract(ProviderContract):
    @pytest.fixture
    def subject(self) -> ProviderSubject:
        return SimulatedSubject()

    def test_the_case_has_a_split_and_several_pages(self, subject: ProviderSubject) -> None:
        assert subject.case.splits is not None
        assert (subject.case.splits.height, subject.case.truth.height > 180) == (1, True)


class TestSimulatedQuotes(QuoteContract):
    @pytest.fixture
    def subject(self) -> QuoteSubject:
        return SimulatedSubject()
