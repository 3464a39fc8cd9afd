"""`orderline policy precision`: what came of the holds that rules have placed."""

from datetime import UTC, datetime, timedelta

import click

from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import count


@click.command()
@click.option("--days", type=click.IntRange(1, 400), default=90, show_default=True, help="How far back.")
@json_option
def precision(days: int, as_json: bool) -> None:
    """What came of the holds of each rule: rejected, charged back all the same, or fine; and what fraud all missed."""
    from orderline.cli.sources import reading
    from orderline.store.reading.precision import load_precision

    until = datetime.now(UTC)
    with reading() as source:
        found = load_precision(source, until - timedelta(days=days), until, channels=())
    if as_json:
        emit(found)
        return
    heads = ("rule", "type", "held", "open", "rejected", "charged back", "for fraud", "fine", "right")
    rows = [
        (
            each.rule, each.type, str(each.held), str(each.open), str(each.confirmed), str(each.charged_back),
            str(each.fraud), str(each.fine), "" if each.precision is None else f"{each.precision:.0%}",
        )
        for each in found.rules
    ]  # fmt: skip
    if rows:
        table(heads, rows, right=tuple(range(2, 9)))
    else:
        say("No rule has held anything.")
    say(f"{count(found.missed, 'order')} charged back for fraud that no rule had held.")
