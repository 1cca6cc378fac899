import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from trend_platform.providers.files.provider import FilesProvider
from trend_platform.settings import FilesSettings
from trend_platform_tests.cli.conftest import Trend, answer_of, real_session

COLUMNS = ("--column", "opened_at=date", "--column", "symbol=Name")
KAGGLE = ("--provider", "kaggle", "--basis", "split", *COLUMNS)


def test_own_candles_are_stored_under_the_name_given(trend: Trend, own_csv: Path) -> None:
    mine = real_session()
    answer = answer_of(trend("import", str(own_csv), *KAGGLE, "--json", on=mine), code=3)
    assert (answer["kind"], answer["as_of"]) == ("import", "2018-02-07")
    assert (answer["received"], answer["inserted"], answer["rejected"]) == (6, 5, 1)
    shown = answer_of(trend("candles", "show", "AAPL", "--start", "2018-01-01", "--json", on=mine))
    assert {(one["provider"], one["basis"]) for one in shown["candles"]} == {("kaggle", "split")}


@pytest.fixture
def odd_csv(own_csv: Path) -> Path:
    """The same file with a day nobody can read, and two lines that name no symbol."""
    with own_csv.open("a") as file:
        file.write("someday,AAPL,1,2,1,2,10\n2018-02-05,,75,76,74,75.5,1000\n2018-02-06,,75,76,74,75.5,1000\n")
    return own_csv


def test_lines_that_name_no_symbol_are_told_with_their_reason(trend: Trend, odd_csv: Path) -> None:
    answer = answer_of(trend("import", str(odd_csv), *KAGGLE, "--json", on=real_session()), code=3)
    assert [line["rule"] for line in answer["unplaced"]] == ["missing_symbol", "missing_symbol"]
    assert "mine.csv line 9" in answer["unplaced"][0]["reason"]
    assert "75.5" in answer["unplaced"][0]["payload"]
    _, out, _ = trend("import", str(odd_csv), *KAGGLE, on=real_session())
    assert "2 lines could not be placed" in out
    assert "mine.csv line 10 names no symbol" in out


def test_where_every_line_has_a_place_nothing_is_said_of_it(trend: Trend, own_csv: Path) -> None:
    assert answer_of(trend("import", str(own_csv), *KAGGLE, "--json", on=real_session()), code=3)["unplaced"] == []
    assert "could not be placed" not in trend("import", str(own_csv), *KAGGLE, on=real_session())[1]


def test_a_backfill_from_files_tells_them_as_well(trend: Trend, odd_csv: Path) -> None:
    mine = real_session()
    files = FilesSettings(path=odd_csv, columns={"opened_at": "date", "symbol": "Name"})
    mine.whole = replace(mine.whole, providers=(FilesProvider(files, mine.clock),))
    trend("instruments", "add", "AAPL", on=mine)
    _, out, _ = trend("backfill", "MAX", "--provider", "files", "--as-of", "2018-02-07", on=mine)
    assert "2 lines could not be placed" in out


def test_rows_without_a_readable_time_are_listed_in_quarantine(trend: Trend, odd_csv: Path) -> None:
    mine = real_session()
    trend("import", str(odd_csv), *KAGGLE, on=mine)
    answer = answer_of(trend("quarantine", "list", "--json", on=mine))
    assert (answer["rows"], answer["by_rule"]["unreadable_time"]) == (2, 1)
    assert (answer["shown"][0]["symbol"], answer["shown"][0]["opened_at"]) == ("AAPL", None)
    _, out, _ = trend("quarantine", "list", "AAPL", on=mine)
    assert "unreadable" in out
    assert "1 row is set aside" in out


def test_importing_again_writes_nothing(trend: Trend, own_csv: Path) -> None:
    mine = real_session()
    trend("import", str(own_csv), *KAGGLE, on=mine)
    answer = answer_of(trend("import", str(own_csv), *KAGGLE, "--json", on=mine), code=3)
    assert (answer["inserted"], answer["corrected"], answer["stored"]) == (0, 0, 5)


def test_new_symbols_are_kept_and_said(trend: Trend, own_csv: Path) -> None:
    _, out, _ = trend("import", str(own_csv), *KAGGLE, on=real_session())
    assert "2 symbols are new and kept from now on: AAPL, ZTS" in out


