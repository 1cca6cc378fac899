"""`trend quarantine` and `trend quality`: what people see of rows set aside, decide about them, and of scores."""

import json
from pathlib import Path

import pytest

from trend_platform.settings import FaultSettings
from trend_platform_tests.cli.conftest import Trend, simulated_session
from trend_platform_tests.cli.sessions import GivenSession

LEAP = FaultSettings(kind="unit_100x", symbol="AAPL", start="2026-01-13", end="2026-01-15")


@pytest.fixture
def leaping(trend: Trend) -> GivenSession:
    """A year in which AAPL is told in cents for two days."""
    session = simulated_session(LEAP)
    assert trend("backfill", "1Y", on=session)[0] == 3
    return session


def told(trend: Trend, session: GivenSession, *words: str) -> dict[str, object]:
    code, out, err = trend(*words, "--json", on=session)
    assert code == 0, err
    return json.loads(out)


def test_rows_that_wait_are_listed_with_number_rule_and_reason(trend: Trend, leaping: GivenSession) -> None:
    listed = told(trend, leaping, "quarantine", "list", "AAPL", "--rule", "unit_100x", "--timeframe", "1d")
    assert (listed["rows"], listed["by_rule"]) == (2, {"unit_100x": 2})
    assert told(trend, leaping, "quarantine", "list", "MSFT")["rows"] == 0
    code, out, _ = trend("quarantine", "list", on=leaping)
    assert code == 0
    assert "another unit, such as cents for dollars" in out
    assert "2 rows are set aside and waiting: unit_100x 2." in out


def test_one_row_is_explained_with_what_is_stored_around_it(trend: Trend, leaping: GivenSession) -> None:
    number = str(told(trend, leaping, "quarantine", "list")["shown"][0]["quarantine_id"])
    explained = told(trend, leaping, "quarantine", "explain", number)
    assert (explained["rule"], explained["refused"], explained["symbol"]) == ("unit_100x", None, "AAPL")
    assert len(explained["stored_beside"]) == 6
    code, out, _ = trend("quarantine", "explain", number, on=leaping)
    assert code == 0
    assert f"`trend quarantine release {number}` stores it" in out
    assert "docs/reference/rules.md#unit_100x" in out
    assert "+00:00" not in "".join(line for line in out.splitlines(keepends=True) if not line.startswith("It said:"))


def test_a_released_row_is_stored_and_releasing_it_again_is_nothing(trend: Trend, leaping: GivenSession) -> None:
    code, out, _ = trend("quarantine", "release", "--rule", "unit_100x", "--symbol", "AAPL", on=leaping)
    assert (code, out) == (0, "2 rows released (2 new, 0 corrected); 0 were released before.\n")
    assert told(trend, leaping, "explain", "AAPL", "1d", "2026-01-13")["candle"]["close"] > 1000
    numbers = [str(row["quarantine_id"]) for row in told(trend, leaping, "quarantine", "list", "--all")["shown"]]
    again = told(trend, leaping, "quarantine", "release", *numbers)
    assert (again["rows"], len(again["already"]), again["run_id"]) == ([], 2, None)
    code, out, _ = trend("quarantine", "drop", numbers[0], on=leaping)
    assert code == 1
    assert f"{numbers[0]} stays as it is: it was released" in out


def test_a_dropped_row_waits_no_longer_and_stays_on_record(trend: Trend, leaping: GivenSession) -> None:
    assert len(told(trend, leaping, "quarantine", "drop", "--rule", "unit_100x")["rows"]) == 2
    assert told(trend, leaping, "quarantine", "list")["rows"] == 0
    shown = told(trend, leaping, "quarantine", "list", "--all")["shown"]
    assert [row["decision"] for row in shown] == ["dropped", "dropped"]
    (series,) = told(trend, leaping, "quality", "AAPL", "--days", "90")["series"]
    assert {day["score"]: day["taken_off"] for day in series["days"] if day["score"] < 80} == {50.0: {"missing": 50.0}}


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("explain", "999"), "no row set aside has the number 999"),
        (("release", "999"), "no row set aside has the number 999"),
        (("release",), "no row is named"),
        (("drop", "1", "--rule", "spike"), "not by both"),
        (("list", "--timeframe", "2d"), "2d"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    trend: Trend, leaping: GivenSession, words: tuple[str, ...], hint: str
) -> None:
    code, _, err = trend("quarantine", *words, on=leaping)
    assert code == 2
    assert hint in err


def test_quality_shows_the_worst_day_of_each_series_and_why(trend: Trend, leaping: GivenSession) -> None:
    code, out, _ = trend("quality", "--days", "90", on=leaping)
    assert code == 0
    assert "2 days score below 80" in out
    (line,) = [line for line in out.splitlines() if line.startswith("AAPL")]
    assert "2026-01-14" in line
    assert "1 of 1 missing; 1 set aside and waiting" in line


def test_quality_as_json_explains_every_day(trend: Trend, leaping: GivenSession) -> None:
    (series,) = told(trend, leaping, "quality", "AAPL", "--days", "90")["series"]
    by_day = {day["day"]: day for day in series["days"]}
    assert by_day["2026-01-13"]["taken_off"] == {"missing": 50.0, "set_aside": 30.0}
    assert by_day["2026-01-13"]["score"] == 20.0
    assert by_day["2026-01-12"]["score"] == 100.0
    assert series["low_days"] == 2


def test_nobody_has_asked_is_no_score(trend: Trend, session: GivenSession, tmp_path: Path) -> None:
    code, out, _ = trend("quality", "AAPL", "--timeframe", "1h")
    assert code == 0
    assert "nobody has asked for it" in out
