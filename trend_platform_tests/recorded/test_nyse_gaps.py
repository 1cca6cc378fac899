"""Daily candles of liquid American symbols since 2006, holidays, funerals and a hurricane included: no false gap."""

import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from trend_platform.domain.coverage import BeliefPolicy, Gap, Ledger
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval, midnight
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.account import account
from trend_platform.ingest.holes import Observation

pytestmark = pytest.mark.recorded

SINCE, UNTIL = date(2006, 1, 1), date(2021, 4, 1)
NOW = datetime(2026, 3, 4, tzinfo=UTC)


def stored_days(shared_data: Path, symbol: str) -> np.ndarray:
    """Return the days of a file as stamps; a line is `20060103 00:00,open,...`."""
    with zipfile.ZipFile(shared_data / "market/lean/equity/usa/daily" / f"{symbol}.zip") as archive:
        lines = archive.read(archive.namelist()[0]).decode().split()
    days = [line for line in lines if len(line) == len("20060103") and line.isdigit()]
    stamps = np.array([f"{day[:4]}-{day[4:6]}-{day[6:]}" for day in days], dtype="datetime64[us]").astype(np.int64)
    return stamps[stamps >= np.datetime64(SINCE, "us").astype(np.int64)]


def gaps(stamps: np.ndarray) -> tuple[Gap, ...]:
    instrument = Instrument(1, "SPY", AssetClass.STOCK, "XNYS")
    asked = Interval(midnight(SINCE), midnight(UNTIL))
    seen = Observation(instrument, Timeframe.D1, "lean", asked, asked, NOW, NOW, "a file", sent=len(stamps))
    return account(seen, Ledger(), stamps, stamps[:0], BeliefPolicy()).gaps


@pytest.mark.parametrize("symbol", ["spy", "aapl", "ibm", "bac", "eem", "iwm"])
def test_a_liquid_symbol_has_no_false_gap(shared_data: Path, symbol: str) -> None:
    stamps = stored_days(shared_data, symbol)
    assert len(stamps) == 3837
    assert gaps(stamps) == ()


def test_a_day_that_is_taken_out_is_a_gap_of_that_day(shared_data: Path) -> None:
    stamps = np.delete(stored_days(shared_data, "spy"), 1000)
    (gap,) = gaps(stamps)
    assert (gap.missing, gap.interval.start) == (1, datetime(2009, 12, 22, tzinfo=UTC))
