"""What the rows of one document (an invoice, an order) have become, before and after the engine has answered."""

import msgspec

from orderline.core.imports.verdicts import Remark, Ruling, Verdict, refused
from orderline.core.orders.commands import PlaceOrder
from orderline.core.orders.state import LineQuantity
from orderline.core.stock.state import Sku


class Row(msgspec.Struct, gc=False):
    """One row: its number in the file (the first after the header is 1), its cells, and all of them as one text."""

    number: int
    cells: list[str]
    text: str
    error: Ruling | None = None


class Document(msgspec.Struct, kw_only=True):
    """The rows of one document, and the order they make, if they do.

    rulings: the verdict of each row that has one already; None: as the order fares.
    charges: places of rows that are charges; line_rows: the place of each line's row.
    follows: cancellations by place, with the external id of the order whose units they take back.
    awaited: later rows are cancellations of this order, so that they fare as it does.
    cancel_after: units to be canceled once a live order is placed.
    """

    external_id: str
    rows: list[Row]
    rulings: list[Ruling | None]
    order: PlaceOrder | None = None
    charges: set[int] = msgspec.field(default_factory=set[int])
    line_rows: list[int] = msgspec.field(default_factory=list[int])
    follows: dict[int, str] = msgspec.field(default_factory=dict[int, str])
    awaited: bool = False
    cancel_after: tuple[LineQuantity, ...] = ()
    skus: dict[str, Sku] = msgspec.field(default_factory=dict[str, Sku])
    remarks: dict[Remark, int] = msgspec.field(default_factory=dict[Remark, int])

    def remark(self, remark: Remark, rows: int) -> None:
        """Note something of a number of rows."""
        if rows:
            self.remarks[remark] = self.remarks.get(remark, 0) + rows

    def refuse_rest(self, hint: str) -> None:
        """The order is not taken since a row of it is bad: its other rows are not taken either."""
        self.order = None
        other = refused("OTHER_ROW", hint=hint)
        self.rulings = [other if ruling is None else ruling for ruling in self.rulings]


OK = Ruling(Verdict.IMPORTED.value)
CHARGED = Ruling(Verdict.CHARGE.value)
CANCELLATION = Ruling(Verdict.CANCELLATION.value)
DUPLICATE = Ruling(Verdict.DUPLICATE.value)
KNOWN = Ruling(Verdict.DUPLICATE_ORDER.value)


def rule_taken(document: Document, *, known: bool) -> list[Ruling]:
    """The verdict of each row of a document whose order is in Orderline; `known`: it was before."""
    return [
        ruling if ruling is not None else KNOWN if known else CHARGED if place in document.charges else OK
        for place, ruling in enumerate(document.rulings)
    ]


def rule_refused(document: Document, code: str, facts: dict[str, object]) -> list[Ruling]:
    """The verdict of each row of a document whose order was refused, at the row that the refusal names."""
    field = str(facts.get("field", ""))
    value = facts.get("value", "")
    hint = str(facts.get("hint") or facts.get("allowed") or facts.get("expected") or "")
    place = _place_of(document, field)
    ruling = refused(code, field, value, hint[:200])
    if place is None:
        return [ruling if each is None else each for each in document.rulings]
    other = refused("OTHER_ROW", hint=f"row {document.rows[place].number}: {code}")
    return [each if each is not None else ruling if at == place else other for at, each in enumerate(document.rulings)]


def _place_of(document: Document, field: str) -> int | None:
    if not field.startswith("lines[") or len(document.rows) == 1:
        return None
    number = field[6:].partition("]")[0]
    if not number.isdigit() or int(number) >= len(document.line_rows):
        return None
    return document.line_rows[int(number)]
