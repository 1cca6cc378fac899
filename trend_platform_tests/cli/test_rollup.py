import polars as pl
import pytest

from trend_platform.cli.verbs import VERBS
from trend_platform.domain.timeframes import Timeframe
from trend_platform.storage.base import Storage
from trend_platform_tests.cli.conftest import Trend, answer_of
from trend_platform_tests.cli.sessions import GivenSession
from trend_platform_tests.domain.rolling import minutes
from trend_platform_tests.storage.candle_frames import ALL


@pytest.fixture(autouse=True)
def stored(trend: Trend) -> None:
    assert trend("backfill", "3M", "AAPL,BTC-USD")[0] == 0


def put(session: GivenSession, symbol: str, frame: pl.DataFrame) -> None:
    storage: Storage = session.whole.storage
    (one,) = (each.instrument_id for each in storage.universe.instruments() if each.symbol == symbol)
    mine = frame.with_columns(instrument_id=pl.lit(one, pl.Int32), provider=pl.lit("simulated"))
    with storage.market.begin(1) as transaction:
        transaction.upsert(mine)


def test_what_has_changed_is_rolled_up_once(trend: Trend) -> None:
    first = answer_of(trend("rollup", "--json"))
    assert first["symbols"] == ["AAPL", "BTC-USD"]
    assert list(first["timeframes"]) == ["1w", "1mo"]
    assert first["timeframes"]["1mo"]["written"] > 0
    assert answer_of(trend("rollup", "--json"))["symbols"] == []
    code, out, _ = trend("rollup")
    assert code == 0
    assert "Nothing has changed" in out


def test_everything_of_one_symbol_can_be_rolled_up_anew(trend: Trend) -> None:
    trend("rollup")
    answer = answer_of(trend("rollup", "--all", "--symbol", "AAPL", "--json"))
    assert answer["symbols"] == ["AAPL"]
    assert answer["timeframes"]["1w"]["written"] == 0 < answer["timeframes"]["1w"]["unchanged"]
    code, _, err = trend("rollup", "--timeframe", "1d")
    assert code == 2
    assert "--all" in err


def test_weeks_are_shown_rolled_up_and_it_is_said(trend: Trend) -> None:
    show = ("candles", "show", "AAPL", "--timeframe", "1w", "--start", "2026-01-01")
    assert answer_of(trend(*show, "--json"))["candles"] == []
    trend("rollup")
    answer = answer_of(trend(*show, "--json"))
    assert len(answer["candles"]) > 5
    assert answer["rolled_up"].startswith("all rolled up from 1d candles")
    code, out, err = trend(*show, "--format", "csv")
    assert code == 0
    assert out.startswith("opened_at,open,high,low,close,volume")
    assert "rolled up from 1d candles" in err
    adjusted = answer_of(trend(*show, "--adjust", "split", "--json"))
    assert {one["basis"] for one in adjusted["candles"]} == {"split"}
    assert len(adjusted["candles"]) == len(answer["candles"])


def test_stored_candles_are_preferred_to_rolled_ones(trend: Trend, session: GivenSession) -> None:
    put(session, "BTC-USD", minutes("2026-02-01", "2026-02-02"))
    put(session, "BTC-USD", minutes("2026-02-01", "2026-02-01T06:00", timeframe=Timeframe.H1, seed=7))
    trend("rollup")
    show = ("candles", "show", "BTC-USD", "--timeframe", "1h", "--start", "2026-02-01", "--end", "2026-02-02", "--json")
    answer = answer_of(trend(*show))
    assert len(answer["candles"]) == 24
    assert answer["rolled_up"] == "18 of 24 rolled up from 1m candles"


def test_a_check_names_what_does_not_agree_and_exits_with_one(trend: Trend, session: GivenSession) -> None:
    put(session, "BTC-USD", minutes("2026-02-01", "2026-02-20"))
    trend("rollup")
    code, out, _ = trend("rollup", "check", "--symbol", "BTC-USD")
    assert code == 1
    assert "differs" in out
    answer = answer_of(trend("rollup", "check", "--timeframe", "1d", "--start", "2026-02-01", "--json"), code=1)
    (series,) = answer["series"]
    assert (series["symbol"], series["timeframe"], series["verdict"], series["candles"]) == (
        "BTC-USD", "1d", "differs", 19,
    )  # fmt: skip
    kept = session.whole.storage.metrics.latest("rollup_identity", 5)
    assert {one.details["verdict"] for one in kept} == {"differs"}


def test_a_check_of_series_that_agree_exits_with_zero(trend: Trend, session: GivenSession) -> None:
    put(session, "BTC-USD", minutes("2025-02-01", "2025-02-04"))
    trend("rollup")
    one = next(each for each in session.whole.storage.universe.instruments() if each.symbol == "BTC-USD")
    hours = session.whole.storage.rollups.candles([one.instrument_id], Timeframe.H1, ALL)
    put(session, "BTC-USD", hours.drop("source", "parts", "expected", "is_complete"))
    answer = answer_of(trend("rollup", "check", "--timeframe", "1h", "--json"))
    assert [series["verdict"] for series in answer["series"]] == ["agree"]
    assert "100.0%" in trend("rollup", "check", "--timeframe", "1h")[1]


def test_too_few_candles_to_compare_have_no_share_that_agrees(trend: Trend, session: GivenSession) -> None:
    put(session, "BTC-USD", minutes("2026-02-01", "2026-02-03"))
    trend("rollup")
    code, out, _ = trend("rollup", "check", "--timeframe", "1d")
    assert code == 0
    assert "too few candles in common" in out
    assert "%" not in out


def test_an_odd_question_is_told_what_fits(trend: Trend) -> None:
    assert trend("rollup", "check", "--timeframe", "1m")[0] == 2
    assert "--start" in trend("rollup", "check", "--end", "2026-01-01")[2]
    assert trend("rollup", "check", "--start", "2026-02-01", "--end", "2026-01-01")[0] == 2
    code, out, _ = trend("rollup", "check")
    assert code == 0
    assert "Nothing to compare" in out
    assert VERBS["rollup"].summary


def test_an_explained_roll_up_begins_with_what_it_was_made_of(trend: Trend) -> None:
    trend("rollup")
    code, out, _ = trend("explain", "AAPL", "1w", "2026-01-12")
    assert code == 0
    head = next(line for line in out[out.index("Rolled up\n") :].splitlines() if "open" in line)
    assert head.split()[:2] == ["source", "open"]
