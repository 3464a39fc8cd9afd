"""`orderline wave`: work of a location picked together, as lists."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from orderline.cli.acting import Act, Kind, add_acts, add_reading
from orderline.cli.agreeing import person, yes_option
from orderline.cli.inputs import INSTANT
from orderline.cli.orders import one_order
from orderline.cli.output import json_option, say
from orderline.cli.plain import instant, plain
from orderline.cli.ports import Failure, installation
from orderline.cli.records import found_record, run_shown
from orderline.core.fulfillments import wave_rules as w
from orderline.core.fulfillments.waves import WAVE, Wave, WaveBy, WaveState
from orderline.values.failures import Refused
from orderline.values.ids import new_id


@click.group()
def wave() -> None:
    """Work that is picked together: list, show, create, print, scan, complete, void."""


def _wave(each: Wave) -> tuple[str, ...]:
    stops = [stop for row in each.lists for stop in row.stops]
    units, picked = sum(stop.quantity for stop in stops), sum(stop.picked for stop in stops)
    done = f"{sum(row.done for row in each.lists)} of {len(each.lists)}"
    due = instant(each.due_at) if each.due_at is not None else ""
    return each.id, plain(each.state), each.location, each.by, done, str(units), str(picked), due


_WAVES: Final = Kind(
    WAVE.name, "wave", "WAVE_UNKNOWN", WaveState,
    ("wave", "stands as", "at", "by", "lists done", "units", "picked", "due"), _wave, right=(5, 6),
)  # fmt: skip

add_reading(wave, _WAVES, purpose="Waves, with how far they are picked.")


@wave.command()
@click.argument("location")
@click.option("--name", default="", help="What it is to be known by; an id, when not given.")
@click.option("--by", type=click.Choice([each.value for each in WaveBy]), default=WaveBy.BATCH.value, show_default=True,
              help="How it is made into lists.")  # fmt: skip
@click.option("--method", "methods", multiple=True, help="Only orders of this delivery method; may be repeated.")
@click.option("--priority", type=int, help="Only orders of this priority or more.")
@click.option("--due-before", type=INSTANT, help="Only work that is due before.")
@click.option("--zone", "zones", multiple=True, metavar="ZONE=BEGINNING[,BEGINNING]",
              help="A zone, and how the codes of its SKUs begin; may be repeated.")  # fmt: skip
@click.option("--most", type=click.IntRange(1, w.MOST_WORK), default=50, show_default=True, help="Fulfillment orders.")
@click.option("--due", "due_at", type=INSTANT, help="When it is to be done.")
@yes_option
@json_option
def create(
    location: str, name: str, by: str, methods: tuple[str, ...], priority: int | None, due_before: datetime | None,
    zones: tuple[str, ...], most: int, due_at: datetime | None, yes: bool, as_json: bool,
) -> None:  # fmt: skip
    """Release work at LOCATION together that is in no open wave, the most urgent first."""
    from orderline.cli.sources import reading
    from orderline.store.reading.waves import WaveAsked, choose_work

    asked = WaveAsked(
        location=location, by=WaveBy(by), method=methods, priority=priority, due_before=due_before,
        zones=tuple(map(_zone, zones)), most=most, due_at=due_at,
    )  # fmt: skip
    with reading() as source:
        command = choose_work(source, name or str(new_id()), asked)
    run_shown(command, yes=yes, as_json=as_json)


@wave.command("print")
@click.argument("name", metavar="WAVE")
@click.argument("number", metavar="LIST", type=click.IntRange(1))
@click.option("--pdf", type=click.Path(dir_okay=False, writable=True, path_type=Path), required=True, help="The file.")
def print_list(name: str, number: int, pdf: Path) -> None:
    """A LIST of a WAVE as a paper: where to go, what to take, for whom."""
    from orderline.cli.sources import reading
    from orderline.store.reading.waves import list_paper

    known: Wave = found_record(WAVE.name, name, code="WAVE_UNKNOWN")
    found = known.list_of(number)
    if found is None:
        raise Failure(f"Wave {name!r} has {len(known.lists)} lists.", code="WAVE_STATE", value=number)
    with reading() as source:
        paper = list_paper(source, known, found, datetime.now(UTC).date())
    pdf.write_bytes(installation().print_paper(paper))
    say(f"Written to {pdf}.")


@wave.command()
@click.argument("name", metavar="WAVE")
@click.argument("code")
@click.option("--list", "number", type=click.IntRange(1), required=True, help="The number of the list.")
@click.option("--order", "reference", help="The order that units are put to, after they were picked.")
@click.option("--quantity", type=click.IntRange(1), default=1, show_default=True, help="How many units.")
@click.option("--lot", default="", help="The lot or serial number that was scanned with it.")
@yes_option
@json_option
def scan(
    name: str, code: str, number: int, reference: str | None, quantity: int, lot: str, yes: bool, as_json: bool
) -> None:
    """Note that CODE (a barcode, or a SKU) was picked, or with --order put to one; what is wrong there is refused and counted."""
    order = None
    if reference is not None:
        with installation().database() as database:
            order = one_order(database, reference)
    command = w.ScanItem(wave=name, list=number, code=code, quantity=quantity, order=order, lot=lot)
    try:
        run_shown(command, yes=yes, as_json=as_json)
    except Refused as refused:
        if refused.code is w.WaveRefusal.WRONG_SCAN and yes:
            here = installation()
            with here.database() as database, here.engine(database) as engine:
                engine.run(w.CountWrongScan(wave=name, list=number, code=code), actor=person())
        raise


add_acts(
    wave,
    _WAVES,
    (
        Act("complete", w.CompleteList, "A walk is over; what was not found is named, unless all else was scanned."),
        Act("void", w.VoidWave, "Give the open lists of a wave up; their work may go into another."),
    ),
)


def _zone(text: str) -> w.ZoneSkus:
    zone, equals, beginnings = text.partition("=")
    if not equals or not zone or not beginnings:
        raise click.UsageError(f"{text}: write ZONE=BEGINNING[,BEGINNING]")
    return w.ZoneSkus(zone, tuple(beginnings.split(",")))
