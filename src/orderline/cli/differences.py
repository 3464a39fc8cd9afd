"""`orderline payment`: payments that a provider and we do not know alike, listed until a person has looked at them."""

from datetime import UTC, datetime
from typing import Final

import click

from orderline.cli.agreeing import agreed, document, person, yes_option
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import amount, instant, plain
from orderline.cli.ports import Failure, installation

MOST: Final = 1_000


@click.group()
def payment() -> None:
    """Payments compared with their providers: differences, show, assign, settle."""


@payment.command()
@click.option("--all", "every", is_flag=True, help="Those that somebody has settled, too.")
@click.option("--owner", help="Only those that this team or person works off.")
@json_option
def differences(every: bool, owner: str | None, as_json: bool) -> None:
    """What differs, the oldest first, and what a person does next."""
    from orderline.cli.sources import reading
    from orderline.store.reconciling import load_differences

    with reading() as source:
        found = load_differences(source, is_open=None if every else True, most=MOST, owners=(owner,) if owner else ())
    if as_json:
        emit(found)
        return
    if not found:
        say("Nothing differs.")
        return
    rows = [
        (
            e.provider, e.event_id, plain(e.kind), plain(e.operation), amount(e.amount_minor, e.currency),
            instant(e.occurred_at), e.owner, f"settled by {e.settled_by}: {e.note}" if e.settled_at else e.next_step,
        )
        for e in found
    ]  # fmt: skip
    table(("provider", "event", "what", "operation", "amount", "at", "owner", "next"), rows, right=(4,))


@payment.command()
@click.argument("provider")
@click.argument("event")
@json_option
def show(provider: str, event: str, as_json: bool) -> None:
    """One difference: the EVENT of a PROVIDER."""
    from orderline.cli.sources import reading
    from orderline.store.reconciling import load_difference

    with reading() as source:
        found = load_difference(source, provider, event)
    if found is None:
        raise _unknown(provider, event)
    if as_json:
        emit(found)
        return
    say(f"{plain(found.kind)}: {plain(found.operation)} of {amount(found.amount_minor, found.currency)}")
    say(f"order: {found.order or 'none of ours'}; reference: {found.reference or 'none'}")
    say(f"at: {instant(found.occurred_at)}; found: {instant(found.found_at)}")
    if found.settled_at is not None:
        say(f"settled by {found.settled_by}, {instant(found.settled_at)}: {found.note}")
    else:
        say(f"next, by {found.owner}: {found.next_step}")


@payment.command()
@click.argument("provider")
@click.argument("event")
@click.option("--note", required=True, help="What it was, and what was done.")
@yes_option
@json_option
def settle(provider: str, event: str, note: str, yes: bool, as_json: bool) -> None:
    """Somebody has looked at the difference EVENT of PROVIDER; a second time changes nothing."""
    from orderline.cli.sources import reading
    from orderline.store.reconciling import load_difference, settle_difference

    if not 1 <= len(note) <= 1_000:
        raise click.BadParameter("write from 1 to 1,000 characters.", param_hint="'--note'")
    with installation().database() as database:
        with reading(database) as source:
            found = load_difference(source, provider, event)
        if found is None:
            raise _unknown(provider, event)
        if not as_json:
            say(f"{plain(found.kind)}: {plain(found.operation)} of {amount(found.amount_minor, found.currency)}")
        done = agreed(yes, as_json=as_json)
        if done:
            now = datetime.now(UTC)
            found = settle_difference(database, provider, event, by=person().name, note=note, now=now) or found
    if as_json:
        emit(document(found, applied=done))
    elif done:
        say("Done.")


@payment.command()
@click.argument("provider")
@click.argument("event")
@click.argument("owner")
@json_option
def assign(provider: str, event: str, owner: str, as_json: bool) -> None:
    """OWNER works the difference EVENT of PROVIDER off, from now on."""
    from orderline.cli.sources import reading
    from orderline.store.reconciling import assign_difference, load_difference

    if not 1 <= len(owner) <= 100 or not owner.isprintable():
        raise click.BadParameter("write from 1 to 100 characters.", param_hint="'OWNER'")
    with installation().database() as database:
        assign_difference(database, provider, event, owner)
        with reading(database) as source:
            found = load_difference(source, provider, event)
    if found is None:
        raise _unknown(provider, event)
    if as_json:
        emit(found)
    else:
        say(f"{found.owner} works it off.")


def _unknown(provider: str, event: str) -> Failure:
    return Failure(
        f"There is no difference {event!r} with {provider}.",
        "`orderline payment differences --all` lists them.",
        code="DIFFERENCE_UNKNOWN",
        value=event[:100],
    )
