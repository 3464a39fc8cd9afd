"""What is asked, in words. No person is named: what was shown is kept as evidence."""

from orderline.core.changes import actions as a
from orderline.core.decisions.asking import DecisionCause
from orderline.core.decisions.doubting import SAID
from orderline.core.decisions.state import Decision, Option, Subject
from orderline.core.orders.state import Order
from orderline.values.money import render_minor


def question_of(order: Order, cause: DecisionCause, subject: Subject) -> str:
    """The question as whoever is asked reads it."""
    agreed = {line.line: line for line in order.agreement.lines}
    goods = ", ".join(
        f"{each.quantity} x {agreed[each.line].description or agreed[each.line].sku}" for each in subject.lines
    )
    match cause:
        case DecisionCause.UNFILLABLE:
            said = f"We do not have all goods of your order {order.number}: {goods}."
        case DecisionCause.DELAY if subject.latest_at is None:
            said = f"Goods of your order {order.number} are delayed, and we do not know how long: {goods}."
        case DecisionCause.DELAY:
            assert subject.latest_at is not None
            said = f"Goods of your order {order.number} will be there by {subject.latest_at:%Y-%m-%d} only: {goods}."
        case DecisionCause.UNCOLLECTED:
            said = f"Goods of your order {order.number} were not collected: {goods}."
        case DecisionCause.LATE_WORK:
            work = order.fulfillment_of(subject.fulfillment or 0)
            due = f"due {work.due_at:%Y-%m-%d %H:%M} UTC, " if work is not None else ""
            return f"Order {order.number}, fulfillment order {subject.fulfillment}, {due}is not done: {goods}. When will it be?"
        case DecisionCause.CHANGE:
            return f"We would change your order {order.number}: {changed_of(order, subject)}. Do you agree?"
        case DecisionCause.ADDRESS:
            odd = "; ".join(SAID.get(each, _said(each)) for each in (subject.doubt.problems if subject.doubt else ()))
            why = f": {odd}" if odd else ""
            return f"We doubt that goods of your order {order.number} arrive at the address we have{why}. Where shall we send {goods}?"
        case DecisionCause.APPROVAL:
            hold = next((each for each in order.holds if each.number == subject.hold), None)
            why = f"{hold.type}{f': {hold.reason}' if hold.reason else ''}" if hold is not None else ""
            return f"Order {order.number} waits for somebody to approve it ({why}): {goods}. May it go on?"
    return f"{said} What shall we do?"


def changed_of(order: Order, subject: Subject) -> str:
    """What is proposed, in words."""
    known = {line.line: line.description or line.sku for line in order.agreement.lines}
    said: list[str] = []
    for each in subject.change.actions if subject.change is not None else ():
        match each:
            case a.AddLine():
                price = render_minor(each.line.unit_price_minor, order.currency)
                name = each.line.description or each.line.sku
                said.append(f"{each.line.quantity} x {name} at {price} {order.currency} more")
            case a.RemoveUnits():
                said.append(f"{each.quantity} x {known.get(each.line, '')} less")
            case a.ChangePrice():
                price = render_minor(each.unit_price_minor, order.currency)
                said.append(f"{known.get(each.line, '')} at {price} {order.currency}")
            case a.Substitute():
                said.append(f"{each.quantity} x {each.sku} instead of {known.get(each.line, '')}")
            case a.Appease():
                said.append(
                    f"{render_minor(each.total_minor, order.currency)} {order.currency} back ({_said(each.why)})"
                )
            case a.ReturnUnits():
                back = ", ".join(f"{line.quantity} x {known.get(line.line, '')}" for line in each.lines)
                sent = each.exchange.lines if each.exchange is not None else ()
                instead = ", ".join(f"{line.quantity} x {line.sku}" for line in sent)
                said.append(f"{back} returned{f', {instead} sent instead' if instead else ''}")
            case _:
                said.append(str(each.__struct_config__.tag).replace("_", " "))
    return "; ".join(said)


def _said(code: str) -> str:
    return code.replace("_", " ")


def shown_of(decision: Decision) -> str:
    """All that was shown: the question, the options with their money, and what silence means."""
    options = [f"- {option.title}{_money(option, decision.currency)}" for option in decision.options]
    default = decision.option_of(decision.default)
    until = f"{decision.deadline_at:%Y-%m-%d %H:%M} UTC" if decision.deadline_at is not None else ""
    silence = f"Without an answer by {until}: {default.title}." if default is not None and until else ""
    return "\n".join([decision.question, *options, silence]).strip()


def _money(option: Option, currency: str) -> str:
    minor = option.preview.money_minor
    if not minor:
        return ""
    amount = render_minor(abs(minor), currency)
    return f" ({amount} {currency} {'back' if minor < 0 else 'more'})"
