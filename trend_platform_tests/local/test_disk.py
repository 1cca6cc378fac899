"""Too little room is refused before work begins, and a full disk is said plainly."""

import errno
from pathlib import Path

import pytest

from trend_platform.errors import UnavailableError
from trend_platform.local import disk


def test_less_than_300_mb_is_refused_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"299 MB free .* TREND_HOME"):
        disk.check_room(tmp_path / "not" / "yet", print, free_bytes=299_000_000)


@pytest.mark.parametrize(("free_bytes", "warnings"), [(2 * 1024**3, 0), (1024**3 - 1, 1), (300_000_000, 1)])
def test_less_than_a_gib_is_warned_about(tmp_path: Path, free_bytes: int, warnings: int) -> None:
    said: list[str] = []
    disk.check_room(tmp_path, said.append, free_bytes)
    assert len(said) == warnings


def test_no_space_left_becomes_an_error_that_names_the_folder(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="is full"), disk.full_disk_explained(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_other_faults_of_the_system_pass_unchanged(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), disk.full_disk_explained(tmp_path):
        raise PermissionError(errno.EACCES, "Permission denied")
