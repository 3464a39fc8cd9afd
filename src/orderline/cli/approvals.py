"""`orderline approval`: orders of companies that wait for somebody's yes."""

import click

from orderline.cli.agreeing import yes_option
from orderline.cli.output import json_option
from orderline.cli.plain import amount, instant, plain
from orderline.cli.record_lists import RecordList, add_list
from orderline.cli.records import found_record, run_shown, show_record
from orderline.core.approvals import decide as a
from orderline.core.approvals.state import APPROVAL, Approval, ApprovalState

_by = click.option(
    "--by", "approver", default="", help="The buyer of the company; you, for a step of ours, when not given."
)


@click.group()
def approval() -> None:
    """Orders of companies that wait for somebody's yes: list, show, approve, reject, delegate."""


def _row(each: Approval) -> tuple[str, ...]:
    asked = amount(each.amount_minor, each.currency), each.asked_by
    return each.id, each.company, *asked, _waits_for(each), instant(each.due_at), plain(each.state)


add_list(approval, RecordList(
    APPROVAL.name, "Orders that wait, with whose yes they wait for and until when.",
    ("order", "company", "amount", "asked by", "waits for", "until", "stands as"), _row, right=(2,),
    states=ApprovalState, shown=[ApprovalState.PENDING], subject="company",
))  # fmt: skip


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
