"""An order drawn in the terminal: where every unit and every cent stands, what happened, what happens next."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from orderline.cli.asking_words import about_decision
from orderline.cli.money_words import told_custody, told_money, told_return, told_waiting
from orderline.cli.plain import amount, count, instant, plain
from orderline.cli.words import tell_in_turn
from orderline.core.moves import Bucket, Units
from orderline.core.orders.actions import actions_of
from orderline.core.orders.events import Person
from orderline.core.orders.next_step import next_step_of
from orderline.core.orders.state import AgreedLine, FulfillmentOrder, LineKind, Order, Parcel
from orderline.core.orders.status import Status, status_of
from orderline.core.returns.standing import waiting_items
from orderline.core.tenders.sums import earned_minor
from orderline.engine.sealing import Entry
from orderline.values.address import address_lines
from orderline.values.ids import PersonToken

COLORS: Final[dict[Bucket, str]] = {
    Bucket.UNPLANNED: "bright_black",
    Bucket.POOLED: "yellow",
    Bucket.PEGGED: "dark_orange",
    Bucket.ALLOCATED: "cyan",
    Bucket.RELEASED: "deep_sky_blue1",
    Bucket.PICKED: "blue",
    Bucket.PACKED: "slate_blue1",
    Bucket.SHIPPED: "magenta",
    Bucket.DELIVERED: "green",
    Bucket.LOST: "red",
    Bucket.RETURNED: "orchid",
    Bucket.CANCELED: "grey50",
}
BAR_CELLS: Final = 16
# What asks for somebody's attention, and what is over.
PHASE_COLORS: Final = {
    "held": "yellow",
    "blocked": "red",
    "exception": "red",
    "canceled": "grey50",
    "delivered": "green",
}
# Only the commands that people give; the others are for partners and for Orderline itself.
ASKED_FOR: Final = (
    "cancel_units",
    "place_hold",
    "release_hold",
    "pull_back",
    "annotate_order",
    "link_orders",
    "close_order",
)


def draw(
    to: Console,
    order: Order,
    people: Mapping[PersonToken, Person],
    entries: Sequence[Entry],
    *,
    title: Callable[[str], str] | None = None,
) -> None:
    """Print everything about one order. title: what a code of a refusal means; None: what can be done is left out."""
    status = status_of(order)
    to.print(_header(order, status, people))
    to.print(_titled("Lines", _lines(order)))
    if order.fulfillments:
        to.print(_titled("Fulfillment orders and parcels", _fulfillments(order)))
    if order.holds:
        to.print(_titled("Holds", _holds(order)))
    if order.asked:
        to.print(_titled("Questions", _questions(order)))
    if order.returns:
        to.print(_titled("Returns", _returns(order)))
    to.print(_titled("Money", _money(order)))
    to.print(_titled("Next step", _next_step(order, status)))
    to.print(_titled("Timeline", _timeline(order, entries)))
    if title is not None:
        to.print(_titled("What can be done", _actions(order, title)))


def _titled(title: str, body: RenderableType) -> RenderableType:
    return Group(Text(), Text(title, style="bold"), Padding(body, (0, 0, 0, 2)))


def _grid(*styles: str) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    for style in styles:
        justify = "right" if style == "right" else "left"
        grid.add_column(justify=justify, overflow="fold", no_wrap=style in ("right", "tight"))
    return grid


def _header(order: Order, status: Status, people: Mapping[PersonToken, Person]) -> RenderableType:
    phase = status.phase.value
    first = Text.assemble(
        (order.number, "bold"), "  ", (plain(phase), f"bold {PHASE_COLORS.get(phase, 'cyan')}"),
        ("  test order" if order.is_test else ""), ("  history" if order.history else ""),
    )  # fmt: skip
    axes = (
        f"payment {plain(status.payment)} · fulfillment {plain(status.fulfillment)} · returns {plain(status.returns)}"
    )
    if status.flags:
        axes += f" · {', '.join(plain(flag) for flag in status.flags)}"
    units = sum(line.units.total() for line in order.lines if line.kind is not LineKind.BUNDLE)
    total = amount(order.agreement.total_minor, order.currency)
    facts = _grid("tight", "")
    facts.add_row("from", f"{order.channel}, {order.external_id}")
    facts.add_row("placed", f"{instant(order.placed_at)}, accepted {instant(order.accepted_at)}")
    customer = people.get(order.person)
    if customer is not None and (customer.name or customer.email):
        facts.add_row("customer", ", ".join(part for part in (customer.name, customer.email, customer.phone) if part))
    for group in order.agreement.groups:
        facts.add_row(
            "to" if len(order.agreement.groups) == 1 else f"group {group.group} to",
            _destination(order, group.group, people),
        )
    facts.add_row("total", f"{total} for {count(units, 'unit')} on {count(len(order.agreement.lines), 'line')}")
    if order.tags or order.priority:
        facts.add_row("tags", ", ".join((*order.tags, *([f"priority {order.priority}"] if order.priority else []))))
    return Group(first, Text(axes), facts)


def _destination(order: Order, number: int, people: Mapping[PersonToken, Person]) -> str:
    group = order.group_of(number)
    if group.pickup_location:
        return f"pickup at {group.pickup_location}"
    person = people.get(group.recipient)
    if person is not None and person.address is not None:
        return f"{', '.join(address_lines(person.address))} ({group.method})"
    place = " ".join(part for part in (group.place.postal_code, group.place.city, group.place.country) if part)
    return f"{place} ({group.method})" if place else group.method


def _bar(units: Units) -> Text:
    """One cell per unit, or as many as fit, colored by bucket, with the figures beside it."""
    total = units.total()
    bar, left = Text(), BAR_CELLS
    standing = [(bucket, units.of(bucket)) for bucket in Bucket if units.of(bucket)]
    for index, (bucket, number) in enumerate(standing):
        cells = number if total <= BAR_CELLS else max(1, number * BAR_CELLS // total)
        cells = min(cells, left - (len(standing) - index - 1)) if index < len(standing) - 1 else cells
        cells = max(1, min(cells, left))
        bar.append(("░" if bucket in (Bucket.CANCELED, Bucket.LOST) else "█") * cells, style=COLORS[bucket])
        left -= cells
    bar.append(" " * max(0, left))
    return bar


def _figures(units: Units) -> Text:
    told = Text()
    for bucket in Bucket:
        if units.of(bucket):
            told.append(", " if told else "")
            told.append(f"{units.of(bucket)} {bucket.value}", style=COLORS[bucket])
    return told


def _lines(order: Order) -> RenderableType:
    grid = _grid("right", "tight", "", "right", "right", "tight", "")
    for agreed in order.agreement.lines:
        line = order.line_of(agreed.line)
        price = "" if agreed.parent else f"{agreed.quantity} × {_bare(agreed.unit_price_minor, order.currency)}"
        total = _bare(agreed.total_minor, order.currency)
        name = f"  part of line {agreed.parent}: {agreed.description}" if agreed.parent else agreed.description
        if agreed.kind is LineKind.BUNDLE or line is None:
            grid.add_row(str(agreed.line), agreed.sku, name, price, total, Text(), Text("bundle", style="grey50"))
            continue
        grid.add_row(str(agreed.line), agreed.sku, name, price, total, _bar(line.units), _figures(line.units))
    for charge in order.agreement.charges:
        name = charge.description or plain(charge.kind)
        grid.add_row("", "", name, "", _bare(charge.amount_minor, order.currency), "", "")
    return grid


def _bare(minor: int, currency: str) -> str:
    return amount(minor, currency).removesuffix(f" {currency}")


def _fulfillments(order: Order) -> RenderableType:
    grid = _grid("tight", "tight", "", "")
    for each in order.fulfillments:
        state = f"{plain(each.execution)}, {plain(each.negotiation)}"
        grid.add_row(Text(f"{order.number}-{each.number}", style="bold"), each.location, state, _contents(each, order))
        for parcel in order.parcels:
            if parcel.fulfillment == each.number:
                grid.add_row(
                    f"  parcel {parcel.number}", plain(parcel.state), _carried(parcel), _in_parcel(parcel, order)
                )
    return grid


def _contents(fulfillment: FulfillmentOrder, order: Order) -> Text:
    told = Text()
    for item in fulfillment.items:
        if item.units.total():
            told.append("; " if told else "")
            told.append(f"{_sku(order, item.line)}: ")
            told.append_text(_figures(item.units))
    return told or Text("nothing left here", style="grey50")


def _carried(parcel: Parcel) -> str:
    parts = (parcel.carrier, parcel.service, parcel.tracking_number)
    return " ".join(part for part in parts if part)


def _in_parcel(parcel: Parcel, order: Order) -> str:
    items = [f"{item.quantity} × {_sku(order, item.line)}" for item in parcel.items]
    lots = [each.lot if each.quantity == 1 else f"{each.lot} × {each.quantity}" for each in parcel.lots]
    return ", ".join(items) + (f" ({', '.join(lots)})" if lots else "")


def _sku(order: Order, number: int) -> str:
    line = order.line_of(number)
    return line.sku if line is not None else f"line {number}"


def _holds(order: Order) -> RenderableType:
    grid = _grid("tight", "tight", "", "", "")
    for hold in order.holds:
        due = f"due {instant(hold.due_at)}" if hold.due_at else ""
        blocks = f"blocks {', '.join(hold.blocks) or 'nothing'}"
        about = f"line {hold.line}" if hold.line else ""
        if hold.confirming is not None:
            blocks += f"; {hold.confirming.by} wants it {hold.confirming.outcome}, a second one has to say so"
        grid.add_row(
            f"hold {hold.number}",
            Text(hold.type, style="yellow"),
            f"{hold.owner}, {due}",
            blocks,
            f"{about} {hold.reason}",
        )
    if order.screening is not None:
        points = ", ".join(f"{each.rule} {each.points:+d}" for each in order.screening.points)
        grid.add_row("score", Text(str(order.screening.score), style="yellow"), order.screening.policy, "", points)
    return grid


def _questions(order: Order) -> RenderableType:
    grid = _grid("tight", "tight", "", "")
    for each in order.asked:
        state = "asked" if each.sent else "drafted"
        who = f"{plain(each.to)}, {'until' if each.sent else 'due'} {instant(each.due_at)}"
        grid.add_row(state, Text(about_decision(each), style="yellow"), who, Text(each.id, style="grey50"))
    return grid


def _returns(order: Order) -> RenderableType:
    grid = _grid("tight", "", "tight", "tight", "")
    waits = {(each.returned.number, each.item.item): each for each in waiting_items(order)}
    for each in order.returns:
        grid.add_row(Text(f"return {each.number}", style="bold"), told_return(each), "", "", "")
        for item in each.items:
            grid.add_row(
                f"  item {item.item}",
                f"{item.quantity} × {_sku(order, item.line)}, {plain(item.reason)}",
                told_custody(item),
                told_money(item),
                told_waiting(waits.get((each.number, item.item))),
            )
    return grid


def _money(order: Order) -> RenderableType:
    grid = _grid("tight", "tight", "right", "right", "right", "right", "")
    grid.add_row(*(Text(name, style="grey50") for name in ("", "", "authorized", "captured", "voided", "refunded", "")))
    for tender in order.tenders:
        figures = (tender.authorized_minor, tender.captured_minor, tender.voided_minor, tender.refunded_minor)
        asked = [
            f"{plain(r.kind)} of {_bare(r.amount_minor, order.currency)} {'in doubt' if r.in_doubt else 'asked for'}"
            for r in tender.requests
        ]
        told = ", ".join([*([f"declined: {tender.declined}"] if tender.declined else []), *asked])
        name = f"{_bare(tender.amount_minor, order.currency)} by {tender.method}"
        grid.add_row(name, tender.provider, *(_bare(each, order.currency) for each in figures), told)
    earned = amount(earned_minor(order), order.currency)
    of = amount(order.agreement.total_minor, order.currency)
    terms = "paid elsewhere (no tender)" if not order.tenders else ""
    return (
        Group(grid, Text(f"supplied so far {earned} of {of}  {terms}".rstrip()))
        if order.tenders
        else Text(f"{of}, {terms}")
    )


def _next_step(order: Order, status: Status) -> RenderableType:
    step = next_step_of(order, status.phase)
    if step is None:
        return Text("none: nothing is open", style="green")
    due = f", due {instant(step.due_at)}" if step.due_at else ""
    asked = next((each for each in order.asked if each.id in step.about), None)
    about = f" ({about_decision(asked) if asked is not None else step.about})" if step.about else ""
    return Text.assemble((plain(step.what), "bold"), f"{about}: ", (step.owner, "bold"), due)


def _timeline(order: Order, entries: Sequence[Entry]) -> RenderableType:
    grid = _grid("tight", "", "")
    day = None
    told = tell_in_turn((entry.events for entry in entries), order.currency)
    for entry, lines in zip(entries, told, strict=True):
        if entry.at.date() != day:
            day = entry.at.date()
            grid.add_row(Text(f"{day:%Y-%m-%d}", style="grey50"), "", "")
        actor = f"{entry.actor.name}" + (f" ({entry.actor.via})" if entry.actor.via else "")
        for index, line in enumerate(lines):
            stamp = f"{entry.at:%H:%M:%S}" if index == 0 else ""
            grid.add_row(stamp, Text(actor if index == 0 else "", style="grey50"), line)
    return grid


def _actions(order: Order, title: Callable[[str], str]) -> RenderableType:
    grid = _grid("tight", "tight", "")
    for each in actions_of(order):
        if each.name not in ASKED_FOR:
            continue
        if each.allowed:
            grid.add_row(Text("✓", style="green"), plain(each.name), "")
        else:
            unblock = (
                f"; {each.unblock} can change that"
                if each.unblock and ":" not in each.unblock
                else f"; {each.unblock}"
                if each.unblock
                else ""
            )
            why = f"{title(each.refused)}{unblock}"
            grid.add_row(Text("✗", style="red"), plain(each.name), Text(why, style="grey50"))
    return grid


__all__ = ["AgreedLine", "draw"]
