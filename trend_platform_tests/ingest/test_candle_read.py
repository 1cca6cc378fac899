from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from trend_platform.domain.actions import (
    DIVIDEND_SCHEMA,
    SPLIT_SCHEMA,
    ActionKind,
    Adjustment,
    as_actions,
    empty_actions,
)
from trend_platform.domain.downsampling import Method
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.candle_read import Question, Reading, read
from trend_platform.ingest.rollup import refresh_rollups
from trend_platform_tests.ingest.shop import ALL_TIME, HOUR, NIGHT, ROWS, Shop

CORRECTED = ROWS.replace("AAPL,2026-02-25,12,14,11,13,1200", "AAPL,2026-02-25,12,14,11,12.5,1200")
TICK = timedelta(microseconds=1)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """AAPL as of one hour after `NIGHT`; one close corrected an hour later."""
    shop = Shop(tmp_path)
    shop.fetch()
    shop.rows = CORRECTED
    shop.fetch(refresh=True)
    return shop


def ask(
    shop: Shop,
    known_at: datetime | None = None,
    timeframe: Timeframe = Timeframe.D1,
    adjustment: Adjustment = Adjustment.RAW,
    points: int | None = None,
    method: Method = Method.MINMAX_LTTB,
) -> Reading:
    workshop = shop.workshop()
    one = workshop.select(["AAPL"])[0]
    return read(workshop, Question(one, timeframe, ALL_TIME, adjustment, known_at, points, method))


def closes(reading: Reading) -> list[float]:
    return reading.candles["close"].to_list()


def test_what_was_known_before_a_correction_is_read_as_it_was(shop: Shop) -> None:
    assert closes(ask(shop)) == [11.0, 12.0, 12.5, 15.0]
    assert closes(ask(shop, NIGHT + 2 * HOUR)) == [11.0, 12.0, 12.5, 15.0]
    assert closes(ask(shop, NIGHT + 2 * HOUR - TICK)) == [11.0, 12.0, 13.0, 15.0]
    assert closes(ask(shop, NIGHT + HOUR)) == [11.0, 12.0, 13.0, 15.0]
    assert closes(ask(shop, NIGHT + HOUR - TICK)) == []


def test_a_replay_that_reads_an_answer_anew_changes_nothing_that_was_known_before(shop: Shop) -> None:
    before, now = ask(shop, NIGHT + 2 * HOUR).candles, shop.clock.now()
    shop.reread(lambda body: body.replace(b'"c":15.0', b'"c":15.5'))
    assert shop.replay().upserted.corrected
    assert ask(shop, now).candles.equals(before)
    assert 15.5 in closes(ask(shop))


def test_weeks_are_made_of_the_days_that_were_known(shop: Shop) -> None:
    late = ROWS.replace("AAPL,2026-02-27,14,16,13,15,1400", "AAPL,2026-02-27,14,16,13,14.5,1400")
    shop.rows = late
    shop.fetch(refresh=True)
    workshop = shop.workshop()
    refresh_rollups(workshop, workshop.select(()))
    # The split of the 24th lies within the week: its candle stands on the share count it began with.
    assert closes(ask(shop, None, Timeframe.W1)) == [2 * 14.5]
    then = ask(shop, NIGHT + 2 * HOUR, Timeframe.W1)
    assert closes(then) == [2 * 15.0]
    assert then.rolled_up == "all rolled up from 1d candles, 1 candle not complete"
    assert closes(ask(shop, NIGHT, Timeframe.W1)) == []


def test_a_split_moves_prices_from_when_it_was_told(shop: Shop) -> None:
    split = pl.DataFrame(
        {"instrument_id": [1], "ex_date": [date(2026, 2, 26)], "ratio": [4.0], "provider": ["x"]}, schema=SPLIT_SCHEMA
    )
    told = NIGHT + 3 * HOUR
    shop.clock.advance(4 * HOUR)
    added = as_actions(split, ActionKind.SPLIT, told)
    shop.storage.actions.record(added, empty_actions())
    split_of_the_book = 2.0
    assert closes(ask(shop, told, adjustment=Adjustment.SPLIT))[0] == 11.0 / 4 / split_of_the_book
    assert closes(ask(shop, told - TICK, adjustment=Adjustment.SPLIT))[0] == 11.0 / split_of_the_book
    assert closes(ask(shop, adjustment=Adjustment.SPLIT))[0] == 11.0 / 4 / split_of_the_book


def test_a_dividend_is_taken_off_by_the_close_that_was_known(shop: Shop) -> None:
    paid = pl.DataFrame(
        {
            "instrument_id": [1],
            "ex_date": [date(2026, 2, 26)],
            "amount": [1.25],
            "currency": ["USD"],
            "provider": ["x"],
        },
        schema=DIVIDEND_SCHEMA,
    )
    shop.storage.actions.record(as_actions(paid, ActionKind.DIVIDEND, None), empty_actions())
    assert closes(ask(shop, adjustment=Adjustment.ALL))[2] == pytest.approx(12.5 * (1 - 1.25 / 12.5))
    then = closes(ask(shop, NIGHT + HOUR, adjustment=Adjustment.ALL))
    assert then[2] == pytest.approx(13.0 * (1 - 1.25 / 13.0))
    # The same factor where the window ends before the day whose close it is made of.
    workshop, early = shop.workshop(), Interval(ALL_TIME.start, datetime(2026, 2, 25, tzinfo=UTC))
    asked = Question(workshop.select(["AAPL"])[0], Timeframe.D1, early, Adjustment.ALL, NIGHT + HOUR)
    assert closes(read(workshop, asked)) == then[:2]


@pytest.mark.parametrize("method", list(Method))
def test_fewer_points_are_real_candles_and_the_total_is_told(shop: Shop, method: Method) -> None:
    reading = ask(shop, points=3, method=method)
    assert (reading.candles.height, reading.total) == (3, 4)
    assert reading.candles.join(shop.candles(), on=shop.candles().columns, how="semi", nulls_equal=True).height == 3
    assert ask(shop, points=4).candles.height == ask(shop).total == 4


def test_prices_of_several_bases_are_told_on_any_read(shop: Shop) -> None:
    other = shop.candles().filter(instrument_id=1).head(1)
    with shop.storage.market.begin(run_id=9) as transaction:
        transaction.upsert(other.with_columns(pl.lit("split").alias("basis"), pl.lit(5.0).alias("low")))
    (note,) = ask(shop).notes
    assert "several bases" in note
