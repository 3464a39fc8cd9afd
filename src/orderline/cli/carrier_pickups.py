"""`orderline carrier-pickup`: carriers that come to a location, as over HTTP; shown before they are asked."""

from datetime import datetime

import click

from orderline.cli.agreeing import yes_option
from orderline.cli.inputs import INSTANT
from orderline.cli.output import json_option
from orderline.cli.plain import instant, plain
from orderline.cli.record_lists import RecordList, add_list
from orderline.cli.records import found_record, run_shown, show_record
from orderline.core.shipments import carrier_pickups as c
from orderline.values.ids import new_id


@click.group("carrier-pickup")
def carrier_pickup() -> None:
    """Carriers that come for parcels: list, show, book, cancel."""


def _row(each: c.CarrierPickup) -> tuple[str, ...]:
    state = f"{plain(each.state)}{f' ({each.code})' if each.code else ''}"
    times = instant(each.from_at or each.ready_at), instant(each.until_at or each.close_at)
    return each.id, state, each.location, each.carrier, *times, str(each.parcels), each.reference, each.manifest


add_list(carrier_pickup, RecordList(
    c.CARRIER_PICKUP.name, "Who comes where, and when.",
    ("pick-up", "state", "location", "carrier", "from", "until", "parcels", "reference", "manifest"), _row, right=(6,),
    states=c.CarrierPickupState, subject="location", whose="Only at this location",
    empty="No such pick-up is booked.",
))  # fmt: skip


@carrier_pickup.command()
@click.argument("name", metavar="PICKUP")
@json_option
def show(name: str, as_json: bool) -> None:
    """One pick-up."""
    code = c.CarrierPickupRefusal.CARRIER_PICKUP_UNKNOWN.value
    show_record(found_record(c.CARRIER_PICKUP.name, name, code=code), as_json=as_json)


@carrier_pickup.command()
@click.argument("location")
@click.argument("carrier")
@click.option("--from", "ready_at", type=INSTANT, required=True, help="It may come from then on.")
@click.option("--until", "close_at", type=INSTANT, required=True, help="It has to come by then.")
@click.option("--parcels", type=click.IntRange(0, c.MOST_PARCELS), default=1, show_default=True, help="About so many.")
@click.option("--weight", "weight_g", type=click.IntRange(0), default=0, help="Grams, of all together.")
@click.option("--note", default="", help="What the driver has to know.")
@click.option("--name", default="", help="What it is to be known by; an id, when not given.")
@yes_option
@json_option
def book(
    location: str, carrier: str, ready_at: datetime, close_at: datetime, parcels: int, weight_g: int, note: str,
    name: str, yes: bool, as_json: bool,
) -> None:  # fmt: skip
    """Have CARRIER come to LOCATION."""
    command = c.BookCarrierPickup(
        pickup=name or str(new_id()), location=location, carrier=carrier, ready_at=ready_at, close_at=close_at,
        parcels=parcels, weight_g=weight_g, note=note,
    )  # fmt: skip
    run_shown(command, yes=yes, as_json=as_json)


@carrier_pickup.command()
@click.argument("name", metavar="PICKUP")
@yes_option
@json_option
def cancel(name: str, yes: bool, as_json: bool) -> None:
    """Have the carrier not come for PICKUP."""
    run_shown(c.CancelCarrierPickup(pickup=name), yes=yes, as_json=as_json)
