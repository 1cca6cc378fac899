"""The files provider over many shapes of files: read in full, set aside with the line, noticed when they change."""

import gzip
import json
import os
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from trend_platform.domain.candles import CANDLE_SCHEMA, Basis
from trend_platform.domain.clock import ManualClock
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.intervals import Interval, days
from trend_platform.domain.quarantine import QUARANTINE_SCHEMA
from trend_platform.domain.timeframes import Timeframe
from trend_platform.errors import ConfigurationError, Malformed
from trend_platform.providers.base import Answer, CandleRequest, Route
from trend_platform.providers.files.provider import FilesProvider, open_path
from trend_platform.settings import FilesSettings

NOW = datetime(2018, 2, 8, 15, tzinfo=UTC)
AAPL = Instrument(1, "AAPL", AssetClass.STOCK, "XNYS")
BRK = Instrument(2, "BRK.B", AssetClass.STOCK, "XNYS")
NONE = Instrument(3, "ZZZZ", AssetClass.STOCK, "XNYS")
WEEK = days(date(2018, 2, 5), date(2018, 2, 9))
CSV = """date,open,high,low,close,volume,Name
2018-02-07,163.0,163.4,159.0,159.5,51608580,AAPL
2018-02-06,154.8,163.7,154.0,163.0,68243838,AAPL
2018-02-07,200.0,201.0,199.0,200.5,,BRK-B
"""
ROWS = [
    (datetime(2018, 2, 6, tzinfo=UTC), 154.8, 163.7, 154.0, 163.0, 68243838.0),
    (datetime(2018, 2, 7, tzinfo=UTC), 163.0, 163.4, 159.0, 159.5, 51608580.0),
]


def _open(path: Path, **settings: object) -> FilesProvider:
    return FilesProvider(FilesSettings(path=path, **settings), ManualClock(NOW))


async def _ask(
    provider: FilesProvider,
    *instruments: Instrument,
    interval: Interval = WEEK,
    timeframe: Timeframe = Timeframe.D1,
) -> Answer:
    return await provider.candles(CandleRequest(Route.BY_SYMBOL, instruments or (AAPL,), timeframe, interval))


def _values(candles: pl.DataFrame) -> list[tuple[object, ...]]:
    return candles.select("opened_at", "open", "high", "low", "close", "volume").rows()


def _plain(folder: Path) -> None:
    (folder / "all.csv").write_text(CSV)


def _gzipped(folder: Path) -> None:
    (folder / "all.csv.gz").write_bytes(gzip.compress(CSV.encode()))


def _zipped(folder: Path) -> None:
    with zipfile.ZipFile(folder / "all.zip", "w") as archive:
        archive.writestr("inner.csv", CSV)


def _parquet(folder: Path) -> None:
    pl.read_csv(CSV.encode(), try_parse_dates=True).write_parquet(folder / "all.parquet")


def _semicolons(folder: Path) -> None:
    (folder / "all.csv").write_text(CSV.replace(",", ";"))


def _with_mark(folder: Path) -> None:
    (folder / "all.csv").write_bytes(b"\xef\xbb\xbf" + CSV.replace("\n", "\r\n").encode())


def _split_up(folder: Path) -> None:
    header, *lines = CSV.splitlines()
    (folder / "deep").mkdir()
    for number, line in enumerate(lines):
        (folder / "deep" / f"{number}.csv").write_text(f"{header}\n{line}\n")


SHAPES = [_plain, _gzipped, _zipped, _parquet, _semicolons, _with_mark, _split_up]


@pytest.mark.parametrize("write", SHAPES)
async def test_the_same_candles_come_from_files_of_every_shape(tmp_path: Path, write: Callable[[Path], None]):
    write(tmp_path)
    (tmp_path / "notes.txt").write_text("not a table")
    answer = await _ask(_open(tmp_path), AAPL, BRK, NONE)
    assert answer.candles.schema == CANDLE_SCHEMA
    assert _values(answer.candles.filter(instrument_id=1)) == ROWS
    assert answer.candles.filter(instrument_id=2)["volume"].to_list() == [None]
    assert (answer.nothing_there, answer.failure, answer.answered) == (frozenset({3}), None, WEEK)
    assert answer.rejected.is_empty()


async def test_one_file_is_a_source_too(tmp_path: Path):
    _plain(tmp_path)
    assert _values((await _ask(_open(tmp_path / "all.csv"))).candles) == ROWS


async def test_the_symbol_may_be_the_name_of_the_file(tmp_path: Path):
    (tmp_path / "brk-b.csv").write_text("Date,Open,High,Low,Close\n2018-02-07,1,2,0.5,1.5\n")
    answer = await _ask(_open(tmp_path, symbol_from_name=True), BRK)
    assert answer.candles["close"].to_list() == [1.5]
    with pytest.raises(ConfigurationError, match="symbol_from_name"):
        await _ask(_open(tmp_path), BRK)


