import hashlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from trend_platform.domain.actions import DIVIDEND_SCHEMA, ActionKind, Adjustment, as_actions, empty_actions
from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.explain import Explanation, explain
from trend_platform.ingest.provenance import Judged, Provenance, provenance_of
from trend_platform.ingest.rollup import refresh_rollups
from trend_platform.quality.rules.catalogue import CANDLE_RULES
from trend_platform.settings import FaultSettings
from trend_platform.storage.archive.reading import ArchiveReader
from trend_platform_tests.ingest.desk import Desk
from trend_platform_tests.ingest.shop import ROWS, Shop

FAULTS = (
    FaultSettings(kind="hole", symbol="AAPL", start="2026-02-10", end="2026-02-11"),
    FaultSettings(kind="close_above_high", symbol="AAPL", start="2026-02-12", end="2026-02-13"),
)


@pytest.fixture(scope="module")
def desk() -> Desk:
    desk = Desk()
    desk.add("AAPL")
    desk.backfill(Range.M1, faults=FAULTS)
    return desk


@pytest.mark.parametrize(
    ("day", "verdict"),
    [
        (9, "stored, final: simulated sent it"),
        (10, "missing, unknown (provisional, 1 look)"),
        (12, "missing, rejected"),
        (14, "no candle is expected there"),
    ],
)
def test_each_candle_or_its_absence_is_explained_in_a_sentence(desk: Desk, day: int, verdict: str):
    workshop = desk.workshop()
    found = explain(workshop, workshop.select(["AAPL"])[0], Timeframe.D1, datetime(2026, 2, day, 15, tzinfo=UTC))
    assert found.verdict.startswith(verdict)


def test_a_holiday_inside_a_gap_is_explained_by_the_calendar_first():
    desk = Desk()
    desk.add("AAPL")
    hole = FaultSettings(kind="hole", symbol="AAPL", start="2024-07-03", end="2024-07-06")
    desk.backfill(Range.M1, faults=(hole,), as_of=date(2024, 7, 31))
    workshop = desk.workshop()
    found = explain(workshop, workshop.select(["AAPL"])[0], Timeframe.D1, datetime(2024, 7, 4, tzinfo=UTC))
    assert found.gap
    assert found.gap.missing == 2
    assert found.verdict == "no candle is expected there: XNYS holds no session on 2024-07-04"


def test_a_candle_that_was_never_asked_for_says_what_to_run(desk: Desk):
    workshop = desk.workshop()
    found = explain(workshop, workshop.select(["AAPL"])[0], Timeframe.D1, datetime(2020, 2, 10, tzinfo=UTC))
    assert found.verdict.endswith("`trend candles fetch --symbol AAPL --timeframe 1d --start 2020-02-10`")


def test_a_week_that_is_not_there_is_rolled_up_and_not_fetched(desk: Desk):
    workshop = desk.workshop()
    found = explain(workshop, workshop.select(["AAPL"])[0], Timeframe.W1, datetime(2020, 2, 12, tzinfo=UTC))
    assert found.verdict.startswith("not rolled up: run `trend rollup`")
    assert "--timeframe 1d --start 2020-02-10" in found.verdict


def test_of_the_future_nobody_is_to_be_asked(desk: Desk):
    workshop = desk.workshop()
    found = explain(workshop, workshop.select(["AAPL"])[0], Timeframe.D1, datetime(2031, 2, 12, tzinfo=UTC))
    assert found.verdict == "it has not begun yet: its time lies in the future"


def test_a_candle_that_was_set_aside_shows_the_row_and_the_rule(desk: Desk):
    workshop = desk.workshop()
    found = explain(workshop, workshop.select(["AAPL"])[0], Timeframe.D1, datetime(2026, 2, 12, tzinfo=UTC))
    assert found.quarantined["rule"].to_list() == ["close_outside"]


def place(shop: Shop, day: int, timeframe: Timeframe = Timeframe.D1) -> Explanation:
    workshop = shop.workshop()
    return explain(workshop, workshop.select(["AAPL"])[0], timeframe, datetime(2026, 2, day, tzinfo=UTC))


def test_a_stored_candle_names_the_run_the_request_and_the_archived_answer_that_brought_it(tmp_path: Path):
    shop = Shop(tmp_path)
    first = shop.fetch("AAPL")
    shop.fetch("MSFT")
    brought = place(shop, 25).provenance
    assert [one.run_id for one in brought.runs] == [first.run_id]
    (asked,) = brought.requests
    assert (asked.provider, asked.symbols) == ("polygon", ("AAPL",))
    # The clock stands still while the shop asks, so the answer about splits came at the same time.
    (kept,) = (one for one in brought.answers if "/AAPL/range/1/day/" in one.url)
    body = ArchiveReader(shop.archive.folder).body(kept)
    assert body is not None
    assert hashlib.sha256(body).hexdigest() == kept.digest


def test_a_missing_candle_names_the_request_that_did_not_bring_it(tmp_path: Path):
    shop = Shop(tmp_path)
    shop.fetch("AAPL")
    missing = place(shop, 26)
    assert missing.gap
    assert [asked.symbols for asked in missing.provenance.requests] == [("AAPL",)]
    assert missing.judged == Judged()
    assert place(shop, 28).provenance == Provenance(), "nobody was asked for a Saturday"


