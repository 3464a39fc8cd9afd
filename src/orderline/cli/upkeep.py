"""`orderline migrate`, `verify`, `backup`, `restore`: keeping an installation sound."""

from pathlib import Path

import click

from orderline.cli.output import console, emit, json_option, say
from orderline.cli.ports import Failure, installation
from orderline.cli.words import count
from orderline.store.database import Database


@click.command()
@click.option("--check", is_flag=True, help="Only say what is missing; exit status 1 when something is.")
@json_option
def migrate(check: bool, as_json: bool) -> None:
    """Bring the database to this release. Safe while the previous release still runs."""
    here = installation()
    if check:
        lacking = here.pending()
        if as_json:
            emit({"pending": lacking})
        else:
            say(f"{count(len(lacking), 'migration')} to apply: {', '.join(lacking)}" if lacking else "Up to date.")
        if lacking:
            raise Failure("The database is not at this release.", "Run `orderline migrate`.", pending=lacking)
        return
    applied = here.migrate()
    if as_json:
        emit({"applied": applied})
    else:
        say(f"Applied {', '.join(applied)}." if applied else "Up to date; nothing was to be done.")


@click.command()
@json_option
def verify(as_json: bool) -> None:
    """Fold the journal and compare it with what is stored; hold units, money and stock against one another.

    One line per invariant. Exit status 1 on any fault.
    """
    with installation().database() as database:
        faults = run_verify(database, as_json=as_json)
    if faults:
        raise Failure(f"{count(faults, 'fault')} found.", "The lines above name the rows; nothing was changed.")


def run_verify(database: Database, *, as_json: bool = False) -> int:
    """Verify a database and print the result; gives the number of faults."""
    raise NotImplementedError


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option("--force", is_flag=True, help="Write over a file that exists.")
@json_option
def backup(file: Path, force: bool, as_json: bool) -> None:
    """Write a backup of the database to FILE (PostgreSQL's custom format), while everything runs."""
    if file.exists() and not force:
        raise Failure(f"{file} exists.", "Choose another file, or say --force.")
    with console(stderr=True).status("writing the backup ..."):
        installation().dump(file)
    size = file.stat().st_size
    if as_json:
        emit({"file": str(file), "bytes": size})
    else:
        say(f"Backup in {file}, {size / 1_000_000:,.1f} MB. It holds personal data: keep it as safe as the database.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--no-verify", is_flag=True, help="Do not verify afterwards.")
@json_option
def restore(file: Path, no_verify: bool, as_json: bool) -> None:
    """Read a backup into an empty database, then verify it.

    Refused when the database holds anything: a restore never writes over orders.
    """
    here = installation()
    with console(stderr=True).status("reading the backup ..."):
        here.restore(file)
    if not as_json:
        say(f"{file} was restored.")
    if no_verify:
        if as_json:
            emit({"restored": str(file)})
        return
    with here.database() as database:
        faults = run_verify(database, as_json=as_json)
    if faults:
        raise Failure(f"{count(faults, 'fault')} found in what was restored.", "The lines above name the rows.")
