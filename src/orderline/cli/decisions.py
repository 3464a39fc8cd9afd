"""`orderline decision`: what customers and others are asked, as over HTTP; shown before it is changed."""

from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import Final
from uuid import UUID

import click
import msgspec

from orderline.cli.agreeing import yes_option
from orderline.cli.asking_words import ASKED_ABOUT
from orderline.cli.inputs import INSTANT
from orderline.cli.orders import one_order, shown_order
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import amount, count, instant, plain
from orderline.cli.ports import Failure, installation
from orderline.cli.records import found_record, run_shown
from orderline.core.decisions import commands as c
from orderline.core.decisions.asking import Asked
from orderline.core.decisions.doubting import suggestion_for
from orderline.core.decisions.evolve import DECISION
from orderline.core.decisions.links import DECISION_LINKS, hash_of, token_of
from orderline.core.decisions.refusals import DecisionRefusal
from orderline.core.decisions.state import OPEN, Decision, DecisionState, Option
from orderline.values.address import Address, address_lines

MOST: Final = 1_000


@click.group()
def decision() -> None:
    """Questions to customers and others: list, show, answer, send, withdraw.

    DECISION is the id of a decision request, or a reference of an order that has one open.
    """


@decision.command("list")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in DecisionState]),
    help="Only in this state; may be repeated; those that are open, when none is given.",
)
@click.option("--to", "asked", type=click.Choice([to.value for to in Asked]), help="Only those put to this one.")
@json_option
def list_decisions(states: tuple[str, ...], asked: str | None, as_json: bool) -> None:
    """Decision requests, those whose time is up first."""
    from orderline.cli.sources import reading
    from orderline.store.reading.records import load_records

    wanted = states or tuple(state.value for state in OPEN)
    with reading() as source:
        rows: list[Decision] = load_records(source, DECISION.name, states=wanted, most=MOST)
    found = sorted(
        (each for each in rows if asked is None or each.to == asked),
        key=lambda each: (each.deadline_at is None, each.deadline_at or each.made_at, each.id),
    )
    if as_json:
        emit(found)
        return
    if not found:
        say("Nobody is asked anything." if not states and asked is None else "There is no such decision request.")
        return
    columns = ("order", "about", "to", "state", "until", "options", "by default", "decision")
    table(columns, [
        (e.number, ASKED_ABOUT[e.cause], plain(e.to), plain(e.state), instant(e.deadline_at),
         ", ".join(option.code for option in e.options), e.default, e.id)
        for e in found
    ])  # fmt: skip


@decision.command()
@click.argument("name", metavar="DECISION")
@json_option
def show(name: str, as_json: bool) -> None:
    """The question with its options, what silence means, and what was answered."""
    found = _found(name)
    if as_json:
        emit(found)
    else:
        draw_decision(found)
        _draw_addresses(found)


@decision.command()
@click.argument("name", metavar="DECISION")
@click.argument("option")
@click.option("--reason", required=True, help="How it is known what they want, such as: called us.")
@click.option(
    "--address", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A JSON file with the address, for options that need one.",
)  # fmt: skip
@click.option("--date", type=INSTANT, help="For options that need one.")
@yes_option
@json_option
def answer(
    name: str, option: str, reason: str, file: Path | None, date: datetime | None, yes: bool, as_json: bool
) -> None:
    """Choose OPTION for the one who was asked; it is carried out at once."""
    found = _found(name)
    command = c.AnswerDecision(
        decision=found.id, order=found.order, option=option, reason=reason, also=c.also_touched(found), date=date,
        address=_address_in(file) if file is not None else None,
        suggestion=suggestion_for(found.about.doubt, _doubted(found)),
    )  # fmt: skip
    run_shown(command, yes=yes, as_json=as_json, draw=draw_decision)


