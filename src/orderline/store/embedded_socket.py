"""Where the embedded PostgreSQL listens: a Unix socket in a private directory with a short, plain path."""

import os
import re
import stat
import tempfile
from pathlib import Path
from typing import Final

from orderline.store.embedded_host import Account
from orderline.values.failures import Trouble

PORT: Final = 5432

# What an address of a Unix socket holds on every system, and what needs no quoting in a list of directories.
_PATH_BYTES: Final = 103
_PLAIN_PATH: Final = re.compile(r"[A-Za-z0-9_./+=:~-]+")
# Names the directory of the socket where that is not in the data directory.
_RECORD: Final = "socket-directory"


def socket_directory(data_directory: Path) -> Path:
    """The directory of the socket: in the data directory, or elsewhere if that path is too long for a socket."""
    inside = data_directory / "socket"
    if _fits(inside):
        return inside
    try:
        return Path((data_directory / _RECORD).read_text())
    except OSError:
        return inside


def socket_file(data_directory: Path) -> Path:
    """The socket itself."""
    return socket_directory(data_directory) / f".s.PGSQL.{PORT}"


def make_socket_directory(data_directory: Path, account: Account) -> Path:
    """Make the directory of the socket, private to `account`, or find the former one."""
    inside = data_directory / "socket"
    if _fits(inside):
        account.make_directory(inside)
        return inside
    former = socket_directory(data_directory)
    if former != inside and _is_private(former, account):
        return former
    made = _make_temporary(account)
    account.write(data_directory / _RECORD, str(made))
    return made


def _fits(directory: Path) -> bool:
    path = str(directory / f".s.PGSQL.{PORT}")
    return len(os.fsencode(path)) <= _PATH_BYTES and _PLAIN_PATH.fullmatch(path) is not None


def _is_private(directory: Path, account: Account) -> bool:
    """Whether it is still ours: directories in the place for temporary files vanish, and others make theirs."""
    try:
        state = directory.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(state.st_mode) and stat.S_IMODE(state.st_mode) == 0o700 and state.st_uid == account.uid


def _make_temporary(account: Account) -> Path:
    """A private directory with a short path. Not in the user's runtime directory: that is emptied at log-out."""
    for place in dict.fromkeys([Path(tempfile.gettempdir()).resolve(), Path("/tmp")]):  # noqa: S108 - mkdtemp is safe
        if _fits(place / "orderline-12345678") and not (account.foreign and account.barred_at(place)):
            directory = Path(tempfile.mkdtemp(prefix="orderline-", dir=place))
            if account.foreign:
                os.chown(directory, account.uid, account.gid)
            return directory
    raise Trouble("postgresql", "no place for the socket: set TMPDIR to a directory with a short, plain path")
