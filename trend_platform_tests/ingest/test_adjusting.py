"""Reading on a basis: what is applied, from where the closes come, and what a reader is told."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from trend_platform.domain.actions import ACTION_SCHEMA, ActionKind, Adjustment, empty_actions
from trend_platform.domain.candles import as_candles
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval, days, midnight
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.adjusting import AdjustedRead, read_adjusted
from trend_platform.ingest.workshop import Workshop
from trend_platform_tests.ingest.stall import Bazaar

MONDAY = date(2026, 2, 16)
WEEK = days(MONDAY, date(2026, 2, 20))
NEXT = date(2026, 2, 23)


@pytest.fixture
def workshop() -> Workshop:
    bazaar = Bazaar()
    bazaar.storage.universe.add([Instrument(0, "AAPL", AssetClass.STOCK, "XNYS")])
    return bazaar.workshop()


def store(workshop: Workshop, closes: dict[datetime, float], timeframe: str = "1d", **says: object) -> None:
    said = {"timeframe": timeframe, "volume": 10.0, "provider": "one", "basis": "raw", "is_final": True, **says}
    prices = {name: list(closes.values()) for name in ("open", "high", "low", "close")}
    frame = pl.DataFrame({"instrument_id": 1, "opened_at": list(closes), **prices, "fetched_at": list(closes)})
    with workshop.storage.market.begin(1) as transaction:
        transaction.upsert(as_candles(frame.with_columns(pl.lit(value).alias(name) for name, value in said.items())))


def store_days(workshop: Workshop, closes: dict[date, float], **says: object) -> None:
    store(workshop, {midnight(day): close for day, close in closes.items()}, **says)


def tell(workshop: Workshop, *rows: tuple[ActionKind, date, float], currency: str = "USD") -> None:
    told = [
        (
            1, kind.value, ex, value if kind is ActionKind.SPLIT else None,
            value if kind is ActionKind.DIVIDEND else None, currency, "", "one", None,
        )
        for kind, ex, value in rows
    ]  # fmt: skip
    workshop.storage.actions.record(pl.DataFrame(told, schema=ACTION_SCHEMA, orient="row"), empty_actions())


def read(workshop: Workshop, interval: Interval, how: Adjustment, timeframe: Timeframe = Timeframe.D1) -> AdjustedRead:
    return read_adjusted(workshop, workshop.select(["AAPL"])[0], timeframe, interval, how)


def closes_of(found: AdjustedRead) -> list[float]:
    return found.found.candles["close"].to_list()


def test_a_window_that_ends_before_the_dividend_is_adjusted_by_a_close_beside_it(workshop: Workshop) -> None:
    store_days(workshop, {MONDAY: 90.0, date(2026, 2, 20): 100.0, NEXT: 98.0})
    tell(workshop, (ActionKind.DIVIDEND, NEXT, 2.0))
    found = read(workshop, days(MONDAY, MONDAY), Adjustment.ALL)
    assert closes_of(found) == pytest.approx([88.2])
    assert found.notes == ()
    assert closes_of(read(workshop, days(MONDAY, NEXT), Adjustment.ALL)) == pytest.approx([88.2, 98.0, 98.0])


def test_hours_take_dividends_off_by_the_closes_of_days(workshop: Workshop) -> None:
    hour = datetime(2026, 2, 20, 14, 30, tzinfo=UTC)
    store(workshop, {hour: 101.0}, "1h")
    store_days(workshop, {date(2026, 2, 20): 100.0, NEXT: 98.0})
    tell(workshop, (ActionKind.DIVIDEND, NEXT, 2.0), (ActionKind.SPLIT, NEXT, 2.0))
    found = read(workshop, WEEK, Adjustment.ALL, Timeframe.H1)
    assert closes_of(found) == pytest.approx([101.0 / 2 * (1 - 2.0 / 50.0)])


def test_a_dividend_without_a_close_before_is_told_and_left_on(workshop: Workshop) -> None:
    store_days(workshop, {MONDAY: 100.0, NEXT + timedelta(days=20): 90.0})
    tell(workshop, (ActionKind.DIVIDEND, NEXT + timedelta(days=20), 2.0))
    assert read(workshop, days(MONDAY, date(2026, 4, 1)), Adjustment.ALL).notes == ()
    workshop.clock.advance(timedelta(days=30))  # type: ignore[attr-defined]  the clock of the bazaar is one by hand
    found = read(workshop, days(MONDAY, date(2026, 4, 1)), Adjustment.ALL)
    assert closes_of(found) == [100.0, 90.0]
    assert found.notes == ("1 dividend not taken off, for want of a close before in its currency: 2026-03-15 (2 USD)",)


def test_a_dividend_in_other_money_than_the_prices_is_told_and_left_on(workshop: Workshop) -> None:
    store_days(workshop, {MONDAY: 100.0, date(2026, 2, 17): 99.0})
    tell(workshop, (ActionKind.DIVIDEND, date(2026, 2, 17), 1.0), currency="CAD")
    found = read(workshop, WEEK, Adjustment.ALL)
    assert closes_of(found) == [100.0, 99.0]
    assert "2026-02-17 (1 CAD)" in found.notes[0]


def test_what_is_announced_changes_nothing_yet(workshop: Workshop) -> None:
    store_days(workshop, {MONDAY: 100.0})
    tell(workshop, (ActionKind.SPLIT, date(2026, 6, 1), 4.0), (ActionKind.DIVIDEND, date(2026, 6, 1), 1.0))
    assert closes_of(read(workshop, WEEK, Adjustment.ALL)) == [100.0]


def test_rows_of_several_bases_are_never_unseen(workshop: Workshop) -> None:
    store_days(workshop, {MONDAY: 100.0})
    late = midnight(date(2026, 3, 2))
    store_days(workshop, {date(2026, 2, 17): 50.0, NEXT: 50.0}, basis="split", fetched_at=late)
    tell(workshop, (ActionKind.SPLIT, date(2026, 2, 18), 2.0))
    raw = read(workshop, days(MONDAY, NEXT), Adjustment.RAW)
    assert raw.found.candles["basis"].to_list() == ["raw", "split", "split"]
    assert raw.notes == (
        "prices of several bases stand side by side, 1 candle raw and 2 candles split: split-adjusted reading puts all on one",
    )
    split = read(workshop, days(MONDAY, NEXT), Adjustment.SPLIT)
    assert (closes_of(split), split.notes) == ([50.0, 50.0, 50.0], ())


def test_an_empty_window_is_empty_on_every_basis(workshop: Workshop) -> None:
    tell(workshop, (ActionKind.DIVIDEND, NEXT, 2.0))
    assert [closes_of(read(workshop, WEEK, how)) for how in Adjustment] == [[], [], []]
