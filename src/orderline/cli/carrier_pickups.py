"""`orderline carrier-pickup`: carriers that come to a location, as over HTTP; shown before they are asked."""

from datetime import datetime
from typing import Final

import click

from orderline.cli.agreeing import yes_option
from orderline.cli.inputs import INSTANT
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import instant, plain
from orderline.cli.records import found_record, run_shown, show_record
from orderline.core.shipments import carrier_pickups as c
from orderline.values.ids import new_id

MOST: Final = 1_000
STATES: Final = [state.value for state in c.CarrierPickupState]


@click.group("carrier-pickup")
def carrier_pickup() -> None:
    """Carriers that come for parcels: list, show, book, cancel."""


@carrier_pickup.command("list")
@click.option(
    "--state", "states", multiple=True, type=click.Choice(STATES), help="Only in this state; may be repeated."
)
@click.option("--location", "locations", multiple=True, help="Only at these locations; may be repeated.")
@json_option
def list_pickups(states: tuple[str, ...], locations: tuple[str, ...], as_json: bool) -> None:
    """Who comes where, and when."""
    from orderline.cli.sources import reading
    from orderline.store.reading.records import load_records

    with reading() as source:
        found: list[c.CarrierPickup] = load_records(
            source, c.CARRIER_PICKUP.name, states=states, subjects=locations, most=MOST
        )
    if as_json:
        emit(found)
        return
    if not found:
        say("No such pick-up is booked.")
        return
    rows = [
        (
            e.id,
            f"{plain(e.state)}{f' ({e.code})' if e.code else ''}",
            e.location,
            e.carrier,
            instant(e.from_at or e.ready_at),
            instant(e.until_at or e.close_at),
            e.parcels,
            e.reference,
            e.manifest,
        )
        for e in found
    ]
    columns = ("pick-up", "state", "location", "carrier", "from", "until", "parcels", "reference", "manifest")
    table(columns, rows, right=(6,))


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
