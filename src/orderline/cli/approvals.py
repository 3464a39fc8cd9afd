"""`orderline approval`: orders of companies that wait for somebody's yes."""

from typing import Final

import click

from orderline.cli.agreeing import yes_option
from orderline.cli.output import emit, json_option, say, table
from orderline.cli.plain import amount, instant, plain
from orderline.cli.records import found_record, run_shown, show_record
from orderline.core.approvals import decide as a
from orderline.core.approvals.state import APPROVAL, Approval, ApprovalState

MOST: Final = 1_000
_by = click.option(
    "--by", "approver", default="", help="The buyer of the company; you, for a step of ours, when not given."
)


@click.group()
def approval() -> None:
    """Orders of companies that wait for somebody's yes: list, show, approve, reject, delegate."""


@approval.command("list")
@click.option(
    "--state", "states", multiple=True, type=click.Choice([each.value for each in ApprovalState]),
    default=(ApprovalState.PENDING.value,), show_default=True, help="Only in this state; may be repeated.",
)  # fmt: skip
@click.option("--company", default="", help="Only of this company.")
@json_option
def list_approvals(states: tuple[str, ...], company: str, as_json: bool) -> None:
    """Orders that wait, with whose yes they wait for and until when."""
    from orderline.cli.sources import reading
    from orderline.store.reading.records import load_records

    subjects = (company,) if company else ()
    with reading() as source:
        found: list[Approval] = load_records(source, APPROVAL.name, states=states, subjects=subjects, most=MOST)
    if as_json:
        emit(found)
    elif not found:
        say("There is no such approval.")
    else:
        rows = [
            (
                each.id, each.company, amount(each.amount_minor, each.currency), each.asked_by, _waits_for(each),
                instant(each.due_at), plain(each.state),
            )
            for each in found
        ]  # fmt: skip
        heads = ("order", "company", "amount", "asked by", "waits for", "until", "stands as")
        table(heads, rows, right=(2,))


@approval.command()
@click.argument("order")
@json_option
def show(order: str, as_json: bool) -> None:
    """Whose yes the ORDER (its number) needs, and who has said it."""
    show_record(_found(order), as_json=as_json)


@approval.command()
@click.argument("order")
@_by
@click.option("--note", default="", help="In what words.")
@yes_option
@json_option
def approve(order: str, approver: str, note: str, yes: bool, as_json: bool) -> None:
    """Say yes; after the last step the ORDER goes on."""
    known = _found(order)
    command = a.ApproveStep(
        approval=known.id, order=known.order, company=known.company, approver=approver, note=note
    )  # fmt: skip
    run_shown(command, yes=yes, as_json=as_json)


@approval.command()
@click.argument("order")
@_by
@click.option("--reason", required=True, help="Why.")
@yes_option
@json_option
def reject(order: str, approver: str, reason: str, yes: bool, as_json: bool) -> None:
    """Say no: the ORDER is canceled."""
    known = _found(order)
    command = a.RejectApproval(
        approval=known.id, order=known.order, company=known.company, approver=approver, reason=reason
    )  # fmt: skip
    run_shown(command, yes=yes, as_json=as_json)


@approval.command()
@click.argument("order")
@_by
@click.option("--to", required=True, help="The buyer of the company whose it is now.")
@click.option("--note", default="", help="In what words.")
@yes_option
@json_option
def delegate(order: str, approver: str, to: str, note: str, yes: bool, as_json: bool) -> None:
    """Hand the step that is waited for over to another buyer."""
    known = _found(order)
    command = a.DelegateStep(
        approval=known.id, order=known.order, company=known.company, approver=approver, to=to, note=note
    )  # fmt: skip
    run_shown(command, yes=yes, as_json=as_json)


def _found(order: str) -> Approval:
    return found_record(APPROVAL.name, order, code="APPROVAL_UNKNOWN")


def _waits_for(approval: Approval) -> str:
    if approval.state is not ApprovalState.PENDING or approval.next is None:
        return ""
    step = approval.steps[approval.next]
    return step.to or step.role
