"""Which user a database server runs as, and whether that user can reach a folder.

PostgreSQL refuses to run as root, so root hands its server to another user. What does not belong here:
starting anything.
"""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from trend_platform.errors import UnavailableError

_CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine.

    Attributes:
        name: Login name.
        uid: User id.
        gid: Primary group id; no other group is kept.
    """

    name: str
    uid: int
    gid: int


def server_account() -> Account | None:
    """Return the user the database server has to run as; `None` means: as the one who asks.

    Raises:
        UnavailableError: We are root, and no other user exists to run the server.
    """
    if os.geteuid() != 0:
        return None
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise UnavailableError(
        f"PostgreSQL refuses to run as root, and none of the users {', '.join(_CANDIDATES)} exists: "
        "create one of them, or run `trend up` as an ordinary user"
    )


def can_enter(account: Account, folder: Path) -> bool:
    """Tell whether the account may traverse each existing folder on the way to `folder`."""
    return all(_may_enter(account, step) for step in (folder, *folder.parents) if step.exists())


def hand_over(path: Path, account: Account | None) -> None:
    """Make the account own one file or folder; nothing happens where the server runs as us."""
    if account is not None:
        os.chown(path, account.uid, account.gid)


def belongs_to_another(path: Path) -> UnavailableError:
    """Return what to say of a file or folder that we may not use: whose it is, and what to do."""
    owner, own = _owner_of(path), _name_of(os.geteuid())
    whose = f"belongs to user {owner}" if owner != own else "is closed"
    return UnavailableError(
        f"{path} {whose}, and user {own} may not use it: run this as the user who ran `trend up` here "
        f"(root: with sudo), or set TREND_HOME to a folder of your own"
    )


def _owner_of(path: Path) -> str:
    # What lies in a closed folder tells nothing about itself; the folder does.
    for step in (path, *path.parents):
        try:
            return _name_of(step.stat().st_uid)
        except OSError:
            continue
    return "unknown"


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _may_enter(account: Account, folder: Path) -> bool:
    facts = folder.stat()
    if facts.st_uid == account.uid:
        return bool(facts.st_mode & stat.S_IXUSR)
    if facts.st_gid == account.gid:
        return bool(facts.st_mode & stat.S_IXGRP)
    return bool(facts.st_mode & stat.S_IXOTH)
