"""The files provider keeps the provider contract; it has no wire, so no fault on one can be planted."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from pydantic import SecretStr

from trend_platform.domain.calendars import get_calendar
from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.base import Provider
from trend_platform.providers.registry import open_provider
from trend_platform.settings import FilesSettings, ProvidersSettings
from trend_platform_tests.contracts.provider_contract import SECRET, Case, ProviderContract, ProviderSubject, WireFault
from trend_platform_tests.contracts.provider_contract_quotes import QuoteCase, QuoteContract, QuoteSubject

_INTERVAL = days(date(2024, 1, 2), date(2024, 3, 28))


def _truth() -> pl.DataFrame:
    opens = get_calendar("XNYS").candle_opens(Timeframe.D1, _INTERVAL)
    step = pl.int_range(len(opens), eager=True)
    return pl.DataFrame(
        {
            "opened_at": pl.Series(opens).cast(pl.Datetime("us", "UTC")),
            "open": 185.0 + step * 0.25,
            "high": 187.5 + step * 0.25,
            "low": 184.125 + step * 0.25,
            "close": (186.01 + step * 0.25).round(2),
        }
    )


def _case() -> Case:
    return Case(
        instrument=Instrument(7, "BRK.B", AssetClass.STOCK, "XNYS"),
        timeframe=Timeframe.D1,
        interval=_INTERVAL,
        empty=days(date(2024, 1, 13), date(2024, 1, 15)),
        unknown=Instrument(8, "ZZZZZ", AssetClass.STOCK, "XNYS"),
        truth=_truth(),
    )


@dataclass(slots=True)
class FilesSubject:
    folder: Path
    case: Case = field(default_factory=_case)
    clock: ManualClock = field(default_factory=lambda: ManualClock(datetime(2024, 5, 2, 15, tzinfo=UTC)))
    faults: frozenset[WireFault] = frozenset()
    quotes: QuoteCase | None = None

    def open(self, fault: WireFault | None = None) -> Provider:
        assert fault is None
        self.case.truth.select(
            pl.col("opened_at").dt.date().alias("Date"), pl.exclude("opened_at"), pl.lit("brk-b").alias("Ticker")
        ).write_csv(self.folder / "prices.csv")
        settings = FilesSettings(path=self.folder, api_key=SecretStr(SECRET))
        return open_provider("files", ProvidersSettings(files=settings), self.clock)


class TestFilesContract(ProviderContract):
    @pytest.fixture
    def subject(self, tmp_path: Path) -> ProviderSubject:
        return FilesSubject(tmp_path)


class TestFilesQuotes(QuoteContract):
    @pytest.fixture
    def subject(self, tmp_path: Path) -> QuoteSubject:
        return FilesSubject(tmp_path)
