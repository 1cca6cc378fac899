from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from trend_platform.cli.outcome_report import outcome_json, show_outcome
from trend_platform.cli.output import Output
from trend_platform.domain.coverage import Gap, GapReason
from trend_platform.domain.intervals import days
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.outcome import Failure, Outcome, SeriesAccount
from trend_platform.storage.base import PriceKind, Upsert

NOW = datetime(2026, 3, 4, 22, tzinfo=UTC)


def gap(reason: GapReason, missing: int, is_believed: bool = False) -> Gap:
    first_day = days(date(2026, 1, 5), date(2026, 1, 9))
    due = datetime(2026, 3, 5, 10, 30, tzinfo=UTC)
    return Gap(1, Timeframe.D1, first_day, missing, reason, "polygon", "1 page", 2, NOW, NOW, due, is_believed)


def outcome(*accounts: SeriesAccount, failures: tuple[Failure, ...] = ()) -> Outcome:
    return Outcome(
        7,
        "backfill",
        PriceKind.REAL,
        ("1Y",),
        date(2026, 3, 4),
        10,
        10,
        Upsert(inserted=10),
        0,
        {"polygon": 2},
        accounts,
        failures,
    )


def shown(capsys: pytest.CaptureFixture[str], told: Outcome) -> list[str]:
    show_outcome(Output(), outcome_json(told))
    return capsys.readouterr().out.splitlines()


def test_what_one_sentence_says_of_many_symbols_is_one_row(capsys: pytest.CaptureFixture[str]) -> None:
    alone = "polygon: left alone until 2026-03-04 22:00:30 UTC: answered 503"
    failures = [Failure(f"S{number}", "polygon", "CircuitOpen", alone, "tiingo") for number in range(20)]
    last = Failure("MSFT", "polygon", "NothingThere", "no such symbol")
    lines = shown(capsys, outcome(SeriesAccount("AAPL", 10, 10, ()), failures=(*failures, last)))
    assert sum("CircuitOpen" in one for one in lines) == 1
    assert line(lines, "S0, S1, S2 and 17 more").split()[6:8] == ["polygon", "CircuitOpen"]
    assert line(lines, "MSFT").split()[:4] == ["MSFT", "polygon", "NothingThere", "nobody"]
    assert not any("more failure" in one for one in lines)


def line(lines: list[str], start: str) -> str:
    return next(one for one in lines if one.strip().startswith(start))


def test_reasons_stand_beside_the_count_they_belong_to(capsys: pytest.CaptureFixture[str]) -> None:
    holes = (gap(GapReason.BEFORE_LISTING, 5), gap(GapReason.UNKNOWN, 3))
    lines = shown(capsys, outcome(SeriesAccount("AAPL", 18, 10, holes)))
    assert line(lines, "missing, explained").split()[-3:] == ["before", "listing", "5"]
    assert line(lines, "missing, unexplained").split()[-2:] == ["unknown", "3"]


def test_unexplained_holes_come_first_and_provisional_ones_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    holes = (gap(GapReason.NO_TRADES, 9, is_believed=True), gap(GapReason.BEFORE_LISTING, 5), gap(GapReason.UNKNOWN, 1))
    lines = shown(capsys, outcome(SeriesAccount("AAPL", 25, 10, holes)))
    listed = [one for one in lines if one.startswith("AAPL")]
    assert [" ".join(one.split()[3:6]) for one in listed] == ["1 unknown 1", "9 no trades", "5 before listing"]
    assert "(provisional)" in listed[2]
    assert "(provisional)" not in listed[1]


def test_the_verdict_says_when_holes_are_asked_again(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, outcome(SeriesAccount("AAPL", 13, 10, (gap(GapReason.UNKNOWN, 3),))))
    assert lines[-1] == (
        "3 expected candles are missing without an explanation; they are asked again by a run after 2026-03-05 10:30 UTC."
    )


def test_a_long_list_of_holes_says_how_many_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    accounts = tuple(SeriesAccount(f"S{one}", 1, 0, (gap(GapReason.UNKNOWN, 1),)) for one in range(20))
    assert "... and 5 more holes: `--json` has them all." in shown(capsys, outcome(*accounts))


def test_candles_nobody_was_asked_for_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, outcome(SeriesAccount("AAPL", 14, 10, (), unasked=4)))
    assert "4 candles were never asked for: AAPL" in lines
    assert "they are asked by the next run" in lines[-1]


def test_a_failure_says_who_served_instead(capsys: pytest.CaptureFixture[str]) -> None:
    failures = (Failure("AAPL", "polygon", "RateLimited", "429 of 5 [per minute]", "tiingo"),)
    lines = shown(capsys, outcome(SeriesAccount("AAPL", 10, 10), failures=failures))
    assert line(lines, "AAPL").split()[:4] == ["AAPL", "polygon", "RateLimited", "tiingo"]
    assert "429 of 5 [per minute]" in line(lines, "AAPL")


def test_real_prices_need_no_word_and_simulated_ones_do(capsys: pytest.CaptureFixture[str]) -> None:
    real = outcome(SeriesAccount("AAPL", 10, 10))
    assert not any("SIMULATED" in one for one in shown(capsys, real))
    assert any("SIMULATED" in one for one in shown(capsys, replace(real, prices=PriceKind.SIMULATED)))
