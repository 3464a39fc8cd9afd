"""A second PostgreSQL, built by others and of another version: Debian's, where it is installed."""

import os
import pwd
import re
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from support.databases import Databases, alone, run_directory

LIBRARY = Path("/usr/lib/postgresql")
OLDEST = 15
PORT = 5432
ROLE = "orderline"
OPTIONS = f"-c listen_addresses= -c fsync=off -c shared_buffers=64MB -c timezone=UTC -p {PORT}"


def binaries() -> Path | None:
    """The folder of programs of the oldest PostgreSQL here that Orderline runs on."""
    found = {int(match[1]): path for path in LIBRARY.glob("*/bin") if (match := re.search(r"/(\d+)/bin$", str(path)))}
    usable = [found[version] for version in sorted(found) if version >= OLDEST and (found[version] / "initdb").exists()]
    return usable[0] if usable else None


@contextmanager
def installed(programs: Path) -> Iterator[Databases]:
    """Databases on a server made of `programs`; it runs until `stop_installed`."""
    home = run_directory() / "installed"
    with alone("installed"):
        if not (home / "postmaster.pid").exists():
            _start(programs, home)
    address = "postgresql://{}@/postgres?host={}&port={}"
    admin, dsn = address.format("postgres", home, PORT), address.format(ROLE, home, PORT)
    with closing(Databases(admin=admin, dsn=dsn, name="installed")) as made:
        yield made


def stop_installed() -> None:
    """Stop the server of this run, if it was started; for when nobody tests any longer."""
    home, programs = run_directory() / "installed", binaries()
    if programs and (home / "postmaster.pid").exists():
        _run(programs / "pg_ctl", "-D", home, "-m", "immediate", "-w", "stop")


def _start(programs: Path, home: Path) -> None:
    home.mkdir(mode=0o700, exist_ok=True)
    if os.geteuid() == 0:
        os.chown(home, *_account())
    _run(programs / "initdb", "-D", home, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    _run(programs / "pg_ctl", "-D", home, "-w", "-l", home / "log", "-o", f"{OPTIONS} -k {home}", "start")
    _run(programs / "createuser", "-h", home, "-p", str(PORT), "-U", "postgres", ROLE)


def _run(program: Path, *arguments: str | Path) -> None:
    user, group = _account() if os.geteuid() == 0 else (None, None)
    ended = subprocess.run(
        [program, *arguments],
        cwd=run_directory(),
        user=user,
        group=group,
        extra_groups=[] if user else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE if program.name != "pg_ctl" else subprocess.DEVNULL,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise RuntimeError(f"{program.name} ended with {ended.returncode}: {ended.stderr or 'see its log'}")


def _account() -> tuple[int, int]:
    """PostgreSQL does not run as root; Debian's package makes an account for it."""
    entry = pwd.getpwnam("postgres")
    return entry.pw_uid, entry.pw_gid
