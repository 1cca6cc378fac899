"""The contract of finding the repairs that stored or changed one candle."""

from datetime import timedelta

from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.base import Storage
from trend_platform.storage.repairs import RepairState
from trend_platform_tests.storage.candle_frames import FETCHED, FIRST, candles, later

DAY = timedelta(days=1)


def test_only_the_repairs_that_stored_or_changed_a_candle_are_found_undone_ones_too(storage: Storage) -> None:
    (one,) = storage.universe.add([Instrument(0, "AAPL", AssetClass.STOCK, "XNYS")])
    number = one.instrument_id
    with storage.market.begin(run_id=1) as transaction:
        transaction.upsert(candles(number, count=2))
    repairs = []
    for frame in (later(candles(number, count=1), close=77.0), candles(number, count=1, first=FIRST + 5 * DAY)):
        repairs.append(storage.repairs.start("{}", FETCHED))
        with storage.market.recording(repairs[-1]).begin(run_id=2) as transaction:
            transaction.upsert(frame)
    storage.repairs.undo(repairs[1], [one], FETCHED)

    def found(
        nth: int, timeframe: Timeframe = Timeframe.D1, instrument_id: int = number
    ) -> list[tuple[int, RepairState]]:
        touching = storage.repairs.touching(instrument_id, timeframe, FIRST + nth * DAY)
        return [(repair.repair_id, repair.state) for repair in touching]

    assert found(0) == [(repairs[0], RepairState.RUNNING)]
    assert found(5) == [(repairs[1], RepairState.UNDONE)]
    assert found(1) == found(0, Timeframe.H1) == found(0, instrument_id=number + 1) == []