@decision.command()
@click.argument("name", metavar="DECISION")
@yes_option
@json_option
def send(name: str, yes: bool, as_json: bool) -> None:
    """Send what was drafted, with a link of its own; what can't be done any more is not offered."""
    from orderline.store.secrets import secret_of

    found = _found(name)
    with installation().database() as database:
        secret = secret_of(database, DECISION_LINKS)
    nonce = token_hex(16)
    hashed = hash_of(token_of(secret, found.id, nonce))
    command = c.SendDecision(decision=found.id, order=found.order, nonce=nonce, token_hash=hashed)
    run_shown(command, yes=yes, as_json=as_json, draw=draw_decision)


@decision.command()
@click.argument("name", metavar="DECISION")
@click.option("--reason", required=True, help="Why nobody needs to be asked.")
@yes_option
@json_option
def withdraw(name: str, reason: str, yes: bool, as_json: bool) -> None:
    """Ask no more; the order goes on as if nobody had been asked."""
    found = _found(name)
    run_shown(
        c.WithdrawDecision(decision=found.id, order=found.order, reason=reason),
        yes=yes,
        as_json=as_json,
        draw=draw_decision,
    )


def _address_in(file: Path) -> Address:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Address)
    except msgspec.DecodeError as error:
        raise click.UsageError(f"{file} is no address: {error}.") from None


def _doubted(found: Decision) -> Address | None:
    """The address that a request is about, which stands with the people alone."""
    from orderline.store.working import load_addresses

    doubt = found.about.doubt
    if doubt is None:
        return None
    with installation().database() as database:
        return load_addresses(database, {doubt.recipient}).get(doubt.recipient)


def _draw_addresses(found: Decision) -> None:
    address = _doubted(found)
    suggestion = suggestion_for(found.about.doubt, address)
    for title, each in (("as given", address), ("suggested", suggestion)):
        if each is not None:
            click.echo(f"{title}: {', '.join(address_lines(each))}")


def _found(name: str) -> Decision:
    """By its id, or by a reference of the order that has it open."""
    return found_record(DECISION.name, _id_of(name), code=DecisionRefusal.DECISION_UNKNOWN.value)


def _id_of(name: str) -> str:
    from orderline.cli.sources import reading
    from orderline.store.reading.records import load_record

    try:
        UUID(name)
    except ValueError:
        pass
    else:
        with reading() as source:
            if load_record(source, DECISION.name, name) is not None:
                return name
    with installation().database() as database:
        order = shown_order(database, one_order(database, name)).order
    ids = [each.id for each in order.asked]
    if not ids:
        raise Failure(f"Nothing is asked about {order.number}.", "`orderline decision list` shows what is open.")
    if len(ids) > 1:
        raise Failure(f"{count(len(ids), 'question')} are open about {order.number}.", f"Name one: {', '.join(ids)}.")
    return ids[0]


def draw_decision(found: Decision) -> None:
    """Show a request with its options, what silence means and what was answered."""
    click.echo(f"{found.number}: {ASKED_ABOUT[found.cause]}; {plain(found.state)}, put to {plain(found.to)}")
    click.echo(found.question)
    table(("option", "what it means", "money", ""), [
        (each.code, each.title, _money(each, found.currency), _note(each, found)) for each in found.options
    ])  # fmt: skip
    if found.state in OPEN and found.deadline_at is not None:
        click.echo(f"Without an answer by {instant(found.deadline_at)}: {found.default}.")
    if found.evidence is not None:
        said = found.evidence
        by = f" by {said.by}: {said.reason}" if said.by else ""
        click.echo(f"Answered {said.answer} ({said.channel}{by}) at {instant(said.at)}.")
    if found.failed:
        click.echo(f"What was chosen could not be done: {installation().title(found.failed)}.")
    if found.reason:
        click.echo(f"Withdrawn: {found.reason}.")


def _money(option: Option, currency: str) -> str:
    minor = option.preview.money_minor
    return f"{amount(abs(minor), currency)} {'back' if minor < 0 else 'more'}" if minor else ""


def _note(option: Option, found: Decision) -> str:
    needs = f"needs: {option.needs}" if option.needs not in ("", "suggestion") else ""
    return ", ".join(part for part in (needs, "by default" if option.code == found.default else "") if part)
