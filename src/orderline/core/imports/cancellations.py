"""Documents that take units back: to which earlier line they belong, where that can be said for sure.

Two readings of a file come before the import itself: the first notes what the cancellations are about, the second
finds the lines they may mean. Memory grows with the cancellations of a file, not with its rows.
"""

import msgspec

from orderline.core.imports.cells import BadCell, parse_whole
from orderline.core.imports.documents import CANCELLATION, DUPLICATE, Document, Row
from orderline.core.imports.lines import cell, charge_kind, check_row, sku_code
from orderline.core.imports.profile import Profile
from orderline.core.imports.verdicts import Ruling, Verdict, not_a_sale

Key = tuple[str, str]  # customer, SKU


class Plan(msgspec.Struct, kw_only=True):
    """What is known of a file before it is imported.

    scattered: documents whose rows do not stand together, with the number of their last row.
    canceled: units taken back later, by the number of the row that sold them.
    targets: cancellations by the number of their row: the external id of the order they take back from.
    reasons: cancellations that can't be matched, with why.
    """

    rows: int = 0
    scattered: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    wanted: set[Key] = msgspec.field(default_factory=set[Key])
    canceled: dict[int, int] = msgspec.field(default_factory=dict[int, int])
    targets: dict[int, str] = msgspec.field(default_factory=dict[int, str])
    reasons: dict[int, str] = msgspec.field(default_factory=dict[int, str])

    @property
    def awaited(self) -> frozenset[str]:
        """Orders that later rows take units back from."""
        return frozenset(self.targets.values())


class Candidate(msgspec.Struct, gc=False):
    """A line that may be meant: what is left of it, and how it was sold."""

    row: int
    order: str
    left: int
    quantity: int
    price: str


class Planner:
    """The first reading: rows in order, in and out of documents."""

    def __init__(self, profile: Profile) -> None:
        self.plan = Plan()
        self._profile = profile
        self._column = profile.columns.get("order", -1)
        self._last: str | None = None
        self._seen: set[int] = set()  # hashes: two ids that meet by chance are gathered, and nothing is lost by it

    def read(self, row: Row) -> None:
        """Take note of a row."""
        plan = self.plan
        plan.rows = row.number
        if not 0 <= self._column < len(row.cells):
            return
        order = row.cells[self._column].strip()
        if order != self._last:
            known = hash(order)
            if order in plan.scattered or known in self._seen:
                plan.scattered[order] = row.number
            self._seen.add(known)
            self._last = order
        elif order in plan.scattered:
            plan.scattered[order] = row.number
        prefix = self._profile.layout.cancellations
        if prefix and order.startswith(prefix) and row.error is None and check_row(row, self._profile) is None:
            key = _key(self._profile, row)
            if key is not None:
                plan.wanted.add(key)


class Matcher:
    """The second reading: each cancellation is held against the lines before it."""

    def __init__(self, profile: Profile, plan: Plan) -> None:
        self._profile = profile
        self._plan = plan
        self._column = profile.columns["order"]
        self._prefix = profile.layout.cancellations
        self._candidates: dict[Key, list[Candidate]] = {}
        self._texts: set[str] = set()

    def read(self, row: Row) -> None:
        """Note a line that may be meant, or match a cancellation."""
        if len(row.cells) != self._profile.width:
            return
        key = _key(self._profile, row)
        if key is None or key not in self._plan.wanted or check_row(row, self._profile) is not None:
            return
        if self._profile.rules.duplicates == "drop":
            if row.text in self._texts:
                return
            self._texts.add(row.text)
        order = row.cells[self._column].strip()
        try:
            quantity = parse_whole(cell(self._profile, row, "quantity"), "quantity")
        except BadCell:
            return
        price = cell(self._profile, row, "unit_price")
        if not order.startswith(self._prefix):
            if quantity > 0:
                self._candidates.setdefault(key, []).append(Candidate(row.number, order, quantity, quantity, price))
        elif quantity < 0:
            self._match(row.number, -quantity, price, self._candidates.get(key, []))

    def _match(self, row: int, quantity: int, price: str, candidates: list[Candidate]) -> None:
        fitting = [each for each in candidates if each.left >= quantity]
        if len(fitting) > 1:
            fitting = [each for each in fitting if each.price == price] or fitting
        if len(fitting) > 1:
            fitting = [each for each in fitting if each.quantity == quantity] or fitting
        if len(fitting) != 1:
            several = f"{len(fitting)} earlier lines of the customer may be meant"
            none = "fewer units were sold" if candidates else "the customer bought none of it before, in this file"
            self._plan.reasons[row] = several if fitting else none
            return
        found = fitting[0]
        found.left -= quantity
        self._plan.canceled[found.row] = self._plan.canceled.get(found.row, 0) + quantity
        self._plan.targets[row] = found.order


def _key(profile: Profile, row: Row) -> Key | None:
    customer = cell(profile, row, "customer")
    return (customer, sku_code(profile, row)) if customer and not charge_kind(profile, row) else None


def take_cancellation(profile: Profile, document: Document, plan: Plan) -> None:
    """Rule on the rows of a document that takes units back."""
    seen: set[str] = set()
    for place, row in enumerate(document.rows):
        if document.rulings[place] is None:
            repeated = profile.rules.duplicates == "drop" and row.text in seen
            seen.add(row.text)
            document.rulings[place] = DUPLICATE if repeated else _rule(profile, document, place, row, plan)


def _rule(profile: Profile, document: Document, place: int, row: Row, plan: Plan) -> Ruling:
    if charge_kind(profile, row):
        return not_a_sale("fee_credit")
    order = plan.targets.get(row.number)
    if order is None:
        hint = plan.reasons.get(row.number, "no customer is named" if not cell(profile, row, "customer") else "")
        return Ruling(Verdict.CANCELLATION_UNMATCHED.value, "", sku_code(profile, row), hint)
    document.follows[place] = order
    return CANCELLATION
