"""Whether another user can reach a folder is decided by each step on the way."""

import os
from pathlib import Path

import pytest

from trend_platform.local import accounts
from trend_platform.local.accounts import Account

STRANGER = Account("stranger", uid=54321, gid=54321)


@pytest.fixture
def open_folder(tmp_path: Path) -> Path:
    for step in (tmp_path, *tmp_path.parents):
        if step.owner() == Path.home().owner() and not step.stat().st_mode & 1 and os.access(step, os.W_OK):
            step.chmod(0o755)
    return tmp_path


def test_one_closed_step_on_the_way_keeps_a_stranger_out(open_folder: Path) -> None:
    inner = open_folder / "closed" / "inner"
    inner.mkdir(parents=True)
    assert accounts.can_enter(STRANGER, inner)
    (open_folder / "closed").chmod(0o700)
    assert not accounts.can_enter(STRANGER, inner)


def test_the_owner_may_enter_what_is_closed_to_others(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir(mode=0o700)
    assert accounts.can_enter(Account("me", os.getuid(), os.getgid()), folder)


def test_an_ordinary_user_runs_the_server_as_itself_and_root_as_another() -> None:
    account = accounts.server_account()
    assert (account is None) == (os.geteuid() != 0)
    assert account is None or account.uid != 0
