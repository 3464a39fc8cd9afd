"""Returns drawn so that most of them make sense, and some do not."""

from random import Random

from orderline.core.appeasements.amounts import room_of, shipping_room
from orderline.core.appeasements.state import REASONS as REASONS_GIVEN
from orderline.core.changes import actions as a
from orderline.core.changes.commands import ChangeOrder, UndoChange
from orderline.core.orders.commands import Command, TenderInput
from orderline.core.orders.credited import Destination
from orderline.core.orders.state import Order
from orderline.core.returns import commands as r
from orderline.core.returns import repair_commands as rc
from orderline.core.returns.policy import REASONS
from orderline.core.returns.sending_back import may_go_back
from orderline.core.returns.state import Custody, Disposition, Grade, Return, ReturnItem, ReturnMoney, ReturnSource
from orderline.core.stock.lots import LotUnits

STEPS = (r.ApproveReturn, r.WithdrawReturn, r.SendReturn, r.ExpireReturn)


def return_command(dice: Random, order: Order) -> Command:
    """What a customer, a dock or support does next with the returns of an order."""
    if dice.random() < 0.2:
        return given_command(dice, order)
    unpaid = [
        (each, item) for each in order.returns for item in each.items if may_go_back(item) and not item.terms.service
    ]
    if unpaid and dice.random() < 0.4:
        returned, item = dice.choice(unpaid)
        return _send_back(dice, order, returned.number, item)
    repairs = [(each, item) for each in order.returns for item in each.items if item.terms.service]
    if repairs and dice.random() < 0.6:
        returned, item = dice.choice(repairs)
        return _next(dice, order, returned, item, returned.number)
    if not order.returns or dice.random() < 0.35:
        return _request(dice, order)
    returned = dice.choice(order.returns)
    item = dice.choice(returned.items) if returned.items else None
    if item is None or dice.random() < 0.15:
        return _blind(dice, order)
    number = returned.number if dice.random() < 0.97 else 99
    if dice.random() < 0.6:
        return _next(dice, order, returned, item, number)
    about = {"order": order.id, "number": number, "items": dice.choice([(), (item.item,), (99,)])}
    match dice.randrange(6):
        case 5:
            return _send_back(dice, order, number, item)
        case 0:
            return r.DeclineReturn(**about, reason="no")
        case 1:
            return r.CreditReturn(**about, reason="now", keep=dice.random() < 0.3)
        case 2:
            return r.DenyReturn(**about, reason="no")
        case 3:
            return r.SettleExpired(
                **about, money=dice.choice(list(ReturnMoney)), reason="gone", charge=dice.random() < 0.5
            )
        case _:
            return dice.choice(STEPS)(**about)


def given_command(dice: Random, order: Order) -> Command:
    """Money is given, goods are asked back with a change, or the last change is undone."""
    if dice.random() < 0.25:
        return UndoChange(order=order.id, reason="a mistake")
    drawn = [appease_action(dice, order) for _ in range(dice.choice([1, 1, 2]))]
    if dice.random() < 0.3:
        wanted = _request(dice, order)
        drawn.append(
            a.ReturnUnits(
                lines=wanted.lines, destination=wanted.destination, exchange=wanted.exchange, parcel=wanted.parcel,
                approve=dice.random() < 0.5,
            )
        )  # fmt: skip
    return ChangeOrder(order=order.id, reason="sorry", actions=tuple(drawn[-dice.randint(1, 3) :]))


