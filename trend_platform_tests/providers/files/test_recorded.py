"""The S&P 500 file: 505 symbols over five years, every line accounted for, within a modest memory."""

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.providers.base import CandleRequest, Route
from trend_platform.providers.files.provider import FilesProvider
from trend_platform.settings import FilesSettings

pytestmark = pytest.mark.recorded
FIVE_YEARS = days(date(2013, 2, 8), date(2018, 2, 7))
NOW = datetime(2018, 2, 8, 15, tzinfo=UTC)
_MEASURE = """
import sys
from pathlib import Path
from trend_platform.domain.clock import SystemClock
from trend_platform.providers.files.provider import FilesProvider
from trend_platform.settings import FilesSettings
FilesProvider(FilesSettings(path=Path(sys.argv[1])), SystemClock()).list_symbols()
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    return shared_data / "market" / "sp500_5yr"


async def test_every_line_becomes_a_candle_of_its_symbol(folder: Path):
    provider = FilesProvider(FilesSettings(path=folder), ManualClock(NOW))
    symbols = provider.list_symbols()
    assert (symbols.height, symbols["rows"].sum()) == (505, 619_040)
    assert (symbols["first_day"].min(), symbols["last_day"].max()) == (date(2013, 2, 8), date(2018, 2, 7))
    assert provider.reach(Instrument(0, "A", AssetClass.STOCK, "XNYS"), Timeframe.D1, NOW) == FIVE_YEARS.start
    universe = [Instrument(n, symbol, AssetClass.STOCK, "XNYS") for n, symbol in enumerate(symbols["symbol"])]
    heights, empty_opens, step = 0, 0, provider.capabilities.symbols_per_call
    for start in range(0, len(universe), step):
        asked = tuple(universe[start : start + step])
        answer = await provider.candles(CandleRequest(Route.BY_SYMBOL, asked, Timeframe.D1, FIVE_YEARS))
        heights += answer.candles.height
        empty_opens += answer.candles["open"].null_count()
        assert (answer.rejected.height, answer.nothing_there) == (0, frozenset())
        assert answer.candles["is_final"].all()
    assert (heights, empty_opens) == (619_040, 11)


async def test_a_known_line_is_read_to_the_cent(folder: Path):
    provider = FilesProvider(FilesSettings(path=folder), ManualClock(NOW))
    asked = (Instrument(1, "AAL", AssetClass.STOCK, "XNYS"), Instrument(2, "BRK.B", AssetClass.STOCK, "XNYS"))
    answer = await provider.candles(CandleRequest(Route.BY_SYMBOL, asked, Timeframe.D1, FIVE_YEARS))
    first = answer.candles.filter(instrument_id=1).row(0, named=True)
    assert first["opened_at"] == datetime(2013, 2, 8, tzinfo=UTC)
    assert tuple(first[name] for name in ("open", "high", "low", "close", "volume")) == (
        *(15.07, 15.12, 14.63, 14.75),
        8_407_500.0,
    )
    assert answer.candles.filter(instrument_id=2).height == 1259


def test_reading_it_stays_far_below_the_memory_of_a_run(folder: Path):
    told = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(folder)], check=True, capture_output=True, text=True
    ).stdout
    assert 0 < int(told) // 1024 < 450
