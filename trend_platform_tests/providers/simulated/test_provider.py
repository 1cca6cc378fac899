"""The simulated provider over its own wire: every planted fault is met as a real one would be, and heals."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval, days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import (
    Blocked,
    ConfigurationError,
    GranularityMismatch,
    ProviderError,
    RateLimited,
    Transient,
)
from trend_platform.providers.base import Answer, CandleRequest, Route
from trend_platform.providers.simulated.faults import FaultKind
from trend_platform.providers.simulated.provider import SimulatedProvider
from trend_platform.settings import FaultSettings, SimulatedSettings

NOW = datetime(2026, 3, 4, 22, 30, tzinfo=UTC)
AAPL = Instrument(1, "AAPL", AssetClass.STOCK, "XNYS")
MSFT = Instrument(2, "MSFT", AssetClass.STOCK, "XNYS")
SPY = Instrument(3, "SPY", AssetClass.ETF, "XNYS")
BTC = Instrument(4, "BTC-USD", AssetClass.CRYPTO, "24/7")
YEAR = days(date(2025, 1, 1), date(2025, 12, 31))
WINDOW = days(date(2025, 6, 2), date(2025, 6, 4))
IN_WINDOW = pl.col("opened_at").is_between(WINDOW.start, WINDOW.end, closed="left")
OHLC = ("open", "high", "low", "close")


def _provider(*faults: FaultSettings, **options: object) -> SimulatedProvider:
    given = {"max_wait_seconds": 0.01, "max_attempts": 3, **options}
    return SimulatedProvider(SimulatedSettings(faults=faults, **given), ManualClock(NOW))


def _fault(kind: str, times: int | None = None, **more: str) -> FaultSettings:
    window = {"start": "2025-06-02", "end": "2025-06-05"}
    return FaultSettings(kind=kind, symbol="AAPL", times=times, **{**window, **more})


async def _ask(
    provider: SimulatedProvider,
    instrument: Instrument = AAPL,
    interval: Interval = YEAR,
    timeframe: Timeframe = Timeframe.D1,
) -> Answer:
    return await provider.candles(CandleRequest(Route.BY_SYMBOL, (instrument,), timeframe, interval))


async def _sound() -> pl.DataFrame:
    return (await _ask(_provider())).candles


def _hole(sound: pl.DataFrame, struck: pl.DataFrame) -> None:
    assert struck.equals(sound.filter(~IN_WINDOW))


def _hundredfold(sound: pl.DataFrame, struck: pl.DataFrame) -> None:
    for name in OHLC:
        assert struck.filter(IN_WINDOW)[name].to_list() == (sound.filter(IN_WINDOW)[name] * 100).to_list()


def _above_high(sound: pl.DataFrame, struck: pl.DataFrame) -> None:
    assert struck.filter(pl.col("close") > pl.col("high")).equals(struck.filter(IN_WINDOW))
    assert struck.drop("close").equals(sound.drop("close"))


def _shifted(sound: pl.DataFrame, struck: pl.DataFrame) -> None:
    moved = set(struck["opened_at"]) - set(sound["opened_at"])
    assert moved == {stamp + timedelta(hours=5) for stamp in sound.filter(IN_WINDOW)["opened_at"]}


def _flat(sound: pl.DataFrame, struck: pl.DataFrame) -> None:
    before = sound.filter(pl.col("opened_at") < WINDOW.start)["close"][-1]
    assert {value for name in OHLC for value in struck.filter(IN_WINDOW)[name]} == {before}
    assert struck["volume"].equals(sound["volume"])


def _twice(sound: pl.DataFrame, struck: pl.DataFrame) -> None:
    assert struck.filter(struck.is_duplicated()).height == 2
    assert struck.unique().sort("opened_at").equals(sound)


def _standing_still(sound: pl.DataFrame, struck: pl.DataFrame) -> None:
    repeated = struck.filter(IN_WINDOW).select(*OHLC, "volume", "vwap", "trade_count").unique()
    before = sound.filter(pl.col("opened_at") < WINDOW.start).tail(1)
    assert repeated.equals(before.select(repeated.columns))


ROW_FAULTS = {
    "hole": _hole,
    "unit_100x": _hundredfold,
    "close_above_high": _above_high,
    "shifted_stamps": _shifted,
    "flat_with_volume": _flat,
    "duplicate_row": _twice,
    "stale": _standing_still,
}


@pytest.mark.parametrize(("kind", "check"), ROW_FAULTS.items())
async def test_a_fault_in_the_rows_strikes_its_window_and_nothing_else(
    kind: str, check: Callable[[pl.DataFrame, pl.DataFrame], None]
):
    sound, struck = await _sound(), (await _ask(_provider(_fault(kind)))).candles
    assert not struck.equals(sound)
    check(sound, struck)
    assert struck.filter(~IN_WINDOW & ~IN_WINDOW.shift(1, fill_value=False)).height >= sound.height - 4


@pytest.mark.parametrize("kind", [*ROW_FAULTS, "other_symbol"])
async def test_a_fault_that_strikes_twice_is_healed_the_third_time(kind: str):
    sound, provider = await _sound(), _provider(_fault(kind, times=2))
    answers = [(await _ask(provider)).candles.equals(sound) for _ in range(4)]
    assert answers == [False, False, True, True]


async def test_a_fault_spares_other_symbols_and_other_days():
    provider = _provider(*(_fault(kind) for kind in FaultKind))
    assert (await _ask(provider, MSFT)).candles.equals((await _ask(_provider(), MSFT)).candles)
    july = days(date(2025, 7, 1), date(2025, 7, 31))
    assert (await _ask(provider, AAPL, july)).candles.equals((await _ask(_provider(), AAPL, july)).candles)


async def test_a_fault_without_a_symbol_heals_for_each_one():
    provider = _provider(FaultSettings(kind="hole", start="2025-06-02", end="2025-06-05", times=1))
    heights = [(await _ask(provider, one)).candles.height for one in (AAPL, AAPL, MSFT, MSFT)]
    assert heights == [247, 250, 247, 250]


async def test_another_symbol_candles_come_under_the_asked_one():
    struck = (await _ask(_provider(_fault("other_symbol", other="SPY")))).candles
    spy = (await _ask(_provider(), SPY)).candles
    assert struck.select(*OHLC, "volume").equals(spy.select(*OHLC, "volume"))
    assert struck["instrument_id"].unique().to_list() == [1]


@pytest.mark.parametrize("timeframe", [Timeframe.D1, Timeframe.H1, Timeframe.M5])
async def test_candles_of_another_length_are_refused(timeframe: Timeframe):
    with pytest.raises(GranularityMismatch, match=f"asked for {timeframe} candles"):
        await _ask(_provider(_fault("wrong_granularity")), AAPL, days(date(2025, 5, 20), date(2025, 6, 30)), timeframe)


@pytest.mark.parametrize("timeframe", [one for one in Timeframe if one.is_intraday])
async def test_candles_of_the_asked_length_are_not_refused(timeframe: Timeframe):
    for instrument in (AAPL, BTC):
        answer = await _ask(_provider(), instrument, days(date(2025, 11, 20), date(2025, 12, 2)), timeframe)
        assert answer.failure is None
        assert answer.candles.height > 0


@pytest.mark.parametrize("kind", ["http_429", "http_500", "timeout", "cut_json"])
async def test_a_fault_on_the_wire_that_passes_costs_calls_only(kind: str):
    answer = await _ask(_provider(_fault(kind, times=2)))
    assert answer.candles.equals(await _sound())
    assert (answer.calls, answer.failure) == (3, None)


@pytest.mark.parametrize(
    ("kind", "error", "calls"),
    [
        ("http_429", RateLimited, 3),
        ("http_500", Transient, 3),
        ("timeout", Transient, 3),
        ("cut_json", Transient, 3),
        ("html_200", Blocked, 1),
    ],
)
async def test_a_fault_on_the_wire_that_stays_has_its_class(kind: str, error: type[ProviderError], calls: int):
    with pytest.raises(error) as caught:
        await _ask(_provider(_fault(kind)))
    assert caught.value.calls == calls


@pytest.mark.parametrize(("header", "seconds"), [(None, None), ("0", None), ("7", 7.0)])
async def test_a_retry_after_header_arrives_as_planted(header: str | None, seconds: float | None):
    fault = FaultSettings(kind="http_429", retry_after=header)
    with pytest.raises(RateLimited) as caught:
        await _ask(_provider(fault))
    assert caught.value.retry_after_seconds == seconds


async def test_an_unknown_symbol_is_a_fact_and_not_a_failure():
    answer = await _ask(_provider(_fault("unknown_symbol")))
    assert (answer.nothing_there, answer.candles.height, answer.calls) == (frozenset({1}), 0, 1)


async def test_pages_join_to_the_same_candles_as_one_answer():
    paged, whole = await _ask(_provider(candles_per_page=40)), await _ask(_provider())
    assert paged.candles.equals(whole.candles)
    assert (paged.calls, whole.calls) == (7, 1)


async def test_a_page_that_fails_for_good_ends_the_answer_before_it():
    answer = await _ask(_provider(_fault("page_fails"), candles_per_page=40))
    assert isinstance(answer.failure, Transient)
    assert answer.candles["opened_at"].max() < answer.answered.end <= WINDOW.start
    assert answer.candles.equals((await _sound()).filter(pl.col("opened_at") < answer.answered.end))


async def test_a_page_that_fails_twice_costs_two_calls():
    answer = await _ask(_provider(_fault("page_fails", times=2), candles_per_page=40))
    assert (answer.failure, answer.calls, answer.candles.height) == (None, 9, 250)


async def test_a_late_page_loses_nothing_and_is_on_record():
    answer = await _ask(_provider(_fault("late_page"), candles_per_page=40))
    assert answer.candles.equals(await _sound())
    assert (answer.calls, answer.failure) == (8, None)
    assert "came late" in answer.evidence


async def test_a_hole_at_the_edge_of_a_page_is_the_providers_own():
    edge = (await _sound())["opened_at"][40].date()
    fault = FaultSettings(kind="hole", start=edge.isoformat(), end=(edge + timedelta(days=1)).isoformat())
    answer = await _ask(_provider(fault, candles_per_page=40))
    assert (answer.candles.height, answer.failure, answer.answered) == (249, None, YEAR)


async def test_a_split_that_is_not_told_is_told_when_the_fault_has_healed():
    interval = days(date(1990, 1, 1), date(2026, 3, 4))
    provider = _provider(FaultSettings(kind="split_untold", symbol="AAPL", times=1))
    first, second = await provider.splits([AAPL, MSFT], interval), await provider.splits([AAPL, MSFT], interval)
    assert 1 not in first.splits["instrument_id"]
    assert 1 in second.splits["instrument_id"]
    assert second.splits.equals((await _provider().splits([AAPL, MSFT], interval)).splits)


async def test_a_session_of_the_market_has_the_candles_of_its_symbols():
    day = days(date(2025, 6, 3), date(2025, 6, 3))
    provider = _provider()
    together = await provider.candles(CandleRequest(Route.BY_SESSION, (MSFT, AAPL, SPY), Timeframe.D1, day))
    alone = [(await _ask(provider, one, day)).candles for one in (AAPL, MSFT, SPY)]
    assert together.candles.equals(pl.concat(alone))
    assert together.calls == 1


async def test_a_holiday_is_a_session_without_candles():
    day = days(date(2025, 12, 25), date(2025, 12, 25))
    answer = await _provider().candles(CandleRequest(Route.BY_SESSION, (AAPL,), Timeframe.D1, day))
    assert (answer.candles.height, answer.failure) == (0, None)


async def test_the_session_that_runs_is_not_final():
    provider = SimulatedProvider(SimulatedSettings(), ManualClock(datetime(2026, 3, 4, 17, tzinfo=UTC)))
    candles = (await _ask(provider, AAPL, days(date(2026, 3, 2), date(2026, 3, 4)))).candles
    assert candles["is_final"].to_list() == [True, True, False]


async def test_every_call_takes_its_latency():
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await asyncio.sleep(0)

    settings = SimulatedSettings(latency_seconds=1.5, candles_per_page=100)
    await _ask(SimulatedProvider(settings, ManualClock(NOW), sleep=sleep))
    assert slept == [1.5, 1.5, 1.5]


@pytest.mark.parametrize("fault", [{"kind": "gremlin"}, {"kind": "hole", "start": "June"}])
def test_a_fault_that_cannot_be_read_is_a_configuration_error(fault: dict[str, str]):
    with pytest.raises(ConfigurationError, match="kinds are hole, unit_100x"):
        _provider(FaultSettings(**fault))


def test_an_index_is_not_simulated():
    assert _provider().symbol_of(Instrument(9, "^GSPC", AssetClass.INDEX, "XNYS")) is None
