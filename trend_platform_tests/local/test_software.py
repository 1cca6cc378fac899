"""The programs appear whole or not at all, from the best source that works, and the choice is kept."""

from pathlib import Path

import pytest

from trend_platform.errors import UnavailableError
from trend_platform.local import software
from trend_platform.local.software import Origin, Source


def working(folder: Path) -> Path:
    (folder / "bin").mkdir()
    program = folder / "bin" / "postgres"
    program.write_text("#!/bin/sh\necho postgres 17.9\n")
    program.chmod(0o755)
    return folder / "bin"


def broken(folder: Path) -> Path:
    (folder / "half").touch()
    raise UnavailableError("no network")


def test_the_first_source_that_works_is_used_and_the_loss_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    sources = (Source(Origin.DEBIAN, broken), Source(Origin.EMBEDDED, working))
    found = software.ensure(tmp_path / "software", said.append, sources)
    assert (found.origin, found.version, found.has_timescaledb) == (Origin.EMBEDDED, "postgres 17.9", False)
    assert "no TimescaleDB (debian: no network): plain PostgreSQL tables" in said[-1]
    assert not (tmp_path / "software" / "half").exists()


def test_the_choice_is_kept_even_when_a_better_source_works_later(tmp_path: Path) -> None:
    first = software.ensure(tmp_path / "software", print, (Source(Origin.EMBEDDED, working),))
    assert software.ensure(tmp_path / "software", print, (Source(Origin.DEBIAN, working),)) == first


def test_what_an_interrupted_unpacking_left_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "software.partial").mkdir()
    (tmp_path / "software.partial" / "bin").mkdir()
    assert software.ensure(tmp_path / "software", print, (Source(Origin.DEBIAN, working),)).has_timescaledb


def test_with_no_source_left_each_reason_is_given(tmp_path: Path) -> None:
    sources = (Source(Origin.DEBIAN, broken), Source(Origin.EMBEDDED, broken))
    with pytest.raises(UnavailableError, match=r"debian: no network\. embedded: no network\. .*TREND_DATABASE_URL"):
        software.ensure(tmp_path / "software", print, sources)
    assert software.installed(tmp_path / "software") is None
