"""The contract of `Rollups`, passed by every store: touched windows, rolled-up candles, and both in one transaction."""

from datetime import date, timedelta

import polars as pl
import pytest

from trend_platform.domain.actions import SPLIT_SCHEMA, ActionKind, as_actions
from trend_platform.domain.coverage import Gap, GapReason, Ledger, Span
from trend_platform.domain.intervals import Interval, Spans, days
from trend_platform.domain.rollup import ROLLED_SCHEMA, coarser, empty_rolled, roll_up
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.base import Storage
from trend_platform.storage.rollups import Restored
from trend_platform.storage.touches import TOUCHED_SCHEMA
from trend_platform_tests.domain.rolling import at, minutes, setting
from trend_platform_tests.storage.candle_frames import ALL, FETCHED, FIRST, candles, later

TICK = timedelta(microseconds=1)
M1, H1, D1 = Timeframe.M1, Timeframe.H1, Timeframe.D1


def put(storage: Storage, *frames: pl.DataFrame) -> None:
    with storage.market.begin(7) as transaction:
        for frame in frames:
            transaction.upsert(frame)


def settle(storage: Storage, *ids: int) -> None:
    for one in ids:
        with storage.rollups.begin(one):
            pass


def rolled(timeframe: Timeframe = H1, **columns: object) -> pl.DataFrame:
    made = minutes("2024-03-04", "2024-03-06", **columns)
    return roll_up(made, [timeframe], setting())[timeframe].candles


def keep(storage: Storage, frame: pl.DataFrame, timeframe: Timeframe = H1, interval: Interval = ALL) -> Restored:
    with storage.rollups.begin(1) as rollup:
        return rollup.replace(timeframe, interval, frame)


def test_an_empty_store_has_nothing_to_roll_up(storage: Storage) -> None:
    assert storage.rollups.touched() == {}
    assert storage.rollups.candles([1, 2], H1, ALL).equals(empty_rolled())
    assert storage.rollups.forming().is_empty()


def test_new_candles_touch_their_windows(storage: Storage) -> None:
    put(storage, candles(1, 2, timeframe="1h", count=5), candles(2, count=3))
    assert storage.rollups.touched() == {
        1: {H1: Spans.of([Interval(FIRST, FIRST + timedelta(hours=4) + TICK)])},
        2: {
            H1: Spans.of([Interval(FIRST, FIRST + timedelta(hours=4) + TICK)]),
            D1: Spans.of([Interval(FIRST, FIRST + timedelta(days=2) + TICK)]),
        },
    }


def test_what_changes_nothing_touches_nothing_and_a_correction_touches_its_own_place(storage: Storage) -> None:
    frame = candles(1, timeframe="1h", count=2000)
    put(storage, frame)
    settle(storage, 1)
    put(storage, later(frame))
    assert storage.rollups.touched() == {}
    wrong = (3, 1990)
    close = pl.when(pl.int_range(pl.len()).is_in(wrong)).then(99.0).otherwise("close")
    put(storage, later(frame.with_columns(close=close)))
    stamps = [FIRST + timedelta(hours=nth) for nth in wrong]
    assert storage.rollups.touched() == {1: {H1: Spans.of(Interval(stamp, stamp + TICK) for stamp in stamps)}}


def test_a_forming_candle_that_became_final_touches(storage: Storage) -> None:
    put(storage, candles(1, count=1, is_final=False))
    settle(storage, 1)
    put(storage, later(candles(1, count=1)))
    assert storage.rollups.touched() == {1: {D1: Spans.of([Interval(FIRST, FIRST + TICK)])}}


def test_weeks_and_months_touch_nothing(storage: Storage) -> None:
    put(storage, candles(1, timeframe="1w"), candles(1, timeframe="1mo"))
    assert storage.rollups.touched() == {}


def test_a_transaction_that_fails_touches_nothing(storage: Storage) -> None:
    def fail() -> None:
        with storage.market.begin(1) as transaction:
            transaction.upsert(candles(1))
            raise RuntimeError("over")

    with pytest.raises(RuntimeError, match="over"):
        fail()
    assert storage.rollups.touched() == {}


@pytest.fixture
def known_instrument(storage: Storage) -> int:
    """An instrument that ledgers can be about."""
    from trend_platform.ingest.universe import add_symbols  # noqa: PLC0415  a use case, for its short spelling only

    return add_symbols(storage.universe, ["BTC-USD"])[0].instrument_id


def test_learning_that_nothing_traded_touches_and_learning_of_a_failure_does_not(
    storage: Storage, known_instrument: int
) -> None:
    window = Interval(FIRST, FIRST + timedelta(minutes=3))

    def ledger(reason: GapReason) -> Ledger:
        gap = Gap(known_instrument, M1, window, 3, reason, "bitfinex", "said", 1, FETCHED, FETCHED, FETCHED)
        return Ledger((Span(known_instrument, M1, window, "bitfinex", FETCHED),), (gap,))

    def learn(before: Ledger, after: Ledger) -> None:
        with storage.market.begin(1) as transaction:
            transaction.replace_ledgers(M1, {known_instrument: before}, {known_instrument: after})

    learn(Ledger(), ledger(GapReason.UNKNOWN))
    assert storage.rollups.touched() == {}
    learn(ledger(GapReason.UNKNOWN), ledger(GapReason.NO_TRADES))
    assert storage.rollups.touched() == {known_instrument: {M1: Spans.of([window])}}
    settle(storage, known_instrument)
    learn(ledger(GapReason.NO_TRADES), ledger(GapReason.UNKNOWN))
    assert storage.rollups.touched() == {known_instrument: {M1: Spans.of([window])}}