def appease_action(dice: Random, order: Order) -> a.ChangeAction:
    """An amount that is left, most of the time, or all of it."""
    why, line = dice.choice([*REASONS_GIVEN, "because"]), dice.choice(order.lines).line
    destination = dice.choice([Destination.TENDERS, Destination.TENDERS, Destination.STORE_CREDIT])
    room = room_of(order, line).left_minor
    some = dice.choice([1, max(1, room // 3), max(1, room), room + 1])
    whole = sum(room_of(order, each.line).left_minor for each in order.lines)
    shipping = shipping_room(order).left_minor
    match dice.randrange(4):
        case 0:
            return a.Appease(why=why, amount_minor=dice.randint(1, max(1, whole)), destination=destination)
        case 1 if shipping:
            return a.Appease(why=why, shipping_minor=dice.choice([1, shipping]), destination=destination)
        case _:
            return a.Appease(
                why=why, lines=(a.AppeasedLine(line=line, amount_minor=some),), destination=destination
            )  # fmt: skip


def _send_back(dice: Random, order: Order, number: int, item: ReturnItem) -> Command:
    some = dice.randint(1, item.quantity)
    sent = r.SentBackInput(item=item.item, quantity=some, lots=_lots(dice, order, item.line, some))
    return r.SendBackReturn(
        order=order.id, number=number, sent=dice.choice([(), (sent,)]), tracking_number=dice.choice(["", "B1"])
    )


def _repair(dice: Random, order: Order, number: int, item: ReturnItem, some: int) -> Command | None:
    """What is done next with goods that are to be repaired; None: what is done with any goods."""
    about = {"order": order.id, "number": number}
    match item.custody:
        case Custody.RECEIVED:
            found = rc.AssessedInput(
                item=item.item, quantity=some, finding=dice.choice([rc.Finding.REPAIRABLE, *rc.Finding]),
                covered=dice.choice([None, False, False]), sku=dice.choice(["", "WRAP", "WRAP"]),
                price_minor=dice.choice([1, 4_901, 4_901]),
            )  # fmt: skip
            return rc.AssessReturn(**about, assessed=(found,))
        case Custody.QUOTED:
            pays = TenderInput(provider="sandbox", amount_minor=4_901, token="t", state="authorized")
            return rc.AnswerRepairQuote(
                **about, accept=dice.random() < 0.7, reason="said so", tenders=dice.choice([(), (pays,)])
            )
        case Custody.REPAIRING:
            return rc.FinishRepair(**about, repaired=dice.random() < 0.7)
        case Custody.UNREPAIRABLE if dice.random() < 0.5:
            line = r.ExchangeLineInput(sku=dice.choice(["TEE-M", "MUG"]), quantity=item.quantity, instead_of=item.line)
            return rc.ReplaceReturn(**about, items=dice.choice([(), (item.item,)]), lines=(line,), reason="broken")
        case Custody.REPAIRED | Custody.UNREPAIRED | Custody.UNREPAIRABLE:
            return _send_back(dice, order, number, item)
        case _:
            return None


def _next(dice: Random, order: Order, returned: Return, item: ReturnItem, number: int) -> Command:
    some = dice.randint(1, item.quantity + (dice.random() < 0.1))
    if item.terms.service and (command := _repair(dice, order, number, item, some)) is not None:
        return command
    match item.custody:
        case Custody.REQUESTED:
            return r.ApproveReturn(order=order.id, number=number, keep=dice.random() < 0.2)
        case Custody.RECEIVED:
            graded = r.GradedInput(item=item.item, quantity=some, grade=dice.choice(list(Grade)))
            return r.GradeReturn(order=order.id, number=number, graded=(graded,))
        case Custody.GRADED:
            named = r.DisposedInput(
                item=item.item, quantity=some, disposition=dice.choice([None, *Disposition]),
                lots=_lots(dice, order, item.line, some),
            )  # fmt: skip
            return r.DisposeReturn(order=order.id, number=number, disposed=dice.choice([(), (named,)]))
        case _:
            came = r.ReceivedItemInput(
                item=item.item, quantity=some, grade=dice.choice([None, None, Grade.AS_NEW]) if not item.terms.service else None,
                lots=_lots(dice, order, item.line, some),
            )  # fmt: skip
            return r.ReceiveReturn(
                order=order.id, number=number, receipt=f"r-{dice.randrange(40)}", location=dice.choice(["lyon", "paris"]),
                items=(came,), wrong=(r.WrongGoodsInput(sku="MUG", quantity=1),) if dice.random() < 0.1 else (),
            )  # fmt: skip


def _request(dice: Random, order: Order) -> r.RequestReturn:
    line = dice.choice(order.lines)
    wanted = r.ReturnLineInput(line=line.line, quantity=dice.randint(1, 3), reason=dice.choice([*REASONS, "because"]))
    destination = dice.choice([Destination.TENDERS, Destination.TENDERS, *Destination])
    exchange = _exchange(dice, wanted) if dice.random() < 0.3 else None
    if exchange is not None and dice.random() < 0.9:
        destination = Destination.TENDERS
    return r.RequestReturn(
        order=order.id,
        lines=(wanted,) * dice.choice([1, 1, 2]),
        destination=destination,
        exchange=exchange,
        parcel=dice.choice([0, 0, 1, 2]) if dice.random() < 0.3 else 0,
        repair=dice.random() < 0.35,
    )


def _exchange(dice: Random, wanted: r.ReturnLineInput) -> r.ExchangeInput:
    price = dice.choice([None, None, 1, 333, 5_000])
    quantity = wanted.quantity if price is None else dice.randint(1, 2)
    line = r.ExchangeLineInput(
        sku=dice.choice(["TEE-M", "MUG", "CAP-9"]), quantity=max(1, quantity), unit_price_minor=price
    )
    pays = TenderInput(provider="sandbox", amount_minor=dice.choice([1, 333, 4_000]), token="t", state="authorized")
    return r.ExchangeInput(lines=(line,), tenders=(pays,) if dice.random() < 0.3 else ())


def _blind(dice: Random, order: Order) -> Command:
    line = dice.choice(order.lines)
    some = dice.randint(1, 2)
    came = r.ReceivedItemInput(line=line.line, quantity=some, lots=_lots(dice, order, line.line, some))
    return r.ReceiveReturn(
        order=order.id, receipt=f"b-{dice.randrange(40)}", location=dice.choice(["lyon", "paris"]), items=(came,),
        source=dice.choice([ReturnSource.BLIND, ReturnSource.CARRIER]),
    )  # fmt: skip


def _lots(dice: Random, order: Order, number: int, quantity: int) -> tuple[LotUnits, ...]:
    """Lots as they were sent, for a shop that tracks them."""
    sent = [lot for each in order.fulfillments for item in each.items if item.line == number for lot in item.sent]
    return (LotUnits(dice.choice(sent).lot, quantity),) if sent else ()
