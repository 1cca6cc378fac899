"""`trend gaps` and `trend report` as people type them."""

from datetime import timedelta
from pathlib import Path

import pytest

from trend_platform.settings import FaultSettings
from trend_platform_tests.cli.conftest import Trend, answer_of, simulated_session
from trend_platform_tests.cli.sessions import GivenSession

HOLE = FaultSettings(kind="hole", symbol="BTC-USD", start="2025-10-10", end="2025-10-13")


@pytest.fixture
def holey(trend: Trend) -> GivenSession:
    """A year of daily candles, three of which are missing."""
    session = simulated_session(HOLE)
    assert trend("backfill", "1Y", on=session)[0] == 3
    return session


def mended(holey: GivenSession) -> GivenSession:
    """The same market half a day later, with a provider that has everything."""
    holey.clock.advance(timedelta(hours=13))
    holey.whole = type(holey.whole)(
        holey.whole.storage, holey.whole.cache, holey.whole.prices, simulated_session().whole.providers, holey.clock
    )
    return holey


def test_what_is_missing_is_shown_with_reason_and_evidence(trend: Trend, holey: GivenSession):
    code, out, _ = trend("gaps", "detect", on=holey)
    assert code == 3
    for words in (
        "2025-10-10 00:00",
        "2025-10-13 00:00",
        "unknown",
        "answered without these candles",
        "3 missing unexplained",
    ):
        assert words in out


def test_a_selection_without_gaps_is_complete(trend: Trend, holey: GivenSession):
    code, out, _ = trend("gaps", "detect", "AAPL", "--unexplained", on=holey)
    assert (code, "nothing is unexplained" in out) == (0, True)


def test_json_has_series_and_gaps(trend: Trend, holey: GivenSession):
    told = answer_of(trend("gaps", "detect", "BTC-USD", "--timeframe", "1d", "--json", on=holey), 3)
    (gap,), (series,) = told["gaps"], told["series"]
    assert (gap["symbol"], gap["start"], gap["missing"]) == ("BTC-USD", "2025-10-10T00:00:00+00:00", 3)
    assert series["expected"] == series["stored"] + 3


def test_a_repair_is_shown_then_applied_listed_and_undone(trend: Trend, holey: GivenSession):
    code, out, _ = trend("gaps", "repair", on=holey)
    assert (code, "0 gaps are due; 1 are not due yet" in out) == (0, True)
    later = mended(holey)
    code, out, _ = trend("gaps", "repair", on=later)
    assert (code, "Nothing has been asked; `--apply` does it." in out) == (0, True)
    code, out, _ = trend("gaps", "repair", "--apply", on=later)
    assert (code, "Repair 1: 3 candles inserted" in out) == (0, True)
    assert trend("gaps", "detect", on=later)[0] == 0
    (listed,) = answer_of(trend("gaps", "repairs", "--json", on=later))["repairs"]
    assert (listed["repair"], listed["state"], listed["inserted"], listed["calls"]) == (1, "done", 3, 1)
    code, out, _ = trend("gaps", "undo", "1", on=later)
    assert (code, "3 candles removed" in out) == (0, True)
    assert trend("gaps", "detect", on=later)[0] == 3


def test_json_of_a_repair_is_its_plan_and_then_its_outcome(trend: Trend, holey: GivenSession):
    later = mended(holey)
    told = answer_of(trend("gaps", "repair", "--json", on=later))
    assert (told["calls"], told["candles"], told["due"][0]["reason"]) == (1, 3, "unknown")
    done = answer_of(trend("gaps", "repair", "--apply", "--json", on=later))
    assert (done["repair"], done["outcomes"][0]["inserted"]) == (1, 3)
    assert answer_of(trend("gaps", "repair", "--apply", "--json", on=later))["repair"] is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["undo", "9"], "there is no repair 9"),
        (["detect", "--reason", "rain"], "'rain' is no reason of a gap"),
        (["detect", "--start", "2026-02-01", "--end", "2026-01-01"], "does not come after the start"),
        (["detect", "--timeframe", "7m"], "7m"),
        (["repair", "DOGE-USD"], "DOGE-USD"),
    ],
)
def test_what_cannot_be_done_is_said(trend: Trend, holey: GivenSession, arguments: list[str], words: str):
    code, _, err = trend("gaps", *arguments, on=holey)
    assert (code, words in err) == (2, True)


def test_a_report_is_a_line_per_series_the_least_complete_first(trend: Trend, holey: GivenSession):
    code, out, _ = trend("report", on=holey)
    assert code == 3
    assert out.index("BTC-USD") < out.index("AAPL") < out.index("MSFT")
    assert "99.17%" in out
    told = answer_of(trend("report", "--json", on=holey), 3)
    assert (told["unexplained"], told["missing"]) == (3, {"unknown": 3})


def test_a_page_holds_its_map_and_loads_nothing(trend: Trend, holey: GivenSession, tmp_path: Path):
    file = tmp_path / "coverage.html"
    assert trend("report", "--html", str(file), on=holey)[0] == 3
    page = file.read_text(encoding="utf-8")
    assert "BTC-USD 1d" in page
    assert "answered without these candles" in page
    assert "Simulated prices" in page
    for outside in ("<script src", "<link", 'src="http', "@import"):
        assert outside not in page


def test_a_page_of_nothing_is_a_page(trend: Trend, session: GivenSession, tmp_path: Path):
    assert trend("report", "--html", str(tmp_path / "empty.html"), on=session)[0] == 0
    assert "None." in (tmp_path / "empty.html").read_text(encoding="utf-8")


def test_what_was_never_asked_for_is_not_called_complete(trend: Trend, holey: GivenSession):
    code, out, _ = trend("gaps", "detect", "--timeframe", "5m", on=holey)
    assert code == 0
    assert "Nothing of that was ever asked for" in out
    assert "nothing is unexplained" not in out


def test_series_stand_by_length_not_by_letter(trend: Trend, holey: GivenSession, tmp_path: Path):
    assert trend("candles", "fetch", "--symbol", "AAPL", "--timeframe", "1h,15m,1m", on=holey)[0] == 0
    code, out, _ = trend("report", "AAPL", on=holey)
    assert code == 0
    assert out.index(" 1m ") < out.index(" 15m ") < out.index(" 1h ") < out.index(" 1d ")
    file = tmp_path / "coverage.html"
    trend("report", "AAPL", "--html", str(file), on=holey)
    page = file.read_text(encoding="utf-8")
    # The map is drawn from below.
    assert '["AAPL 1d","AAPL 1h","AAPL 15m","AAPL 1m"]' in page


def test_a_page_in_a_missing_folder_blames_its_own_option(trend: Trend, holey: GivenSession, tmp_path: Path):
    code, _, err = trend("report", "--html", str(tmp_path / "nowhere" / "a.html"), on=holey)
    assert code == 2
    assert err.startswith("trend: --html ")
