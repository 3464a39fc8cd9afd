"""`orderline import` and `orderline export`: orders from files and into files."""

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from orderline.cli.inputs import INSTANT
from orderline.cli.output import console, emit, json_option, progress, say, table
from orderline.cli.plain import count
from orderline.cli.ports import Failure, installation, not_writable

if TYPE_CHECKING:
    from orderline.core.imports.report import ImportProgress, ImportReport
    from orderline.engine.exporting import ExportLayout
    from orderline.engine.importing import LayoutName

LAYOUTS = ("auto", "shopify", "online-retail", "generic")


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path))
@click.option(
    "--layout", type=click.Choice(LAYOUTS), default="auto", show_default=True, help="How the file is laid out."
)
@click.option(
    "--mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="TOML file that maps columns."
)
@click.option("--history/--no-history", default=None, help="Orders served elsewhere: taken over without side effects.")
@click.option("--channel", default="import", show_default=True, help="The channel that the orders are put under.")
@click.option("--currency", help="Currency of the file, where it names none.")
@click.option("--create-skus/--no-create-skus", default=True, show_default=True, help="Make SKUs that are not known.")
@click.option("--resume/--from-start", default=True, show_default=True, help="Go on where the same import broke off.")
@click.option(
    "--fix-file", type=click.Path(dir_okay=False, path_type=Path), help="Where refused rows go, to be mended."
)
@json_option
def import_orders(
    file: Path,
    layout: "LayoutName",
    mapping: Path | None,
    history: bool | None,
    channel: str,
    currency: str | None,
    create_skus: bool,
    resume: bool,
    fix_file: Path | None,
    as_json: bool,
) -> None:
    """Take in orders from FILE (CSV or JSON Lines; also .gz and .xz; - for standard input).

    Every row gets a verdict, none stops the run. Exit status 1 when the verdicts do not add up to the file.
    """
    from orderline.engine.importing import import_orders as run

    source: Path | BinaryIO = sys.stdin.buffer if str(file) == "-" else file
    here = installation()
    with here.database() as database, here.engine(database) as engine, _bar() as told:
        report = run(
            engine,
            database,
            source,
            layout=layout,
            mapping=mapping,
            history=history,
            channel=channel,
            currency=currency,
            create_skus=create_skus,
            resume=resume,
            fix_file=fix_file,
            on_progress=told,
        )
    if as_json:
        emit({**_document(report), "adds_up": report.adds_up})
    else:
        _show(report, fix_file)
    if not report.adds_up:
        raise Failure("The verdicts do not add up to the rows of the file: this is a fault of Orderline.")


class _bar:  # noqa: N801
    """A progress bar that learns its total from the import itself."""

    def __enter__(self) -> Any:
        if not sys.stderr.isatty():
            return lambda _progress: None
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        self._drawn = Progress(*columns, console=console(stderr=True), transient=True)
        self._drawn.start()
        self._task = self._drawn.add_task("reading", total=None)
        return self._told

    def __exit__(self, *_error: object) -> None:
        if hasattr(self, "_drawn"):
            self._drawn.stop()

    def _told(self, now: "ImportProgress") -> None:
        text = f"{now.phase}: {now.rows:,} rows, {now.orders:,} orders, {now.refused:,} refused"
        self._drawn.update(self._task, description=text, total=now.rows_total or None, completed=now.rows)


def _document(report: "ImportReport") -> dict[str, Any]:
    import msgspec

    return msgspec.to_builtins(report)


def _show(report: "ImportReport", fix_file: Path | None) -> None:
    kind = "history, no side effects" if report.history else "with stock and payment"
    say(
        f"{report.source}: {report.layout} layout, channel {report.channel}, {report.currency or 'own currency'}, {kind}."
    )
    rows = [(verdict, f"{number:,}") for verdict, number in report.verdicts.items() if number]
    table(("verdict", "rows"), [*rows, ("all", f"{report.rows:,}")], right=(1,))
    for remark, number in report.remarks.items():
        if number:
            say(f"  remark: {remark}: {number:,}")
    for verdict, examples in report.examples.items():
        for each in examples[:1]:
            about = ", ".join(part for part in (each.order, f"{each.field} {each.value}".strip(), each.hint) if part)
            say(f"  {verdict}, for example row {each.row}: {about}")
    took = report.milliseconds / 1000
    known = f", {report.orders_known:,} had been here" if report.orders_known else ""
    say(f"{count(report.orders, 'new order')}{known}; {took:,.1f} s, {report.lines_per_s:,} rows/s.")
    if fix_file is not None and report.fix_rows:
        say(f"{count(report.fix_rows, 'row')} to mend in {fix_file}; import that file when done.")


@click.command("export")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, allow_dash=True, path_type=Path))
@click.option(
    "--layout", type=click.Choice(("jsonl", "csv")), default="jsonl", show_default=True, help="How to write it."
)
@click.option("--channel", help="Only orders of this channel.")
@click.option("--phase", help="Only orders in this phase.")
@click.option("--from", "placed_from", type=INSTANT, help="Only orders placed at or after this instant.")
@click.option("--before", "placed_before", type=INSTANT, help="Only orders placed before this instant.")
@json_option
def export_orders(
    file: Path,
    layout: "ExportLayout",
    channel: str | None,
    phase: str | None,
    placed_from: datetime | None,
    placed_before: datetime | None,
    as_json: bool,
) -> None:
    """Write orders to FILE (- for standard output) in a layout that can be imported again."""
    from orderline.engine.exporting import ExportFilters
    from orderline.engine.exporting import export_orders as run

    filters = ExportFilters(channel=channel, phase=phase, placed_from=placed_from, placed_before=placed_before)
    with installation().database() as database:
        if str(file) == "-":
            written = run(database, sys.stdout.buffer, layout, filters)
            sys.stdout.buffer.flush()
        else:
            with _opened(file) as target, progress("exporting"):
                written = run(database, target, layout, filters)
    if as_json and str(file) != "-":
        emit({"file": str(file), "layout": layout, "orders": written})
    else:
        say(f"{count(written, 'order')} written to {'standard output' if str(file) == '-' else file}.")


def _opened(file: Path) -> BinaryIO:
    try:
        return file.open("wb")
    except OSError as error:
        raise not_writable(file, error) from error
