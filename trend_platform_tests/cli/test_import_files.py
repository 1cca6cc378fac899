from pathlib import Path

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
