import json

import pytest

from trend_platform.cli.output import Output, cell
from trend_platform.cli.progress import progress


def test_brackets_are_text_and_not_markup(capsys: pytest.CaptureFixture[str]) -> None:
    Output().say("missing in [bold]2024[/bold]")
    assert capsys.readouterr().out == "missing in [bold]2024[/bold]\n"


def test_what_is_piped_is_neither_coloured_nor_folded(capsys: pytest.CaptureFixture[str]) -> None:
    evidence = "2 pages, 1254 rows, request 3f2a " * 4
    Output().table("Holes", ("symbol", "evidence"), [("AAPL", evidence.strip())], ["red"])
    shown = capsys.readouterr().out
    assert evidence.strip() in shown
    assert "\x1b" not in shown


def test_a_sentence_is_one_line_however_narrow_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    Output().say("word " * 20)
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_narrow_terminal_folds_and_loses_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    Output().table("", ("symbol", "evidence"), [("AAPL", "abcdefghij" * 4)])
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 30
    assert "".join(shown.split()).count("abcdefghij"[:5]) >= 3


def test_a_line_is_broken_between_words_as_long_as_there_is_room(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    row = ("nasdaq_data_link", "daily history, intraday history, latest", "crypto, forex, stock")
    Output().table("", ("provider", "can", "of"), [row])
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 50
    assert set(" ".join(row).split()) <= set(shown.split())


def test_more_columns_than_there_is_room_for_become_a_sentence_per_row(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "24")
    Output().table("", ("provider", "served", "missing"), [("tiingo", "99.5", None), ("polygon", "98.0", 1)])
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["tiingo: served 99.5", "polygon: served 98.0,", "  missing 1", ""]


def test_json_asked_for_leaves_stdout_to_json(capsys: pytest.CaptureFixture[str]) -> None:
    out = Output(as_json=True)
    out.say("a word")
    out.table("a title", ("a",), [(1,)])
    out.json({"answer": 42})
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {"answer": 42}
    assert captured.err == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        (1234567, "1,234,567"),
        (0.1 + 0.2, "0.3"),
        (0.00001234, "1.234e-05"),
        (284.0, "284.00"),
        (163.085, "163.085"),
        (61234.5, "61,234.50"),
        (21_232_968.0, "21,232,968"),
        ("x", "x"),
    ],
)
def test_values_are_written_as_people_read_them(value: object, text: str) -> None:
    assert cell(value) == text


def test_progress_in_a_log_is_a_line_at_every_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(Output(), "backfill") as advance:
        for done in range(1, 101):
            advance(done, 100, "polygon")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 10
    assert lines[-1] == "backfill: 100 of 100 calls, polygon"


def test_progress_is_silent_for_machines(capsys: pytest.CaptureFixture[str]) -> None:
    with progress(Output(as_json=True), "backfill") as advance:
        advance(1, 1, "polygon")
    assert capsys.readouterr() == ("", "")