async def test_columns_follow_the_mapping(tmp_path: Path):
    (tmp_path / "a.csv").write_text("when,who,o1,h1,l1,c1,Close\n07.02.2018,AAPL,1,2,0.5,1.5,9\n")
    columns = {"opened_at": "when", "symbol": "who", "open": "o1", "high": "h1", "low": "l1", "close": "c1"}
    answer = await _ask(_open(tmp_path, columns=columns, date_format="%d.%m.%Y"))
    assert _values(answer.candles) == [(datetime(2018, 2, 7, tzinfo=UTC), 1.0, 2.0, 0.5, 1.5, None)]


async def test_a_file_without_a_header_is_mapped_by_number(tmp_path: Path):
    (tmp_path / "AAPL.csv").write_text("1517961600,23741.6,1.0,2.0,0.5,1.5\n")
    fields = {"opened_at": 1, "volume": 2, "open": 3, "high": 4, "low": 5, "close": 6}
    columns = {field: f"column_{number}" for field, number in fields.items()}
    answer = await _ask(_open(tmp_path, columns=columns, has_header=False, symbol_from_name=True))
    assert _values(answer.candles) == [(datetime(2018, 2, 7, tzinfo=UTC), 1.0, 2.0, 0.5, 1.5, 23741.6)]


async def test_an_empty_price_stays_null_for_quality_to_judge(tmp_path: Path):
    (tmp_path / "a.csv").write_text("date,open,high,low,close,Name\n2018-02-07,,NaN,null,1.5,AAPL\n")
    answer = await _ask(_open(tmp_path))
    assert _values(answer.candles) == [(datetime(2018, 2, 7, tzinfo=UTC), None, None, None, 1.5, None)]


async def test_duplicates_are_kept_for_quality_to_judge(tmp_path: Path):
    (tmp_path / "a.csv").write_text("date,open,high,low,close,Name\n" + "2018-02-07,1,2,0.5,1.5,AAPL\n" * 2)
    assert (await _ask(_open(tmp_path))).candles.height == 2


async def test_rows_that_cannot_be_candles_are_set_aside_with_their_line(tmp_path: Path):
    lines = ["2018-02-07,1,2,0.5,1.5,10,AAPL", "soon,1,2,0.5,1.5,10,AAPL", "2018-02-06,1,2,$0.5,1.5,10,AAPL"]
    (tmp_path / "a.csv").write_text("\n".join(["date,open,high,low,close,volume,Name", *lines]) + "\n")
    answer = await _ask(_open(tmp_path))
    assert answer.candles.height == 1
    assert answer.rejected.schema == QUARANTINE_SCHEMA
    rows = {row["rule"]: row for row in answer.rejected.iter_rows(named=True)}
    assert rows["unreadable_time"]["reason"].startswith("a.csv line 3: 'soon' in column 'date' is no time")
    assert rows["unreadable_time"]["opened_at"] is None
    assert json.loads(rows["unreadable_time"]["payload"])["close"] == "1.5"
    assert rows["unreadable_number"]["reason"] == "a.csv line 4: '$0.5' in column 'low' is no number"
    assert rows["unreadable_number"]["opened_at"] == datetime(2018, 2, 6, tzinfo=UTC)
    other = await _ask(_open(tmp_path), BRK)
    assert other.rejected.is_empty()


async def test_a_line_with_too_many_fields_costs_only_itself(tmp_path: Path):
    (tmp_path / "a.csv").write_text(
        "date,open,high,low,close,Name\n2018-02-06,1,2,0.5,1.5,AAPL\n2018-02-07,1,234,0,1,1.5,AAPL\n"
    )
    answer = await _ask(_open(tmp_path))
    assert answer.candles["opened_at"].dt.day().to_list() == [6]
    assert _open(tmp_path).unplaced()["reason"].to_list() == ["a.csv line 3 has more fields than the header names"]
    named = _open(tmp_path / "a.csv", symbol_from_name=True, columns={"symbol": "Name"})
    assert named.list_symbols()["symbol"].to_list() == ["AAPL"]


async def test_a_row_without_a_symbol_is_told_apart(tmp_path: Path):
    (tmp_path / "a.csv").write_text(
        "date,open,high,low,close,Name\n2018-02-06,1,2,0.5,1.5,\n2018-02-07,1,2,0.5,1,AAPL\n"
    )
    provider = _open(tmp_path)
    assert (await _ask(provider)).candles.height == 1
    assert provider.unplaced()["reason"].to_list() == ["a.csv line 2 names no symbol in column 'Name'"]


async def test_only_the_asked_interval_is_answered(tmp_path: Path):
    _plain(tmp_path)
    answer = await _ask(_open(tmp_path), interval=days(date(2018, 2, 6), date(2018, 2, 6)))
    assert _values(answer.candles) == ROWS[:1]


