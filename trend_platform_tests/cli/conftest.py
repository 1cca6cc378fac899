"""A session on a market in memory: three instruments, the simulated provider, a clock that stands still."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from trend_platform.cli.main import run
from trend_platform.domain.clock import ManualClock
from trend_platform.ingest.universe import add_symbols
from trend_platform.ingest.workshop import Workshop
from trend_platform.providers.simulated.provider import SimulatedProvider
from trend_platform.settings import FaultSettings, Mode, SimulatedSettings
from trend_platform.storage.base import PriceKind
from trend_platform.storage.memory.store import open_memory
from trend_platform.storage.memory_cache import MemorySeriesCache
from trend_platform.storage.memory_prices import MemoryPriceCache
from trend_platform_tests.cli.sessions import GivenSession

NOW = datetime(2026, 3, 4, 22, 30, tzinfo=UTC)

Trend = Callable[..., tuple[int, str, str]]
Answer = dict[str, Any]


def simulated_session(*faults: FaultSettings, symbols: tuple[str, ...] = ("AAPL", "MSFT", "BTC-USD")) -> GivenSession:
    clock = ManualClock(NOW)
    storage = open_memory(PriceKind.SIMULATED)
    if symbols:
        add_symbols(storage.universe, symbols)
    provider = SimulatedProvider(SimulatedSettings(faults=faults, max_attempts=1, max_wait_seconds=0.01), clock)
    return GivenSession(Workshop(storage, MemorySeriesCache(clock), MemoryPriceCache(clock), (provider,), clock))


def real_session() -> GivenSession:
    clock = ManualClock(NOW)
    storage = open_memory(PriceKind.REAL)
    return GivenSession(Workshop(storage, MemorySeriesCache(clock), MemoryPriceCache(clock), (), clock), mode=Mode.LIVE)


@pytest.fixture(autouse=True)
def wide_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    """A width of its own for every test: the machine's terminal decides nothing."""
    monkeypatch.setenv("COLUMNS", "220")


@pytest.fixture
def session() -> GivenSession:
    return simulated_session()


@pytest.fixture
def trend(session: GivenSession, capsys: pytest.CaptureFixture[str]) -> Trend:
    """Run a command line; return its exit code, stdout and stderr."""

    def command(*arguments: str, on: GivenSession | None = None) -> tuple[int, str, str]:
        code = run(arguments, on or session)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


def answer_of(ran: tuple[int, str, str], code: int = 0) -> Answer:
    """Return the JSON a verb answered, which must be all of stdout."""
    assert ran[0] == code, ran
    answer = json.loads(ran[1])
    assert isinstance(answer, dict)
    return answer


@pytest.fixture
def own_csv(tmp_path: Path) -> Path:
    """A file of a person's own: two symbols, one unreadable price, columns with names of their own."""
    file = tmp_path / "mine.csv"
    file.write_text(
        "date,Name,open,high,low,close,volume\n"
        "2018-02-05,AAPL,159.1,163.88,156,156.49,72738522\n"
        "2018-02-06,AAPL,154.83,163.72,154,163.03,68243838\n"
        "2018-02-07,AAPL,163.085,163.4,159.0685,159.54,51608580\n"
        "2018-02-05,ZTS,75,76,74,75.5,1000\n"
        "2018-02-06,ZTS,75,74,76,75.5,1000\n"
        "2018-02-07,ZTS,75,76,74,75.5,1000\n"
    )
    return file
