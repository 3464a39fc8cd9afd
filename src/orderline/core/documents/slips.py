"""What goes with the goods: the packing slip in the parcel, and the pick list before it."""

from collections.abc import Mapping, Sequence

from orderline.core.documents.paper import Block, Code, Column, Paper, Party, Table, Text
from orderline.core.orders.state import AgreedLine, FulfillmentOrder, Order, Parcel, ParcelState
from orderline.core.stock.state import Location, Sku
from orderline.values.money import Money, share_so_far

_CODE = Column("Scan", 30, "center", code=True)


def packing_slip(order: Order, parcel: Parcel, sender: Party, to: Party, skus: Mapping[str, Sku]) -> Paper:
    """The slip in a parcel: what is in it and what is to follow; of a gift no price is told, and its message is."""
    group = order.group_of(order.fulfillments[parcel.fulfillment - 1].group)
    agreed = {line.line: line for line in order.agreement.lines}
    columns = [Column("SKU", 20), Column("Description", 50), Column("Quantity", 12, "right")]
    if not group.gift:
        columns.append(Column("Price", 18, "right"))
    rows: list[tuple[str, ...]] = []
    messages: list[str] = []
    for item in parcel.items:
        line = agreed[item.line]
        row = (line.sku, described(line, skus), str(item.quantity))
        rows.append(row if group.gift else (*row, str(Money(value_in(order, parcel, item.line), order.currency))))
        if line.gift_message and line.gift_message not in messages:
            messages.append(line.gift_message)
    blocks: list[Block] = [Text(message, large=True) for message in messages]
    blocks.append(Table(tuple(columns), tuple(rows)))
    if parcel.lots:
        by_lot = tuple((agreed[each.line].sku, each.lot, str(each.quantity)) for each in parcel.lots)
        titles = (Column("SKU", 30), Column("Lot or serial number", 50), Column("Quantity", 20, "right"))
        blocks.append(Table(titles, by_lot, title="Lots and serial numbers"))
    later = _to_follow(order, agreed, skus)
    if later:
        titles = (Column("SKU", 20), Column("Description", 62), Column("Quantity", 18, "right"))
        blocks.append(Table(titles, later, title="To follow in other parcels"))
    blocks.append(Code(order.number))
    of = sum(
        p.state is not ParcelState.VOIDED
        for p in order.parcels
        if p.fulfillment == parcel.fulfillment and not p.returned
    )
    about = [
        ("Order", order.number),
        ("Ordered", f"{order.placed_at:%Y-%m-%d}"),
        ("Parcel", f"{parcel.number} ({of} packed)"),
    ]
    if parcel.tracking_number:
        about.append(("Tracking", f"{parcel.carrier} {parcel.tracking_number}".strip()))
    return Paper("Packing slip", f"{order.number}-{parcel.number}", tuple(about), (sender, to), tuple(blocks))


def pick_list(order: Order, fulfillment: FulfillmentOrder, location: Location, skus: Mapping[str, Sku]) -> Paper:
    """What one fulfillment order has to be picked of, by SKU; what is picked already is not on it."""
    agreed = {line.line: line for line in order.agreement.lines}
    wanted = [
        (agreed[item.line], item.units.allocated + item.units.released)
        for item in fulfillment.items
        if item.units.allocated + item.units.released
    ]
    rows = [
        (line.sku, described(line, skus), str(quantity), scan_text(line.sku, skus))
        for line, quantity in sorted(wanted, key=lambda each: each[0].sku)
    ]
    columns = (Column("SKU", 18), Column("Description", 40), Column("Quantity", 12, "right"), _CODE)
    about = (
        ("Order", order.number),
        ("Location", location.name or location.code),
        ("Due", f"{fulfillment.due_at:%Y-%m-%d %H:%M} UTC"),
    )
    number = f"{order.number}-F{fulfillment.number}"
    return Paper("Pick list", number, about, (), (Table(columns, tuple(rows)), Code(number)))


def scan_text(code: str, skus: Mapping[str, Sku]) -> str:
    """What is scanned of a SKU: the barcode on the product, or its own code."""
    sku = skus.get(code)
    return sku.gtin if sku is not None and sku.gtin else code


def described(line: AgreedLine, skus: Mapping[str, Sku]) -> str:
    """What a line is called: as it was sold, or as the SKU is called."""
    sku = skus.get(line.sku)
    return line.description or (sku.description if sku is not None else "")


def value_in(order: Order, parcel: Parcel, number: int, *, taxes: bool = True) -> int:
    """What the units of a line in a parcel come to, so that all parcels of the line add up to its total.

    taxes: with the tax of the line, if that is in its total.
    """
    line = next(each for each in order.agreement.lines if each.line == number)
    total = line.total_minor
    if not taxes:
        # The total of a line holds its tax, whether prices do or not.
        total -= sum(tax.amount_minor for tax in line.taxes)
    # what goes back to the customer has its value once more
    others: list[Parcel] = [] if parcel.returned else [p for p in order.parcels[: parcel.number - 1] if not p.returned]
    before = sum(_units(p, number) for p in others if p.state is not ParcelState.VOIDED)
    after = min(line.quantity, before + _units(parcel, number))
    return share_so_far(total, after, line.quantity) - share_so_far(total, min(before, after), line.quantity)


def _units(parcel: Parcel, number: int) -> int:
    return sum(item.quantity for item in parcel.items if item.line == number)


def _to_follow(order: Order, agreed: Mapping[int, AgreedLine], skus: Mapping[str, Sku]) -> tuple[tuple[str, ...], ...]:
    rows: list[tuple[str, ...]] = []
    for line in order.lines:
        units = line.units
        left = units.before_location + units.allocated + units.released + units.picked
        if left:
            rows.append((line.sku, described(agreed[line.line], skus), str(left)))
    return tuple(rows)


def parties(pairs: Sequence[tuple[str, tuple[str, ...]]]) -> tuple[Party, ...]:
    """Parties of labels and lines."""
    return tuple(Party(label, tuple(line for line in lines if line)) for label, lines in pairs)