async def test_a_candle_is_final_when_its_session_is_over(tmp_path: Path):
    (tmp_path / "a.csv").write_text(
        "date,open,high,low,close,Name\n2018-02-07,1,2,0.5,1.5,AAPL\n2018-02-08,1,2,0.5,1.5,AAPL\n"
    )
    assert (await _ask(_open(tmp_path))).candles["is_final"].to_list() == [True, False]


async def test_a_changed_file_is_noticed_and_an_unchanged_one_is_not_read_again(tmp_path: Path):
    _plain(tmp_path)
    provider = _open(tmp_path)
    await _ask(provider)
    file = tmp_path / "all.csv"
    before = file.stat()
    file.write_text(CSV.replace("159.5", "111.5"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (await _ask(provider)).candles["close"].to_list() == [163.0, 159.5]
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    assert (await _ask(provider)).candles["close"].to_list() == [163.0, 111.5]
    (tmp_path / "more.csv").write_text("date,open,high,low,close,Name\n2018-02-05,1,2,0.5,1.5,AAPL\n")
    assert (await _ask(provider)).candles.height == 3
    (tmp_path / "more.csv").unlink()
    assert (await _ask(provider)).candles.height == 2


async def test_symbols_and_reach_are_those_of_the_folder(tmp_path: Path):
    _plain(tmp_path)
    provider = _open(tmp_path)
    assert provider.list_symbols().rows() == [
        ("AAPL", date(2018, 2, 6), date(2018, 2, 7), 2),
        ("BRK.B", date(2018, 2, 7), date(2018, 2, 7), 1),
    ]
    assert provider.reach(BRK, Timeframe.D1, NOW) == datetime(2018, 2, 6, tzinfo=UTC)


async def test_hours_are_served_as_hours_and_nothing_else(tmp_path: Path):
    (tmp_path / "BTC-USD.csv").write_text(
        "ts,open,high,low,close\n1517961600000,1,2,0.5,1.5\n1517965200000,1,2,0.5,1.5\n"
    )
    coin = Instrument(5, "BTC-USD", AssetClass.CRYPTO, "24/7")
    provider = _open(tmp_path, timeframe="1h", symbol_from_name=True)
    assert provider.capabilities.timeframes == {Timeframe.H1}
    hours = await _ask(provider, coin, timeframe=Timeframe.H1)
    assert hours.candles["opened_at"].dt.hour().to_list() == [0, 1]


async def test_hours_said_to_be_days_are_a_configuration_error(tmp_path: Path):
    rows = "".join(f"2018-02-07 {hour:02}:00:00,1,2,0.5,1.5,AAPL\n" for hour in range(24))
    (tmp_path / "a.csv").write_text(f"date,open,high,low,close,Name\n{rows}")
    with pytest.raises(ConfigurationError, match="24 rows per symbol and day, which are no 1d candles"):
        await _ask(_open(tmp_path))


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv.gz", b"\x1f\x8bbroken"), ("a.parquet", b"PAR1"), ("a.zip", b"PK"), ("a.csv", b"")],
)
async def test_a_damaged_file_is_malformed_and_named(tmp_path: Path, name: str, content: bytes):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Malformed, match=f"files: {name} cannot be read"):
        await _ask(_open(tmp_path))


async def test_a_zip_holds_one_table(tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("a.csv", CSV)
        archive.writestr("b.csv", CSV)
    with pytest.raises(ConfigurationError, match="holds 2 CSV files"):
        await _ask(_open(tmp_path))


async def test_a_place_without_files_is_a_configuration_error(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="holds no file ending in"):
        await _ask(_open(tmp_path))
    with pytest.raises(ConfigurationError, match="there is no"):
        await _ask(_open(tmp_path / "elsewhere"))
    with pytest.raises(ConfigurationError, match="path is not set"):
        FilesProvider(FilesSettings(), ManualClock(NOW))
    with pytest.raises(ConfigurationError, match="no zone"):
        _open(tmp_path, timezone="Mars/Olympus")


async def test_an_import_carries_its_own_name_and_basis(tmp_path: Path):
    _plain(tmp_path)
    provider = open_path(tmp_path, "kaggle", Basis.SPLIT, FilesSettings(), ManualClock(NOW))
    candles = (await _ask(provider)).candles
    assert (provider.name, provider.capabilities.basis) == ("kaggle", Basis.SPLIT)
    assert candles.select("provider", "basis").unique().rows() == [("kaggle", "split")]
    with pytest.raises(ConfigurationError, match="cannot name a provider"):
        open_path(tmp_path, "simulated", Basis.RAW, FilesSettings(), ManualClock(NOW))


async def test_candles_that_do_not_fit_into_memory_are_read_again(tmp_path: Path):
    _split_up(tmp_path)
    provider = _open(tmp_path)
    provider._shelf._keep_bytes = 1
    assert _values((await _ask(provider)).candles) == ROWS
    assert len(provider._shelf._candles) == 1
