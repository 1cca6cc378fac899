"""One `up` at a time, and what is remembered is whole and private."""

import stat
from pathlib import Path

import pytest

from trend_platform.errors import UnavailableError
from trend_platform.local import passwords
from trend_platform.local.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.create()
    return home


def test_a_second_up_is_refused_and_told_who_is_at_work(home: Home) -> None:
    with home.locked(), pytest.raises(UnavailableError, match=r"another `trend up`.*process \d+"), home.locked():
        pass
    with home.locked():
        pass


def test_passwords_are_made_once_and_readable_for_their_owner_only(home: Home) -> None:
    assert passwords.known(home) is None
    first = passwords.ensure(home)
    assert passwords.ensure(home) == first
    assert len({first.superuser.get_secret_value(), first.application.get_secret_value()}) == 2
    assert stat.S_IMODE((home.root / "passwords.json").stat().st_mode) == 0o600


def test_a_note_cut_short_counts_as_none(home: Home) -> None:
    (home.root / "mode.json").write_text('{"mode": "li')
    assert home.recall("mode") == {}


def test_a_home_that_cannot_be_made_says_which_setting_moves_it(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UnavailableError, match="set TREND_HOME"):
        Home(tmp_path / "file" / "home").create()
