"""The archive in a folder: a body once, a line per answer, gone with its day; a disk that fails costs no caller anything."""

import hashlib
import logging
import os
import stat
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import zstandard

from trend_platform.storage.archive.files import FileArchive, body_path
from trend_platform.storage.archive.reading import ArchiveReader

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
BODY = b'{"results": [1, 2, 3]}' * 50


@dataclass
class Told:
    """An answer as a client tells it."""

    url: str = "https://api.test/bars?symbol=AAPL"
    body: bytes = BODY
    asked_at: datetime = NOON
    provider: str = "polygon"
    status: int = 200
    request_id: str = "r-1"
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "application/json"})


@pytest.fixture
def archive(tmp_path: Path) -> FileArchive:
    return FileArchive(tmp_path / "archive")


def bodies(archive: FileArchive) -> list[Path]:
    return sorted(path for path in (archive.folder / "bodies").rglob("*") if path.is_file())


def test_nothing_is_made_before_the_first_answer(archive: FileArchive) -> None:
    assert not archive.folder.exists()
    assert list(ArchiveReader(archive.folder).answers("polygon")) == []
    assert archive.forget_before(NOON) == 0


def test_an_answer_is_read_back_as_it_was_kept(archive: FileArchive) -> None:
    archive.keep(Told())
    reader = ArchiveReader(archive.folder)
    (kept,) = reader.answers("polygon")
    assert (kept.url, kept.asked_at, kept.status) == (Told().url, NOON, 200)
    assert kept.headers == {"content-type": "application/json"}
    assert kept.digest == hashlib.sha256(BODY).hexdigest()
    assert reader.body(kept) == BODY


def test_the_same_body_lies_there_once_and_compressed(archive: FileArchive) -> None:
    for number in range(5):
        archive.keep(Told(url=f"https://api.test/{number}"))
    (body,) = bodies(archive)
    assert body == body_path(archive.folder, hashlib.sha256(BODY).hexdigest())
    assert body.stat().st_size < len(BODY) / 4
    assert zstandard.ZstdDecompressor().decompress(body.read_bytes()) == BODY
    assert len(list(ArchiveReader(archive.folder).answers("polygon"))) == 5


def test_an_empty_body_is_a_body(archive: FileArchive) -> None:
    archive.keep(Told(body=b"", status=204))
    reader = ArchiveReader(archive.folder)
    (kept,) = reader.answers("polygon")
    assert reader.body(kept) == b""


def test_answers_of_other_providers_are_not_told(archive: FileArchive) -> None:
    archive.keep(Told())
    assert list(ArchiveReader(archive.folder).answers("yahoo")) == []


def test_nobody_else_on_the_machine_reads_the_journal(archive: FileArchive) -> None:
    archive.keep(Told())
    (journal,) = (archive.folder / "journal").iterdir()
    assert journal.name == "2026-11-20.jsonl"
    assert stat.S_IMODE(journal.stat().st_mode) & 0o077 == 0


def test_requests_are_told_in_order_and_from_a_day_on(archive: FileArchive) -> None:
    for number, at in enumerate((NOON - DAY, NOON, NOON + DAY)):
        archive.keep_request(at, {"number": number})
    reader = ArchiveReader(archive.folder)
    assert [one["number"] for one in reader.requests()] == [0, 1, 2]
    assert [one["number"] for one in reader.requests(date(2026, 11, 20))] == [1, 2]


def test_what_is_old_goes_with_its_day_and_a_body_that_came_again_stays(archive: FileArchive) -> None:
    archive.keep(Told(asked_at=NOON - 10 * DAY))
    archive.keep(Told(asked_at=NOON - 10 * DAY, body=b"old"))
    archive.keep_request(NOON - 10 * DAY, {})
    archive.keep(Told(asked_at=NOON - DAY))
    assert archive.forget_before(NOON - 5 * DAY) == 1
    reader = ArchiveReader(archive.folder)
    (kept,) = reader.answers("polygon")
    assert reader.body(kept) == BODY
    assert list(reader.requests()) == []


def test_a_day_is_kept_whole_until_all_of_it_is_old(archive: FileArchive) -> None:
    morning = NOON.replace(hour=1)
    archive.keep(Told(asked_at=morning))
    assert archive.forget_before(NOON) == 0
    reader = ArchiveReader(archive.folder)
    (kept,) = reader.answers("polygon")
    assert reader.body(kept) == BODY


def test_what_a_killed_process_left_half_written_goes_as_well(archive: FileArchive) -> None:
    archive.keep(Told(asked_at=NOON - 10 * DAY))
    half = bodies(archive)[0].parent / "tmp1234"
    half.write_bytes(b"half")
    long_ago = (NOON - 10 * DAY).timestamp()
    os.utime(half, (long_ago, long_ago))
    assert archive.forget_before(NOON) == 2
    assert bodies(archive) == []


def test_many_write_at_once_and_no_line_is_torn(archive: FileArchive) -> None:
    others = [FileArchive(archive.folder) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(
                lambda n: others[n % 8].keep(Told(url=f"https://api.test/{n}", body=str(n % 5).encode())), range(400)
            )
        )
    reader = ArchiveReader(archive.folder)
    kept = list(reader.answers("polygon"))
    assert {one.url for one in kept} == {f"https://api.test/{n}" for n in range(400)}
    assert {reader.body(one) for one in kept} == {b"0", b"1", b"2", b"3", b"4"}
    assert len(bodies(archive)) == 5


def test_a_folder_that_cannot_be_written_is_said_once_and_fails_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("no folder")
    archive = FileArchive(tmp_path / "file" / "archive")
    archive.keep(Told())
    archive.keep(Told())
    archive.keep_request(NOON, {})
    (said,) = caplog.records
    assert said.levelno == logging.WARNING
    assert "answers are not kept; look at the disk" in said.message


def test_a_line_that_a_full_disk_cut_off_is_passed_over(archive: FileArchive) -> None:
    archive.keep(Told())
    (journal,) = (archive.folder / "journal").iterdir()
    whole = journal.read_bytes()
    journal.write_bytes(whole + whole[:40] + b"\n" + whole)
    assert len(list(ArchiveReader(archive.folder).answers("polygon"))) == 2


@pytest.mark.parametrize("damage", [b"", b"no zstd"])
def test_a_body_that_is_damaged_or_gone_is_none(archive: FileArchive, damage: bytes) -> None:
    archive.keep(Told())
    reader = ArchiveReader(archive.folder)
    (kept,) = reader.answers("polygon")
    (body,) = bodies(archive)
    body.write_bytes(damage)
    assert reader.body(kept) is None
    body.unlink()
    assert reader.body(kept) is None
