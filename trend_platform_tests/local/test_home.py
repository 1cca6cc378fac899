"""One `up` at a time, and what is remembered is whole and private."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from trend_platform.errors import UnavailableError
from trend_platform.local import accounts, passwords
from trend_platform.local.connections import resolve
from trend_platform.local.down import down
from trend_platform.local.home import Home
from trend_platform.local.status import status
from trend_platform.local.up import up
from trend_platform.settings import Settings
from trend_platform_tests import services


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


@contextmanager
def as_somebody_else(home: Home) -> Iterator[None]:
    """Be another user; who may not change users closes the home to himself instead, which reads the same."""
    account = accounts.server_account()
    closed = [home.root, home.registry.pid_files, *home.root.iterdir()]
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in closed}
    try:
        if account is None:
            for path in reversed(closed):
                path.chmod(0)
        else:
            os.seteuid(account.uid)
        yield
    finally:
        if account is not None:
            os.seteuid(0)
        for path in closed:
            path.chmod(modes[path])


@pytest.mark.parametrize(
    "use",
    [
        lambda settings: list(down(settings)),
        status,
        lambda settings: up(settings, print),
        resolve,
    ],
    ids=["down", "status", "up", "resolve"],
)
def test_the_home_of_another_user_says_whose_it_is_and_what_to_do(use: Callable[[Settings], object]) -> None:
    with services.scratch_folder() as folder:
        home = Home(folder / "home")
        home.create()
        home.remember("mode", {"mode": "simulated", "reason": "the test says so"})
        with home.locked():
            pass
        owner = home.root.owner()
        with as_somebody_else(home), pytest.raises(UnavailableError, match=f"{owner}.*set TREND_HOME"):
            use(Settings(home=home.root))


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
