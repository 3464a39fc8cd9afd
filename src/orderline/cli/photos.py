"""`orderline photo`: photos of goods, kept with their order; returns name them by what `add` tells."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from orderline.cli.agreeing import person
from orderline.cli.orders import one_order
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import instant
from orderline.cli.ports import Failure, installation

LARGEST: Final = 4 << 20


@click.group()
def photo() -> None:
    """Photos of goods of an order: add, list, save."""


@photo.command()
@click.argument("reference", metavar="ORDER")
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@json_option
def add(reference: str, files: tuple[Path, ...], as_json: bool) -> None:
    """Keep each FILE, a JPEG, PNG or WebP image of at most 4 MiB, with ORDER; the same image once."""
    from orderline.store.photos import keep_photo

    for file in files:
        if file.stat().st_size > LARGEST:
            raise Failure(f"{file} is larger than 4 MiB.", "Make it smaller.", code="BODY_TOO_LARGE", value=str(file))
    with installation().database() as database:
        order, by = one_order(database, reference), person().name
        kept = [keep_photo(database, order, file.read_bytes(), datetime.now(UTC), by) for file in files]
    if as_json:
        emit(kept)
        return
    for file, each in zip(files, kept, strict=True):
        click.echo(f"{each.sha256}  {file}")
    say("Name it in a return as --photo LINE:SHA256.")


@photo.command("list")
@click.argument("reference", metavar="ORDER")
@json_option
def list_photos(reference: str, as_json: bool) -> None:
    """The photos of ORDER, the oldest first."""
    from orderline.cli.sources import reading
    from orderline.store.photos import load_photos

    with installation().database() as database, reading(database) as source:
        found = load_photos(source, one_order(database, reference))
    if as_json:
        emit(found)
    elif found:
        rows = [(e.sha256, e.media, str(e.size_bytes), instant(e.kept_at), e.kept_by) for e in found]
        table(("sha256", "kind", "bytes", "kept", "by"), rows, right=(2,))
    else:
        say("No photo is kept with the order.")


@photo.command()
@click.argument("reference", metavar="ORDER")
@click.argument("sha256")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
def save(reference: str, sha256: str, file: Path) -> None:
    """Write a photo of ORDER to FILE."""
    from orderline.cli.sources import reading
    from orderline.store.photos import load_photo

    with installation().database() as database, reading(database) as source:
        media, content = load_photo(source, one_order(database, reference), sha256)
    file.write_bytes(content)
    say(f"Written to {file} ({media}).")
