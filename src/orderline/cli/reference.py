"""`orderline reference`: the printed reference."""

from pathlib import Path

import click

from orderline.cli.output import emit, json_option, say
from orderline.cli.plain import count
from orderline.cli.ports import Failure, installation


@click.command()
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; exit status 1 when a page is not as it would be printed.")
@json_option
def reference(directory: Path, check: bool, as_json: bool) -> None:
    """Print the pages of the reference into DIRECTORY: moves, events, refusals, settings, commands, OpenAPI."""
    pages = installation().reference_pages()
    stale = [name for name, text in pages.items() if _read(directory / name) != text]
    if check:
        if as_json:
            emit({"stale": stale})
        if stale:
            raise Failure(
                f"Not as printed: {', '.join(stale)}.", f"Run `orderline reference {directory}`.", stale=stale
            )
        return
    directory.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (directory / name).write_text(pages[name], encoding="utf-8")
    if as_json:
        emit({"written": stale, "pages": list(pages)})
    else:
        say(f"{count(len(stale), 'page')} written to {directory}; {len(pages) - len(stale)} were as printed.")


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.is_file() else ""
