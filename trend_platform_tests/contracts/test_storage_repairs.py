"""The contracts of `CoverageReads` and `Repairs`, passed by every store."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from trend_platform.domain.coverage import Gap, GapReason, Ledger, Span
from trend_platform.domain.instruments import Instrument
from trend_platform.domain.intervals import Interval, days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import UsageError
from trend_platform.ingest.universe import add_symbols
from trend_platform.storage.base import Storage
from trend_platform.storage.coverage import GAP_SCHEMA, SPAN_SCHEMA, AskedSeries
from trend_platform.storage.repairs import RepairState
from trend_platform_tests.storage.candle_frames import ALL, candles, later

NOW = datetime(2026, 3, 4, 12, 0, 0, 123456, tzinfo=UTC)
TEN_DAYS = days(date(2024, 1, 1), date(2024, 1, 10))


@pytest.fixture
def coins(storage: Storage) -> tuple[Instrument, ...]:
    return add_symbols(storage.universe, ["BTC-USD", "ETH-USD"])


def gap(
    one: int, first: int, last: int, reason: GapReason = GapReason.UNKNOWN, timeframe: Timeframe = Timeframe.D1
) -> Gap:
    place = days(date(2024, 1, first), date(2024, 1, last))
    return Gap(one, timeframe, place, last - first + 1, reason, "polygon", "seen, \"so\" 'é'", 2, NOW, NOW, NOW, True)


def known(storage: Storage, one: int, *gaps: Gap, timeframe: Timeframe = Timeframe.D1) -> Ledger:
    ledger = Ledger((Span(one, timeframe, TEN_DAYS, "polygon", NOW),), gaps)
    with storage.market.begin(1) as transaction:
        transaction.replace_ledgers(timeframe, transaction.ledgers([one], timeframe), {one: ledger})
    return ledger


def test_of_nothing_nothing_is_told(storage: Storage) -> None:
    asked = AskedSeries([1, 2])
    assert storage.coverage.spans(asked).schema == SPAN_SCHEMA
    assert storage.coverage.gaps(asked).schema == GAP_SCHEMA
    assert storage.coverage.differences(()) == ()


def test_gaps_and_spans_come_back_as_they_were(storage: Storage, coins: tuple[Instrument, ...]) -> None:
    one = coins[0].instrument_id
    given = gap(one, 9, 10)
    known(storage, one, given)
    (row,) = storage.coverage.gaps(AskedSeries([one])).to_dicts()
    assert Interval(row.pop("start_at"), row.pop("end_at")) == given.interval
    assert row == {name: getattr(given, name) for name in row}
    (span,) = storage.coverage.spans(AskedSeries([one])).to_dicts()
    assert (span["start_at"], span["end_at"], span["asked_at"]) == (TEN_DAYS.start, TEN_DAYS.end, NOW)


def test_a_question_is_limited_by_series_interval_and_reason(storage: Storage, coins: tuple[Instrument, ...]) -> None:
    one, two = (coin.instrument_id for coin in coins)
    known(storage, one, gap(one, 2, 3), gap(one, 9, 10, GapReason.NO_TRADES))
    known(storage, two, gap(two, 2, 3), timeframe=Timeframe.D1)
    reads = storage.coverage
    assert reads.gaps(AskedSeries([one, two])).height == 3
    assert reads.gaps(AskedSeries([two], [Timeframe.H1])).height == 0
    assert reads.gaps(AskedSeries([one], reasons=[GapReason.NO_TRADES]))["missing"].to_list() == [2]
    window = days(date(2024, 1, 3), date(2024, 1, 8))
    assert reads.gaps(AskedSeries([one], interval=window)).height == 1


def test_the_proof_finds_a_row_in_a_gap_and_a_hole_in_a_span(storage: Storage, coins: tuple[Instrument, ...]) -> None:
    one = coins[0].instrument_id
    with storage.market.begin(1) as transaction:
        transaction.upsert(candles(one, count=8))
    known(storage, one, gap(one, 9, 10))
    assert storage.coverage.differences(coins) == ()
    known(storage, one, gap(one, 7, 8))
    (found,) = storage.coverage.differences(coins)
    assert (found.symbol, found.expected, found.stored) == ("BTC-USD", 0, 2)


def everything(storage: Storage, one: int) -> tuple[object, ...]:
    market = storage.market
    return (
        market.candles([one], Timeframe.D1, ALL).rows(),
        market.revisions(one, Timeframe.D1, ALL).rows(),
        market.ledgers([one], Timeframe.D1),
    )


def repaired(storage: Storage, one: int) -> int:
    """Two candles are new, one is corrected, one that formed is complete, and the ledger has no gap any more."""
    repair_id = storage.repairs.start('{"gaps": 1}', NOW)
    before = storage.market.ledgers([one], Timeframe.D1)
    with storage.market.recording(repair_id).begin(7) as transaction:
        frame = candles(one, count=10)
        corrected = later(frame.slice(2, 1), close=99.5)
        completed = later(frame.slice(7, 1), close=98.5, is_final=True)
        transaction.upsert(pl.concat([corrected, completed, later(frame.slice(8, 2))]))
        after = Ledger((Span(one, Timeframe.D1, TEN_DAYS, "tiingo", NOW + timedelta(hours=1)),))
        transaction.replace_ledgers(Timeframe.D1, before, {one: after})
    storage.repairs.finish(repair_id, RepairState.DONE, 3, NOW + timedelta(minutes=1))
    return repair_id


@pytest.fixture
def holey(storage: Storage, coins: tuple[Instrument, ...]) -> int:
    one = coins[0].instrument_id
    with storage.market.begin(1) as transaction:
        frame = candles(one, count=8).with_columns((pl.col("opened_at").dt.day() < 8).alias("is_final"))
        transaction.upsert(frame)
        transaction.upsert(later(frame.slice(1, 1), close=77.25))
    known(storage, one, gap(one, 9, 10))
    return one


def test_a_repair_is_undone_to_the_last_row_revision_and_line_of_the_ledger(
    storage: Storage, coins: tuple[Instrument, ...], holey: int
) -> None:
    before = everything(storage, holey)
    repair_id = repaired(storage, holey)
    assert everything(storage, holey) != before
    undone = storage.repairs.undo(repair_id, coins, NOW + timedelta(hours=2))
    assert everything(storage, holey) == before
    assert (undone.removed, undone.restored, undone.revisions, undone.series) == (2, 2, 1, 1)
    touched = storage.rollups.touched()[holey][Timeframe.D1]
    assert TEN_DAYS.start + timedelta(days=2) in touched
    with pytest.raises(UsageError, match="was undone at 2026-03-04 14:00 UTC already"):
        storage.repairs.undo(repair_id, coins, NOW)


def test_a_repair_is_on_record(storage: Storage, holey: int) -> None:
    repair_id = repaired(storage, holey)
    repair = storage.repairs.get(repair_id)
    assert (repair.state, repair.calls, repair.inserted, repair.corrected) == (RepairState.DONE, 3, 2, 2)
    assert storage.repairs.latest(5) == (repair,)
    assert storage.repairs.calls_since(NOW) == 3
    assert storage.repairs.calls_since(NOW + timedelta(seconds=1)) == 0
    with pytest.raises(UsageError, match="there is no repair 99"):
        storage.repairs.get(99)


def test_what_others_changed_since_is_not_lost_to_an_undo(
    storage: Storage, coins: tuple[Instrument, ...], holey: int
) -> None:
    repair_id = repaired(storage, holey)
    with storage.market.begin(8) as transaction:
        transaction.upsert(later(later(candles(holey, count=10).slice(9, 1)), close=55.0))
    after = everything(storage, holey)
    with pytest.raises(UsageError, match="1 of its candles have been changed since"):
        storage.repairs.undo(repair_id, coins, NOW)
    assert everything(storage, holey) == after


def test_a_killed_repair_can_be_undone_and_what_it_did_not_commit_is_not_on_record(
    storage: Storage, coins: tuple[Instrument, ...], holey: int
) -> None:
    before = everything(storage, holey)
    repair_id = storage.repairs.start("{}", NOW)
    market = storage.market.recording(repair_id)

    def killed() -> None:
        with market.begin(7) as transaction:
            transaction.upsert(later(candles(holey, count=10).slice(8, 2)))
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        killed()
    assert storage.repairs.get(repair_id).inserted == 0
    with market.begin(7) as transaction:
        transaction.upsert(later(candles(holey, count=10).slice(8, 1)))
    assert storage.repairs.get(repair_id).state is RepairState.RUNNING
    storage.repairs.undo(repair_id, coins, NOW)
    assert everything(storage, holey) == before


def test_ordinary_runs_keep_nothing(storage: Storage, holey: int) -> None:
    repair_id = storage.repairs.start("{}", NOW)
    with storage.market.begin(7) as transaction:
        transaction.upsert(later(candles(holey, count=10).slice(8, 2)))
    assert storage.repairs.get(repair_id).inserted == 0
