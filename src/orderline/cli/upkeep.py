"""`orderline migrate`, `verify`, `backup`, `restore`: keeping an installation sound."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from orderline.cli.output import UNBROKEN, console, emit, json_option, progress, say
from orderline.cli.plain import count
from orderline.cli.ports import Failure, installation
from orderline.store.database import Database
from orderline.store.reading.auditing import Broken
from orderline.store.verifications import note_verified

if TYPE_CHECKING:
    from orderline.engine.verifying import VerifyReport


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
@click.option("--sample", type=click.IntRange(1), help="Fold only so many orders, drawn evenly; sums are always asked.")
@json_option
def verify(sample: int | None, as_json: bool) -> None:
    """Fold the journal and compare it with what is stored; hold units, money and stock against one another.

    One line per invariant. Exit status 1 on any fault.
    """
    with installation().database() as database:
        faults = run_verify(database, sample=sample, as_json=as_json)
    if faults:
        raise Failure(f"{count(faults, 'fault')} found.", "The lines above name the rows; nothing was changed.")


def run_verify(database: Database, *, sample: int | None = None, as_json: bool = False) -> int:
    """Verify a database and print the result; gives the number of faults."""
    from orderline.engine.verifying import verify as run

    with progress("verifying") as told:
        report = run(database, orders=sample or "all", on_progress=told)
    note_verified(
        database, datetime.now(UTC), orders=report.orders, whole=report.whole, chained=report.checked_of("chain"),
        broken=report.faults_of("chain"), faults=report.faults,
        drift=[Broken(each.name, each.about, each.checked, each.faults, each.examples) for each in report.invariants if each.faults],
    )  # fmt: skip
    if as_json:
        emit({**msgspec.to_builtins(report), "clean": report.is_clean, "faults": report.faults})
    else:
        print_report(report)
    return report.faults


def print_report(report: "VerifyReport") -> None:
    """One line per invariant: its sentence, how many were looked at, how many faults, the time it took."""
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    drawn.add_column("")
    drawn.add_column("invariant", overflow="fold")
    for name in ("checked", "faults", "seconds"):
        drawn.add_column(name, justify="right")
    for each in report.invariants:
        sign = Text("✗", style="bold red") if each.faults else Text("✓", style="green")
        drawn.add_row(sign, each.about, f"{each.checked:,}", f"{each.faults:,}", f"{each.seconds:.2f}")
    to = console(width=None if sys.stdout.isatty() else UNBROKEN)
    to.print(drawn)
    for each in report.invariants:
        for example in each.examples:
            to.print(Text(f"  {each.name}: {example}", style="red"))
    verdict = "clean" if report.is_clean else f"{count(report.faults, 'fault')}"
    whole = "" if report.whole else " (a sample)"
    to.print(f"{count(report.orders, 'order')} folded{whole}: {verdict}, in {report.seconds:.1f} s")


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
