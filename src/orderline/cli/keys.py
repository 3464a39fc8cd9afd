"""`orderline keys`: who may come in over the API, and for what."""

from typing import Any, Final

import click

from orderline.cli.agreeing import person as who
from orderline.cli.authority import authority_of, authority_options, within
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import instant
from orderline.cli.ports import Failure, installation

# The rights a key can be given; the API holds the same list, and a test holds them equal.
SCOPES = (
    "orders:read", "orders:write", "stock:read", "stock:write", "fulfillments:read", "fulfillments:write",
    "settings:read", "settings:write", "ledger:read", "ledger:write", "ledger:write_off", "events:read", "audit:read", "people:read", "admin",
)  # fmt: skip


class _Right(click.ParamType):
    """An area, an operation, or an operation that is taken away from an area."""

    name = "RIGHT"
    told = "An area, such as orders:write, an operation, such as cancel_units, or -erase_people to take one away"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in SCOPES and value.removeprefix("-") not in installation().operations():
            self.fail(f"{value!r} is no operation, and none of {', '.join(SCOPES)}.", param, ctx)
        return value


RIGHT: Final = _Right()


@click.group()
def keys() -> None:
    """API keys: create, list, revoke."""


@keys.command()
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, type=RIGHT, required=True, help=f"{RIGHT.told}; may be repeated.")
@click.option("--channel", "channels", multiple=True, help="Let it see only these channels.")
@click.option("--location", "locations", multiple=True, help="Let it see only these locations.")
@click.option(
    "--per-minute", type=click.IntRange(0), default=0, show_default=True, help="Requests a minute; 0: no limit."
)
@click.option("--person", default="", help="Who holds it: where two have to say so, all keys of a person are one.")
@authority_options
@json_option
def create(
    name: str,
    scopes: tuple[str, ...],
    channels: tuple[str, ...],
    locations: tuple[str, ...],
    per_minute: int,
    person: str,
    as_json: bool,
    **given: Any,
) -> None:
    """Make a key for NAME and show it; it is kept as a hash and cannot be shown again."""
    from orderline.core.access.decide import CreateKey
    from orderline.core.orders.guards import check_text
    from orderline.core.stock.checks import check_seen
    from orderline.store.access import create_key_once, draw_id
    from orderline.store.loading import load_settings

    person = check_text(person, "person", 100)
    holds, gives, money = authority_of(**given)
    with installation().database() as database:
        with database.connection() as connection:
            check_seen(load_settings(connection, database.cell), channels, locations)
        key_id = draw_id()
        command = CreateKey(
            id=key_id, name=name, scopes=scopes, channels=channels, locations=locations, per_minute=per_minute,
            person=person, holds=holds, appeasements=gives, money=money,
        )  # fmt: skip
        with installation().engine(database) as engine:
            engine.run(command, actor=who())
        made = create_key_once(
            database, name, scopes, channels, locations, per_minute, holds, person, gives, money, key_id=key_id
        )
    assert made is not None
    secret = made[1]
    if as_json:
        emit({"id": key_id, "name": name, "scopes": sorted(set(scopes)), "secret": secret})
        return
    say(f"Key {key_id} for {name}. Keep it now; it is not shown again:")
    click.echo(secret)


@keys.command("list")
@json_option
def list_keys(as_json: bool) -> None:
    """All keys, newest first."""
    from orderline.store.access import list_keys

    with installation().database() as database:
        found = list_keys(database)
    if as_json:
        emit({"items": found})
        return
    rows = (
        (
            each.id,
            f"{each.name} ({each.person})" if each.person else each.name,
            ", ".join(each.scopes),
            ", ".join((*each.channels, *each.locations)) or "all",
            within(each.holds, each.appeasements, each.money),
            instant(each.created_at),
            f"revoked {instant(each.revoked_at)}" if each.revoked_at else instant(each.last_used_at) or "never used",
        )
        for each in found
    )
    table(("id", "name", "scopes", "sees", "within", "created", "last used"), rows)


@keys.command()
@click.argument("key_id", metavar="ID")
@json_option
def revoke(key_id: str, as_json: bool) -> None:
    """End a key; servers that know it stop taking it within seconds."""
    from orderline.core.access.decide import RevokeKey
    from orderline.store.access import find_key, revoke_key

    with installation().database() as database:
        record = find_key(database, key_id)
        if record is not None:
            with installation().engine(database) as engine:
                engine.run(RevokeKey(id=key_id, name=record.name), actor=who())
            record = revoke_key(database, key_id)
    if record is None:
        raise Failure(f"There is no key {key_id}.", "`orderline keys list` shows them all.", value=key_id)
    if as_json:
        emit(record)
    else:
        say(f"Key {key_id} ({record.name}) is revoked.")
