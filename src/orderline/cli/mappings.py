"""`orderline mappings`: partners' own words that nobody has said the meaning of, and what others mean."""

import click

from orderline.cli.agreeing import yes_option
from orderline.cli.output import json_option
from orderline.cli.plain import instant, plain
from orderline.cli.record_lists import RecordList, add_list
from orderline.cli.records import found_record, run_shown, show_record
from orderline.core.mappings.commands import IgnoreValue, MapValue
from orderline.core.mappings.state import MAPPING, Mapping, MappingState


@click.group()
def mappings() -> None:
    """What partners' own words mean here: list, show, map, ignore."""


def _row(each: Mapping) -> tuple[str, ...]:
    means = each.target if each.state is MappingState.MAPPED else plain(each.state)
    told = (each.value, each.sample, str(each.seen), instant(each.first_at), means)
    return each.id, each.partner, each.channel, plain(each.kind), *told


add_list(mappings, RecordList(
    MAPPING.name, "Words that nobody has said the meaning of, and others by --state.",
    ("mapping", "partner", "channel", "of", "word", "first in", "seen", "first at", "means"), _row, right=(6,),
    states=MappingState, shown=[MappingState.UNMAPPED], order=lambda each: (each.first_at, each.id),
    empty="There is no such word.",
))  # fmt: skip


@mappings.command()
@click.argument("mapping")
@json_option
def show(mapping: str, as_json: bool) -> None:
    """A word with its partner, how often it came, and what it means."""
    show_record(found_record(MAPPING.name, mapping, code="MAPPING_UNKNOWN"), as_json=as_json)


@mappings.command("map")
@click.argument("mapping")
@click.argument("target")
@yes_option
@json_option
def map_value(mapping: str, target: str, yes: bool, as_json: bool) -> None:
    """Say that a word means TARGET: a SKU, a method, a payment provider, or what a scan means (`in_transit`).

    What has waited for it goes on.
    """
    run_shown(MapValue(mapping=mapping, target=target), yes=yes, as_json=as_json)


@mappings.command()
@click.argument("mapping")
@click.option("--note", default="", help="Why.")
@yes_option
@json_option
def ignore(mapping: str, note: str, yes: bool, as_json: bool) -> None:
    """Say that a word means nothing here: scans of it are dropped, methods left out, orders of such goods refused."""
    run_shown(IgnoreValue(mapping=mapping, note=note), yes=yes, as_json=as_json)
