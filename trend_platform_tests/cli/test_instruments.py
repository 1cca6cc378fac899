from pathlib import Path

from trend_platform_tests.cli.conftest import Trend, answer_of, real_session, simulated_session

COLUMNS = ("--column", "opened_at=date", "--column", "symbol=Name")


def test_symbols_are_added_as_people_write_them(trend: Trend) -> None:
    answer = answer_of(trend("instruments", "add", "brk-b", "eth/usd", "--json"))
    assert [(one["symbol"], one["asset_class"], one["calendar"]) for one in answer["instruments"]] == [
        ("BRK.B", "stock", "XNYS"),
        ("ETH-USD", "crypto", "24/7"),
    ]


def test_what_is_said_of_an_instrument_is_kept(trend: Trend) -> None:
    trend("instruments", "add", "VOD", "--calendar", "XLON", "--asset-class", "stock", "--listed-on", "1988-10-26")
    (vod,) = [one for one in answer_of(trend("instruments", "list", "--json"))["instruments"] if one["symbol"] == "VOD"]
    assert (vod["calendar"], vod["listed_on"]) == ("XLON", "1988-10-26")


def test_a_calendar_that_is_none_is_refused_before_anything_is_kept(trend: Trend) -> None:
    code, _, err = trend("instruments", "add", "VOD", "--calendar", "LONDON")
    assert code == 2
    assert "no trading calendar" in err
    assert "VOD" not in trend("instruments", "list")[1]


def test_an_empty_universe_is_listed_with_what_to_do(trend: Trend) -> None:
    code, out, _ = trend("instruments", "list", on=simulated_session(symbols=()))
    assert code == 0
    assert "trend instruments add" in out


def test_what_is_removed_is_gone_from_the_list(trend: Trend) -> None:
    assert answer_of(trend("instruments", "remove", "msft", "--json")) == {"removed": ["MSFT"]}
    assert "MSFT" not in trend("instruments", "list")[1]


def test_removing_what_is_not_there_removes_nothing(trend: Trend) -> None:
    code, _, err = trend("instruments", "remove", "MSFT", "MSTF")
    assert code == 2
    assert "did you mean MSFT" in err
    assert "MSFT" in trend("instruments", "list")[1]


def test_symbols_of_own_files_become_instruments(trend: Trend, own_csv: Path) -> None:
    mine = real_session()
    answer = answer_of(trend("instruments", "import", str(own_csv.parent), *COLUMNS, "--json", on=mine))
    assert answer["added"] == ["AAPL", "ZTS"]
    assert answer["symbols"][0] == {"symbol": "AAPL", "first_day": "2018-02-05", "last_day": "2018-02-07", "rows": 3}
    again = answer_of(trend("instruments", "import", str(own_csv.parent), *COLUMNS, "--json", on=mine))
    assert again["added"] == []


def test_the_first_day_of_a_file_is_not_taken_for_a_listing(trend: Trend, own_csv: Path) -> None:
    mine = real_session()
    trend("instruments", "import", str(own_csv), *COLUMNS, on=mine)
    listed = answer_of(trend("instruments", "list", "--json", on=mine))["instruments"]
    assert {one["listed_on"] for one in listed} == {None}


def test_files_that_are_not_there_are_said_to_be_missing(trend: Trend) -> None:
    code, _, err = trend("instruments", "import", "nowhere", on=real_session())
    assert code == 2
    assert "nowhere is not there" in err