def test_a_split_touches_its_day_when_it_becomes_known_and_when_it_goes(
    storage: Storage, known_instrument: int
) -> None:
    day = {known_instrument: {D1: Spans.of([days(date(2024, 3, 6), date(2024, 3, 6))])}}
    rows = [(known_instrument, date(2024, 3, 6), 4.0, "polygon")]
    split = as_actions(pl.DataFrame(rows, schema=SPLIT_SCHEMA, orient="row"), ActionKind.SPLIT, FETCHED)
    dividend = split.with_columns(kind=pl.lit(ActionKind.DIVIDEND.value), ratio=pl.lit(None, pl.Float64), amount=1.0)
    storage.actions.record(dividend, split.clear())
    assert storage.rollups.touched() == {}
    storage.actions.record(split, split.clear())
    assert storage.rollups.touched() == day
    settle(storage, known_instrument)
    storage.actions.record(split, split.clear())
    assert storage.rollups.touched() == {}
    storage.actions.record(split.clear(), split)
    assert storage.rollups.touched() == day


def test_a_roll_up_takes_the_windows_of_its_instrument_and_leaves_the_others(storage: Storage) -> None:
    put(storage, candles(1, 2))
    with storage.rollups.begin(1) as rollup:
        assert list(rollup.touched) == [D1]
        put(storage, later(candles(1, count=1), close=11.5))
    assert list(storage.rollups.touched()) == [1, 2], "what was touched meanwhile is still to be done"
    assert storage.rollups.touched()[1] == {D1: Spans.of([Interval(FIRST, FIRST + TICK)])}


def test_a_roll_up_that_fails_leaves_everything_as_it_was(storage: Storage) -> None:
    put(storage, candles(1))
    before = storage.rollups.touched()

    def fail() -> None:
        with storage.rollups.begin(1) as rollup:
            rollup.replace(H1, ALL, rolled())
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        fail()
    assert storage.rollups.touched() == before
    assert storage.rollups.candles([1], H1, ALL).is_empty()


def test_windows_can_be_touched_by_hand(storage: Storage) -> None:
    rows = [(3, "1d", FIRST, FIRST + timedelta(days=1))]
    storage.rollups.touch(pl.DataFrame(rows, schema=TOUCHED_SCHEMA, orient="row"))
    assert storage.rollups.touched() == {3: {D1: Spans.of([Interval(FIRST, FIRST + timedelta(days=1))])}}


@pytest.mark.parametrize("timeframe", coarser(M1))
def test_rolled_candles_come_back_as_they_were(storage: Storage, timeframe: Timeframe) -> None:
    frame = rolled(timeframe)
    assert keep(storage, frame, timeframe) == Restored(written=frame.height)
    assert storage.rollups.candles([1], timeframe, ALL).equals(frame)
    assert storage.rollups.candles([1], timeframe, ALL).schema == ROLLED_SCHEMA
    assert storage.rollups.candles([2], timeframe, ALL).is_empty()


def test_unknown_values_several_providers_and_sources_are_kept(storage: Storage) -> None:
    frame = (
        rolled()
        .head(4)
        .with_columns(
            volume=pl.Series([None, 1.5, 0.0, None]),
            vwap=pl.Series([None, None, 9.5, None]),
            trade_count=pl.Series([None, 3, None, 2]),
            provider=pl.Series(["mixed", "a", "b", "a"]),
            basis=pl.Series(["raw", "split", "raw", "raw"]),
            source=pl.Series(["1m", "5m", "1m", "5m"]),
            is_complete=pl.Series([True, False, True, False]),
        )
    )
    keep(storage, frame)
    assert storage.rollups.candles([1], H1, ALL).equals(frame)


def test_only_what_differs_is_written_and_nothing_outside_the_window_is_touched(storage: Storage) -> None:
    frame = rolled()
    keep(storage, frame)
    window = Interval(at("2024-03-04T06:00"), at("2024-03-04T12:00"))
    inside = frame.filter(pl.col("opened_at").is_between(window.start, window.end, closed="left"))
    assert keep(storage, inside, interval=window) == Restored(unchanged=6)
    close = pl.when(pl.int_range(pl.len()) == 1).then(1.0).otherwise("close")
    changed = inside.with_columns(close=close).head(5)
    assert keep(storage, changed, interval=window) == Restored(written=1, removed=1, unchanged=4)
    assert storage.rollups.candles([1], H1, window).equals(changed)
    assert storage.rollups.candles([1], H1, ALL).height == frame.height - 1


def test_candles_whose_period_is_not_over_can_be_found(storage: Storage) -> None:
    made = minutes("2024-03-04", "2024-03-06")
    known = setting(now=at("2024-03-05T23:30"))
    for timeframe in (H1, Timeframe.W1):
        keep(storage, roll_up(made, [timeframe], known)[timeframe].candles, timeframe)
    assert storage.rollups.forming().rows() == [
        (1, "1h", at("2024-03-05T23:00"), "1m"),
        (1, "1w", at("2024-03-04"), "1m"),
    ]