def test_known_only_leaves_new_symbols_out(trend: Trend, own_csv: Path) -> None:
    mine = real_session()
    trend("instruments", "add", "AAPL", on=mine)
    answer = answer_of(trend("import", str(own_csv), *KAGGLE, "--known-only", "--json", on=mine))
    assert [one["symbol"] for one in answer["series"]] == ["AAPL"]


def test_known_only_without_a_known_symbol_says_so(trend: Trend, own_csv: Path) -> None:
    code, _, err = trend("import", str(own_csv), *KAGGLE, "--known-only", on=real_session())
    assert code == 2
    assert "leave --known-only out" in err


def test_real_prices_do_not_go_into_simulated_ones(trend: Trend, own_csv: Path) -> None:
    code, _, err = trend("import", str(own_csv), *KAGGLE)
    assert code == 2
    assert "TREND_MODE=live" in err


def test_a_wrong_column_names_those_that_are_there(trend: Trend, own_csv: Path) -> None:
    code, _, err = trend(
        "import", str(own_csv), "--provider", "mine", "--basis", "raw", "--column", "opened_at=day", on=real_session()
    )
    assert code == 2
    assert "date" in err


def test_a_basis_must_be_said(trend: Trend, own_csv: Path) -> None:
    code, _, err = trend("import", str(own_csv), "--provider", "mine", on=real_session())
    assert code == 2
    assert "--basis" in err


def test_an_imported_candle_is_traced_to_the_bytes_of_its_file(trend: Trend, own_csv: Path) -> None:
    mine = real_session()
    trend("import", str(own_csv), *KAGGLE, on=mine)
    digest = hashlib.sha256(own_csv.read_bytes()).hexdigest()
    (source,) = answer_of(trend("explain", "AAPL", "1d", "2018-02-06", "--json", on=mine))["sources"]
    assert source == {
        "provider": "kaggle",
        "basis": "split",
        "columns": {"opened_at": "date", "symbol": "Name"},
        "files": [{"name": "mine.csv", "sha256": digest, "size": own_csv.stat().st_size}],
    }
    _, out, _ = trend("explain", "AAPL", "1d", "2018-02-06", on=mine)
    assert "Imported as kaggle, split prices, opened_at from date, symbol from Name:" in out
    assert digest in out


def test_every_file_of_a_folder_is_traced(trend: Trend, own_csv: Path) -> None:
    (own_csv.parent / "deeper").mkdir()
    (own_csv.parent / "deeper" / "zts.csv").write_text(own_csv.read_text().replace("AAPL", "MSFT"))
    mine = real_session()
    trend("import", str(own_csv.parent), *KAGGLE, on=mine)
    (source,) = answer_of(trend("explain", "MSFT", "1d", "2018-02-06", "--json", on=mine))["sources"]
    assert [file["name"] for file in source["files"]] == ["deeper/zts.csv", "mine.csv"]


def test_what_is_exported_can_be_imported_elsewhere(trend: Trend, own_csv: Path, tmp_path: Path) -> None:
    mine, other = real_session(), real_session()
    trend("import", str(own_csv), *KAGGLE, on=mine)
    file = tmp_path / "exported" / "aapl.parquet"
    file.parent.mkdir()
    shown = ("candles", "show", "AAPL", "--start", "2018-01-01")
    trend(*shown, "--output", str(file), on=mine)
    assert trend("import", str(file), "--provider", "other_house", "--basis", "split", on=other)[0] == 0
    first, second = (answer_of(trend(*shown, "--json", on=one))["candles"] for one in (mine, other))
    assert {one["provider"] for one in second} == {"other_house"}
    prices = ("opened_at", "open", "high", "low", "close", "volume", "basis")
    assert [[one[name] for name in prices] for one in first] == [[one[name] for name in prices] for one in second]


def test_a_format_of_times_that_fits_no_row_shows_the_first_of_them(trend: Trend, own_csv: Path) -> None:
    code, _, err = trend("import", str(own_csv), *KAGGLE, "--date-format", "%d.%m.%Y", on=real_session())
    assert code == 2
    assert "no row of these files can be read; the first: " in err
    assert "--date-format" in err
