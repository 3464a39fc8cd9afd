"""`orderline user`: people who work in the console, the roles they have, and the links by which they set a password."""

from datetime import UTC, datetime
from typing import Any, Final

import click

from orderline.cli.agreeing import person, yes_option
from orderline.cli.authority import authority_of, authority_options, within
from orderline.cli.keys import RIGHT
from orderline.cli.output import emit, json_option, say
from orderline.cli.plain import instant, plain
from orderline.cli.ports import Failure, installation
from orderline.cli.record_lists import RecordList, add_list
from orderline.cli.records import found_record, run_shown
from orderline.core.users.decide import DisableUser, PutRole, PutUser
from orderline.core.users.state import ROLE, USER, Role, User, UserState

ADMINISTRATOR: Final = "administrator"
_user = click.argument("user", metavar="USER")


@click.group()
def user() -> None:
    """People who sign in: list, put, invite, disable, roles, role."""


def _user_row(each: User) -> tuple[str, ...]:
    return each.id, each.role, ", ".join((*each.channels, *each.locations)) or "all", plain(each.state)


add_list(user, RecordList(
    USER, "Users with their roles, and what they are limited to.", ("user", "role", "sees", "stands as"), _user_row,
    empty="There is no user yet. `orderline user invite NAME --admin` makes the first one.",
))  # fmt: skip


def _role_row(each: Role) -> tuple[str, ...]:
    return each.id, each.name, ", ".join(each.rights), within(each.holds, each.appeasements, each.money)


add_list(user, RecordList(
    ROLE, "Roles with their rights.", ("role", "name", "rights", "within"), _role_row, empty="There is no role yet.",
), name="roles")  # fmt: skip


@user.command()
@click.option("--role", required=True, help="What the person may do.")
@click.option("--channel", "channels", multiple=True, help="Let the person see only these channels.")
@click.option("--location", "locations", multiple=True, help="Let the person see only these locations.")
@_user
@yes_option
@json_option
def put(user: str, role: str, channels: tuple[str, ...], locations: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Create a USER, or give another role or other limits."""
    from orderline.core.stock.checks import check_seen
    from orderline.store.loading import load_settings

    with installation().database() as database, database.connection() as connection:
        check_seen(load_settings(connection, database.cell), channels, locations)
    run_shown(PutUser(user=user, role=role, channels=channels, locations=locations), yes=yes, as_json=as_json)


@user.command()
@_user
@click.option("--name", default="", help="As people read it; the user's, when not given.")
@click.option("--admin", is_flag=True, help="Make the user first, as an administrator, where there is none yet.")
@json_option
def invite(user: str, name: str, admin: bool, as_json: bool) -> None:
    """Make the link by which a USER sets a password. What was set before ends when it is used."""
    from orderline.store.sign_ins import LINK_HOLDS, invite

    if admin and not _is_known(USER, user):
        new = not _is_known(ROLE, ADMINISTRATOR)
        with installation().database() as database, installation().engine(database) as engine:
            if new:
                engine.run(PutRole(role=ADMINISTRATOR, name="Administrator", rights=("admin",)), actor=person())
            engine.run(PutUser(user=user, role=ADMINISTRATOR), actor=person())
    known: User = found_record(USER, user, code="USER_UNKNOWN")
    if known.state is not UserState.ACTIVE:
        raise Failure(f"{user} may not come in any more.", "Put the user again, with a role.", code="USER_DISABLED")
    now = datetime.now(UTC)
    with installation().database() as database:
        path = f"/welcome/{invite(database, known.id, name or known.id, now)}"
    if as_json:
        emit({"user": known.id, "path": path, "ends_at": now + LINK_HOLDS})
        return
    say(
        f"Opened at the address where Orderline is served, this lets {known.id} set a password, once, until {instant(now + LINK_HOLDS)}:"
    )
    click.echo(path)


@user.command()
@_user
@click.option("--reason", default="", help="Why.")
@yes_option
@json_option
def disable(user: str, reason: str, yes: bool, as_json: bool) -> None:
    """Let a USER come in no more."""
    run_shown(DisableUser(user=user, reason=reason), yes=yes, as_json=as_json)


@user.command("role")
@click.argument("role")
@click.option("--name", default="", help="As people read it.")
@click.option("--right", "rights", multiple=True, type=RIGHT, required=True, help=f"{RIGHT.told}; may be repeated.")
@authority_options
@yes_option
@json_option
def put_role(role: str, name: str, rights: tuple[str, ...], yes: bool, as_json: bool, **given: Any) -> None:
    """Create a ROLE, or say anew what it may do, and how much money each of its people may move."""
    holds, gives, money = authority_of(**given)
    command = PutRole(role=role, name=name, rights=rights, holds=holds, appeasements=gives, money=money)
    run_shown(command, yes=yes, as_json=as_json)


def _is_known(kind: str, id_: str) -> bool:
    from orderline.cli.sources import reading
    from orderline.store.reading.records import load_record

    with reading() as source:
        return id_.isprintable() and load_record(source, kind, id_) is not None
