"""What goes on with companies: terms, buyers, approvals, agreements, contracts, invoices over several orders."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random
from typing import Any

from orderline.core.agreements.decide import EndAgreement, PutAgreement, ReviewCallOff
from orderline.core.agreements.state import SkuUnits
from orderline.core.approvals import decide as a
from orderline.core.changes.actions import Reschedule
from orderline.core.changes.commands import ChangeOrder
from orderline.core.companies import commands as k
from orderline.core.companies.state import ApprovalRule, CompanyState, CompanyTerms
from orderline.core.contracts import commands as r
from orderline.core.contracts.state import Unit
from orderline.core.documents.collecting import IssueCollectiveInvoice
from orderline.core.documents.issuing import IssueInvoice
from orderline.core.orders import commands as c
from orderline.core.orders.buying import CompanyInput, Invoicing
from orderline.core.orders.state import Order
from orderline.core.tenders.by_hand import ReceivePayment
from support.shop import HOME, NOON, order_of

ROLES = {"ann": ("buyer",), "bob": ("buyer", "approver"), "eve": ("boss", "approver")}
BUYERS = tuple(ROLES)


def opened() -> list[c.Command]:
    """A company that may buy."""
    buyers = [
        k.PutBuyer(company="acme", buyer=name, email=f"{name}@acme.test", roles=roles) for name, roles in ROLES.items()
    ]
    return [
        k.PutCompany(company="acme", name="Acme", terms=CompanyTerms(currency="EUR", net_days=30)),
        k.PutCompanyLocation(company="acme", location="dock", address=HOME),
        *buyers,
    ]


def company_order(dice: Random, name: str) -> c.PlaceOrder:
    """An order of the company; mostly on terms, now and then in deliveries of several times, or off an agreement."""
    groups = [c.GroupInput(group=1)]
    if dice.random() < 0.3:
        groups.append(c.GroupInput(group=2, release_at=NOON + timedelta(days=dice.randint(-1, 20))))
    lines = [
        c.LineInput(
            sku=dice.choice(["TEE-M", "MUG"]), quantity=dice.randint(1, 4), unit_price_minor=dice.choice([333, 2000]),
            group=dice.choice(groups).group,
        )
        for _ in range(dice.randint(1, 3))
    ]  # fmt: skip
    made = order_of(name, *lines, groups=tuple(groups))
    company = CompanyInput(
        company="acme", location="dock", buyer=dice.choice(["", *BUYERS]), agreement=dice.choice(["", "", "frame"]),
        po_number=dice.choice(["", f"PO-{dice.randrange(99)}"]),
    )  # fmt: skip
    given = {field: getattr(made, field) for field in made.__struct_fields__ if field not in ("tenders", "company")}
    tender = c.TenderInput(provider="terms", method="terms", amount_minor=made.total_minor)
    return c.PlaceOrder(**given, tenders=(tender,) if dice.random() < 0.8 else made.tenders, company=company)


def business_command(dice: Random, orders: Sequence[Order], known: Callable[[str], Sequence[Any]]) -> c.Command:
    """What somebody would do next; most of it suits what there is."""
    own = [each for each in orders if each.company is not None]
    ids = tuple(each.id for each in own)
    choices: list[Callable[[], c.Command]] = [
        lambda: _terms(dice),
        lambda: _agreement(dice),
        lambda: k.ReviewCredit(company="acme", held=ids),
    ]
    if dice.random() < 0.05:
        choices.append(lambda: EndAgreement(agreement="frame", reason="over"))
    if own:
        one = dice.choice(own)
        choices += [
            lambda: _invoice(ids),
            lambda: _invoice(ids),
            lambda: IssueInvoice(order=one.id, entity="main"),
            lambda: ReviewCallOff(agreement="frame", caller=one.id),
            lambda: ReceivePayment(
                order=one.id, amount_minor=dice.randint(1, 4000), currency="EUR", reference=f"B-{dice.randrange(10**6)}"
            ),
            lambda: ChangeOrder(order=one.id, reason="another time", actions=(_reschedule(dice),)),
        ]
    pending = [each for each in known("approval") if each.state == "pending"]
    if pending:
        choices += [lambda: _approval(dice, dice.choice(pending))] * 3
    contracts = known("contract")
    choices.append(lambda: _contract(dice, dice.choice([*contracts, None]), own or list(orders)))
    return dice.choice(choices)()


def _terms(dice: Random) -> c.Command:
    rule = ApprovalRule(name="large", above_minor=4000, steps=("approver", "boss"), within_hours=24)
    terms = CompanyTerms(
        currency="EUR", net_days=30, credit_limit_minor=dice.choice([None, None, 6_000]),
        approvals=dice.choice([(), (rule,)]), invoices=dice.choice(list(Invoicing)),
    )  # fmt: skip
    state = CompanyState.BLOCKED if dice.random() < 0.1 else CompanyState.ACTIVE
    return k.PutCompany(company="acme", name="Acme", state=state, terms=terms)


def _agreement(dice: Random) -> c.Command:
    lines = tuple(SkuUnits(sku, dice.randint(2, 20)) for sku in ("TEE-M", "MUG"))
    until = NOON.date() + timedelta(days=dice.choice([1, 60]))
    return PutAgreement(agreement="frame", company="acme", lines=lines, from_on=NOON.date(), until_on=until)


def _invoice(ids: tuple[Any, ...]) -> c.Command:
    return IssueCollectiveInvoice(company="acme", entity="main", currency="EUR", channel="web", collected=ids)


def _reschedule(dice: Random) -> Reschedule:
    release_at = dice.choice([None, NOON + timedelta(days=dice.randint(0, 30))])
    return Reschedule(group=dice.randint(1, 2), release_at=release_at)


def _approval(dice: Random, one: Any) -> c.Command:
    about: dict[str, Any] = {"approval": one.id, "order": one.order, "company": one.company}
    who = dice.choice([*BUYERS, "", *([name for name in BUYERS if one.steps[one.next].role in ROLES[name]] * 2)])
    return dice.choice(
        [
            a.ApproveStep(**about, approver=who),
            a.ApproveStep(**about, approver=who),
            a.RejectApproval(**about, approver=who, reason="no"),
            a.DelegateStep(**about, approver=who, to=dice.choice(BUYERS)),
            a.ExpireApproval(**about),
        ]
    )


def _contract(dice: Random, one: Any, orders: Sequence[Order]) -> c.Command:
    if one is None:
        starts_at = NOON + timedelta(days=dice.randint(1, 30))
        return r.StartContract(
            contract=f"K-{dice.randrange(3)}",
            order=dice.choice(orders).id,
            starts_at=starts_at,
            unit=Unit.WEEK,
            retry_days=dice.choice([(), (1,)]),
        )
    placed = dice.choice([None, dice.choice(orders).id])
    return dice.choice(
        [
            r.SkipRenewal(contract=one.id),
            r.PauseContract(contract=one.id),
            r.ResumeContract(contract=one.id),
            r.RecordRenewal(contract=one.id, renewal=one.renewal, placed=placed, refused="" if placed else "x"),
            r.ChasePayment(contract=one.id, chased=one.chased or orders[0].id, chases=one.chases),
        ]
    )