def test_where_nothing_is_archived_the_run_is_named_alone(tmp_path: Path):
    shop = Shop(tmp_path)
    run = shop.fetch("AAPL", is_kept=False)
    brought = place(shop, 25).provenance
    assert ([one.run_id for one in brought.runs], brought.requests, brought.answers) == ([run.run_id], (), ())


def test_every_rule_is_accounted_for_once(tmp_path: Path):
    shop = Shop(tmp_path, rows=ROWS.replace("12,14,11,13,1200", "12,14,11,13,0"))
    shop.fetch("AAPL")
    sound, empty = place(shop, 24).judged, place(shop, 25).judged
    assert (set(sound.passed), sound.warned, sound.broken) == ({rule.id for rule in CANDLE_RULES}, (), {})
    assert empty.warned == ("zero_volume",)
    assert sorted([*empty.passed, *empty.warned]) == sorted(rule.id for rule in CANDLE_RULES)


def test_a_stored_candle_that_breaks_a_rule_today_says_which(tmp_path: Path):
    shop = Shop(tmp_path)
    shop.fetch("AAPL")
    stored = shop.candles().filter(instrument_id=1).head(1).with_columns(pl.lit(99.0).alias("close"))
    with shop.storage.market.begin(run_id=1) as transaction:
        transaction.upsert(stored)
    assert list(place(shop, 23).judged.broken) == ["close_outside"]


def test_a_stored_candle_shows_what_adjusting_makes_of_it_and_by_what(tmp_path: Path):
    shop = Shop(tmp_path)
    shop.fetch("AAPL")
    paid = pl.DataFrame(
        {"instrument_id": [1], "ex_date": [date(2026, 2, 25)], "amount": [1.2], "currency": ["USD"], "provider": ["x"]},
        schema=DIVIDEND_SCHEMA,
    )
    shop.storage.actions.record(as_actions(paid, ActionKind.DIVIDEND, None), empty_actions())
    before = place(shop, 23)
    assert before.splits["ratio"].to_list() == [2.0]
    assert before.adjusted[Adjustment.SPLIT]["close"].to_list() == [5.5]
    # The close before the ex-date is 12; the split of the day before it is behind it.
    assert before.adjusted[Adjustment.ALL]["close"].to_list() == pytest.approx([5.5 * (1 - 1.2 / 12)])
    after = place(shop, 25)
    assert (after.splits.height, after.dividends.height) == (0, 0)
    assert after.adjusted[Adjustment.ALL]["close"].to_list() == after.candle["close"].to_list()


def test_a_candle_that_is_only_rolled_up_says_from_what(tmp_path: Path):
    shop = Shop(tmp_path)
    shop.fetch("AAPL")
    workshop = shop.workshop()
    refresh_rollups(workshop, workshop.select(()))
    week = place(shop, 24, Timeframe.W1)
    assert week.verdict.startswith("rolled up from 1d candles of polygon, not complete, 4 of 5 parts")
    assert week.candle.is_empty()


def test_a_repair_that_stored_a_candle_is_named(tmp_path: Path):
    shop = Shop(tmp_path)
    shop.fetch("AAPL")
    number = shop.storage.repairs.start("{}", shop.clock.now())
    late = shop.candles().filter(instrument_id=1).tail(1)
    late = late.with_columns(
        pl.lit(datetime(2026, 2, 26, tzinfo=UTC)).cast(late.schema["opened_at"]).alias("opened_at")
    )
    with shop.storage.market.recording(number).begin(run_id=1) as transaction:
        transaction.upsert(late)
    assert [one.repair_id for one in place(shop, 26).repairs] == [number]
    assert place(shop, 25).repairs == ()


def test_only_requests_for_that_very_candle_are_named(tmp_path: Path):
    shop = Shop(tmp_path)
    workshop, at = shop.workshop(), shop.clock.now()
    right = {
        "provider": "polygon", "route": "by_symbol", "symbols": ["AAPL"], "timeframe": "1d",
        "start": "2026-02-01T00:00:00+00:00", "end": "2026-02-26T00:00:00+00:00", "asked_at": at.isoformat(),
    }  # fmt: skip
    others = (
        {"provider": "yahoo"}, {"route": "splits"}, {"symbols": ["MSFT"]}, {"timeframe": "1h"},
        {"end": "2026-02-25T00:00:00+00:00"}, {"asked_at": (at + timedelta(seconds=1)).isoformat()},
    )  # fmt: skip
    for told in (right, *({**right, **other} for other in others)):
        shop.archive.keep_request(at, told)
    one, day = workshop.select(["AAPL"])[0], datetime(2026, 2, 25, tzinfo=UTC)
    (asked,) = provenance_of(workshop, one, Timeframe.D1, day, "polygon", at).requests
    assert (asked.symbols, asked.interval.end) == (("AAPL",), datetime(2026, 2, 26, tzinfo=UTC))
