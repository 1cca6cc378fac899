"""The simulated market's latest prices: they are the ones its candles show, and planted faults spoil them."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval, days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import Blocked, ProviderError, RateLimited, Transient
from trend_platform.providers.simulated.lately import session_of
from trend_platform.providers.simulated.market import Listing, SimulatedMarket
from trend_platform.providers.simulated.profiles import profile_of
from trend_platform.providers.simulated.provider import SimulatedProvider
from trend_platform.settings import FaultSettings, SimulatedSettings

SEED = SimulatedSettings().seed
AAPL = Instrument(1, "AAPL", AssetClass.STOCK, "XNYS")
MSFT = Instrument(2, "MSFT", AssetClass.STOCK, "XNYS")
BTC = Instrument(4, "BTC-USD", AssetClass.CRYPTO, "24/7")
OPEN = datetime(2026, 11, 20, 18, 3, 20, 500_000, tzinfo=UTC)
BEFORE, FRIDAY = date(2026, 11, 19), date(2026, 11, 20)
CLOSE = datetime(2026, 11, 20, 21, tzinfo=UTC)
Row = dict[str, float | datetime]


def _listing(one: Instrument) -> Listing:
    return Listing(one.symbol, one.asset_class, one.calendar)


def _candles(one: Instrument, timeframe: Timeframe, interval: Interval, now: datetime) -> pl.DataFrame:
    return SimulatedMarket(SEED).candles(_listing(one), timeframe, interval, now)


async def _quotes(now: datetime, *faults: FaultSettings, asked: tuple[Instrument, ...] = (AAPL,)) -> pl.DataFrame:
    settings = SimulatedSettings(faults=faults, max_attempts=3, max_wait_seconds=0.01)
    return (await SimulatedProvider(settings, ManualClock(now)).quotes(asked)).quotes


async def _quote(now: datetime, *faults: FaultSettings, one: Instrument = AAPL) -> Row:
    return (await _quotes(now, *faults, asked=(one,))).row(0, named=True)


@pytest.mark.parametrize("one", [AAPL, BTC])
@pytest.mark.parametrize(
    "now", [OPEN, OPEN.replace(second=0, microsecond=0), OPEN.replace(second=0, microsecond=1), CLOSE]
)
async def test_the_price_is_the_close_of_the_forming_minute_and_its_time_the_second_before(
    one: Instrument, now: datetime
) -> None:
    quote = await _quote(now, one=one)
    last = _candles(one, Timeframe.M1, days(FRIDAY, FRIDAY), now).row(-1, named=True)
    assert quote["price"] == last["close"]
    at = quote["quoted_at"]
    assert isinstance(at, datetime)
    assert at.microsecond == 0
    assert timedelta(0) < now - at <= timedelta(seconds=1)
    assert last["opened_at"] <= at.timestamp() * 1_000_000 < last["opened_at"] + 60_000_000


@pytest.mark.parametrize(
    "now",
    [CLOSE + timedelta(minutes=1), CLOSE + timedelta(days=1), datetime(2026, 11, 23, 14, 30, tzinfo=UTC)],
)
async def test_outside_the_session_the_last_price_stands_with_its_time(now: datetime) -> None:
    quote = await _quote(now)
    assert quote["quoted_at"] == CLOSE - timedelta(seconds=1)
    assert quote["price"] == _candles(AAPL, Timeframe.D1, days(FRIDAY, FRIDAY), now)["close"][0]


async def test_a_half_day_ends_at_its_own_close() -> None:
    quote = await _quote(datetime(2026, 11, 27, 20, tzinfo=UTC))
    assert quote["quoted_at"] == datetime(2026, 11, 27, 17, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("one", [AAPL, BTC])
async def test_the_previous_close_is_the_one_of_the_session_before(one: Instrument) -> None:
    closes = _candles(one, Timeframe.D1, days(BEFORE, BEFORE), OPEN)["close"]
    assert (await _quote(OPEN, one=one))["previous_close"] == closes[0]


async def test_on_the_day_of_a_split_the_previous_close_counts_the_new_shares() -> None:
    year = days(date(2018, 1, 1), date(2018, 12, 31))
    (split,) = SimulatedMarket(SEED).splits(_listing(AAPL), year, OPEN)
    now = datetime(split.ex_date.year, split.ex_date.month, split.ex_date.day, 18, tzinfo=UTC)
    raw = _candles(AAPL, Timeframe.D1, Interval(now - timedelta(days=7), now), now)["close"]
    told = (await _quote(now))["previous_close"]
    assert told == pytest.approx(raw[-2] / split.ratio, abs=0.006)


async def test_nothing_is_quoted_before_a_listing_and_its_first_day_has_no_previous_close() -> None:
    tesla = Instrument(5, "TSLA", AssetClass.STOCK, "XNYS")
    assert (await _quotes(datetime(2010, 6, 28, 18, tzinfo=UTC), asked=(tesla, AAPL)))["instrument_id"].to_list() == [1]
    first = await _quote(datetime(2010, 6, 29, 18, tzinfo=UTC), one=tesla)
    assert first["previous_close"] is None
    assert (await _quote(datetime(2010, 6, 30, 18, tzinfo=UTC), one=tesla))["previous_close"] is not None


async def test_bid_and_ask_are_a_tick_apart_from_the_price() -> None:
    quote = await _quote(OPEN)
    price = quote["price"]
    assert isinstance(price, float)
    assert [quote["bid"], quote["ask"]] == pytest.approx([price - 0.01, price + 0.01])


@pytest.mark.parametrize("timeframe", [Timeframe.M1, Timeframe.H1])
@pytest.mark.parametrize("one", [AAPL, BTC])
def test_kept_sessions_give_the_same_candles_as_ones_made_anew(one: Instrument, timeframe: Timeframe) -> None:
    # Seen from a year later both sessions are old, and made together.
    both = days(BEFORE, FRIDAY)
    kept = _candles(one, timeframe, both, datetime(2026, 11, 21, tzinfo=UTC))
    assert kept.equals(_candles(one, timeframe, both, datetime(2027, 11, 19, tzinfo=UTC)))
    assert kept.height > 10


def test_asking_while_a_session_runs_leaves_the_kept_one_whole() -> None:
    day = days(FRIDAY, FRIDAY)
    running = _candles(MSFT, Timeframe.M1, day, OPEN)
    later = _candles(MSFT, Timeframe.M1, day, CLOSE)
    assert (running.height, later.height) == (214, 390)
    assert running.head(-1).equals(later.head(213))
    assert running["volume"][-1] < later["volume"][213]


def test_a_session_is_made_once() -> None:
    profile = profile_of(SEED, "AAPL", AssetClass.STOCK)
    stamp = int(datetime(2026, 11, 20, tzinfo=UTC).timestamp()) * 1_000_000
    assert session_of(profile, "XNYS", stamp) is session_of(profile, "XNYS", stamp)


def _fault(kind: str, **more: object) -> FaultSettings:
    return FaultSettings.model_validate({"kind": kind, "symbol": "AAPL", **more})


async def test_a_zero_price_and_a_hundredfold_one_arrive_as_planted() -> None:
    sound = (await _quote(OPEN))["price"]
    assert (await _quote(OPEN, _fault("zero_price")))["price"] == 0
    assert (await _quote(OPEN, _fault("quote_100x")))["price"] == pytest.approx(100 * float(str(sound)))


async def test_a_future_quote_is_an_hour_ahead_and_otherwise_sound() -> None:
    sound, struck = await _quote(OPEN), await _quote(OPEN, _fault("future_quote"))
    assert struck["price"] == sound["price"]
    assert sound["quoted_at"] == datetime(2026, 11, 20, 18, 3, 20, tzinfo=UTC)
    assert struck["quoted_at"] == datetime(2026, 11, 20, 19, 3, 20, tzinfo=UTC)


async def test_a_stale_quote_stands_still_where_its_window_begins() -> None:
    fault = _fault("stale_quote", start="2026-11-20", end="2026-11-21")
    frozen = [await _quote(now, fault) for now in (OPEN, OPEN + timedelta(hours=1))]
    assert frozen[0]["quoted_at"] == frozen[1]["quoted_at"] == datetime(2026, 11, 19, 20, 59, 59, tzinfo=UTC)
    assert frozen[0]["price"] == _candles(AAPL, Timeframe.D1, days(BEFORE, BEFORE), OPEN)["close"][0]
    healed = await _quote(OPEN + timedelta(days=3), fault)
    assert healed["quoted_at"] == datetime(2026, 11, 23, 18, 3, 20, tzinfo=UTC)


async def test_a_stale_quote_without_a_first_day_stands_still_since_midnight() -> None:
    quote = await _quote(OPEN, _fault("stale_quote", symbol="BTC-USD"), one=BTC)
    assert quote["quoted_at"] == datetime(2026, 11, 19, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["missing_symbol", "unknown_symbol"])
async def test_a_symbol_that_is_missing_costs_the_others_nothing(kind: str) -> None:
    settings = SimulatedSettings(faults=(_fault(kind),))
    answer = await SimulatedProvider(settings, ManualClock(OPEN)).quotes([AAPL, MSFT])
    assert (answer.nothing_there, answer.quotes["instrument_id"].to_list()) == (frozenset({1}), [2])


async def test_a_fault_outside_of_its_days_does_not_strike_and_one_that_heals_strikes_so_often() -> None:
    assert (await _quote(OPEN, _fault("zero_price", start="2026-11-21")))["price"] != 0
    provider = SimulatedProvider(SimulatedSettings(faults=(_fault("zero_price", times=2),)), ManualClock(OPEN))
    prices = [(await provider.quotes([AAPL])).quotes["price"][0] for _ in range(3)]
    assert [price == 0 for price in prices] == [True, True, False]


@pytest.mark.parametrize("kind", ["http_429", "http_500", "timeout", "cut_json"])
async def test_a_fault_on_the_wire_costs_calls_and_strikes_all_symbols_of_a_call_at_once(kind: str) -> None:
    fault = FaultSettings(kind=kind, times=2)
    settings = SimulatedSettings(faults=(fault,), max_attempts=3, max_wait_seconds=0.01)
    answer = await SimulatedProvider(settings, ManualClock(OPEN)).quotes([AAPL, MSFT, BTC])
    assert (answer.calls, answer.quotes.height, answer.failures) == (3, 3, {})


@pytest.mark.parametrize(
    ("kind", "error"),
    [("http_429", RateLimited), ("timeout", Transient), ("cut_json", Transient), ("html_200", Blocked)],
)
async def test_a_fault_on_the_wire_that_stays_has_its_class(kind: str, error: type[ProviderError]) -> None:
    with pytest.raises(error):
        await _quote(OPEN, _fault(kind))


async def test_every_call_takes_its_latency() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    many = [Instrument(number, f"S{number}", AssetClass.STOCK, "XNYS") for number in range(501)]
    settings = SimulatedSettings(latency_seconds=0.15)
    answer = await SimulatedProvider(settings, ManualClock(OPEN), sleep=sleep).quotes(many)
    assert (answer.calls, slept) == (2, [0.15, 0.15])
