"""`trend replay`: archived answers are read again; what became of them is a table, or JSON."""

from pathlib import Path

import pytest

from trend_platform_tests.cli.conftest import Trend, answer_of, real_session
from trend_platform_tests.cli.shop_session import session_at
from trend_platform_tests.ingest.shop import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    filled = Shop(tmp_path)
    filled.fetch()
    filled.empty()
    return filled


def test_answers_are_stored_again_and_counted(trend: Trend, shop: Shop) -> None:
    code, out, _ = trend("replay", on=session_at(shop))
    assert code == 0
    assert "9 rows in the answers" in out
    assert "inserted" in out
    assert shop.candles().height == 9


def test_as_json_it_tells_every_count(trend: Trend, shop: Shop) -> None:
    answer = answer_of(
        trend("replay", "AAPL", "--provider", "polygon", "--since", "2026-02-28", "--json", on=session_at(shop))
    )
    assert (answer["received"], answer["inserted"], answer["unanswered"], answer["strangers"]) == (4, 4, {}, [])


def test_what_could_not_be_read_again_is_said(trend: Trend, shop: Shop) -> None:
    for body in (shop.archive.folder / "bodies").rglob("*.zst"):
        body.unlink()
    code, out, _ = trend("replay", on=session_at(shop))
    assert code == 0
    assert "could not be read again: polygon: Transient" in out


def test_symbols_that_left_are_named(trend: Trend, shop: Shop) -> None:
    shop.storage.universe.remove(["MSFT"])
    assert "Not in the universe any more: MSFT." in trend("replay", on=session_at(shop))[1]


def test_an_empty_archive_says_how_to_fill_it(trend: Trend, tmp_path: Path) -> None:
    code, _, err = trend("replay", on=session_at(Shop(tmp_path)))
    assert code == 2
    assert "TREND_ARCHIVE__ENABLED=true" in err
    code, _, err = trend("replay", on=real_session())
    assert code == 2
    assert "there is no archive here" in err


def test_a_day_that_is_none_is_refused(trend: Trend, shop: Shop) -> None:
    code, _, err = trend("replay", "--since", "yesterday", on=session_at(shop))
    assert code == 2
    assert "write it like 2018-02-07" in err
