"""Requests about returns. All name their order; `number` is the return's own number in it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import ClassVar

import msgspec

from orderline.core.changes.claiming import claimable
from orderline.core.credits.state import KIND, account_of
from orderline.core.orders.commands import CancelUnits, Command, OrderCommand, TenderInput
from orderline.core.orders.credited import Destination
from orderline.core.orders.facts import Attachment
from orderline.core.orders.priced import TaxLine
from orderline.core.policies.state import POLICY, TEXT, text_id
from orderline.core.records import RecordCommand, RecordKey
from orderline.core.returns.state import (
    CustomerHistory,
    Disposition,
    Grade,
    Return,
    ReturnLabel,
    ReturnMoney,
    ReturnSource,
    WayBack,
)
from orderline.core.stock.lots import LotUnits
from orderline.core.world import World
from orderline.values.ids import OrderId


class ReturnCommand(OrderCommand, RecordCommand, frozen=True, gc=False, kw_only=True):
    """A command on the returns of an order. Money that it leads to may become store credit."""

    def records(self) -> Iterable[RecordKey]:
        return ((KIND, account_of(self.order)),)

    def orders(self) -> Iterable[OrderId]:
        return (self.order,)

    def inner(self, world: World) -> Iterable[Command]:
        order = world.orders.get(self.order)
        if order is not None and any(map(_sets_aside, order.returns)):
            yield CancelUnits(order=order.id, reason="exchange")


def _sets_aside(returned: Return) -> bool:
    """May lines of the order be canceled with it: what is sent in exchange, or the price of a repair?"""
    return returned.exchange is not None or any(item.terms.service for item in returned.items)


class PolicyReference(msgspec.Struct, frozen=True, gc=False):
    """A version of a policy, and the name of its text. customer: what its conditions may ask of, for policies of returns."""

    policy: str
    version: int
    digest: str
    customer: CustomerHistory = CustomerHistory()


class PolicyCommand(ReturnCommand, frozen=True, gc=False, kw_only=True):
    """A command that goes by the return policy of the time of the sale. policy: filled in by whoever sends it to the engine."""

    policy: PolicyReference | None = None

    def records(self) -> Iterable[RecordKey]:
        if self.policy is None:
            return super().records()
        texts = ((POLICY, self.policy.policy), (TEXT, text_id(self.policy.policy, self.policy.digest)))
        return (*super().records(), *texts)


class ReturnLineInput(
    msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True, kw_only=True
):
    """Units of a line that are to go back, and why: a code of the list of reasons, and words of the customer."""

    line: int
    quantity: int
    reason: str
    note: str = ""
    photos: tuple[Attachment, ...] = ()


class ExchangeLineInput(
    msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True, kw_only=True
):
    """Units that are sent in place of those that come back.

    instead_of: the line of the return whose money they have, unit for unit; the only one, when not given. With a price
    they have that instead, with its discount and taxes, and the difference is paid or given back.
    """

    sku: str
    quantity: int
    instead_of: int | None = None
    unit_price_minor: int | None = None
    discount_minor: int = 0
    taxes: tuple[TaxLine, ...] = ()


class ExchangeInput(
    msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True, kw_only=True
):
    """What a customer gets in place of goods; tenders: for what it costs more."""

    lines: tuple[ExchangeLineInput, ...]
    tenders: tuple[TenderInput, ...] = ()


class RequestReturn(PolicyCommand, frozen=True, gc=False, kw_only=True, tag="request_return"):
    """A customer wants to give goods back.

    approve: let it be approved whatever the policy says, for the reason given. destination: where the money is to go.
    to: the location the goods are to go to; where the policy says, else where they came from, when not given.
    exchange: what is sent in their place, set aside at once; the money of what comes back pays for it.
    repair: the goods are to be repaired, and go back; no money is asked for.
    parcel: of the order, that something was missing from, damaged or wrong in; its carrier is asked to pay for it.
    """

    adds: ClassVar = True  # what is sent in exchange

    lines: tuple[ReturnLineInput, ...]
    source: ReturnSource = ReturnSource.SUPPORT
    destination: Destination = Destination.TENDERS
    approve: bool = False
    reason: str = ""
    to: str = ""
    exchange: ExchangeInput | None = None
    parcel: int = 0
    repair: bool = False

    def skus(self) -> Iterable[str]:
        return (each.sku for each in self.exchange.lines) if self.exchange is not None else ()

    def supplies(self, world: World) -> Iterable[tuple[str, str]]:
        order = world.orders.get(self.order)
        return claimable(world, order, self.skus()) if order is not None and self.exchange is not None else ()


class OneReturnCommand(ReturnCommand, frozen=True, gc=False, kw_only=True):
    """A command on a return that exists."""

    number: int


class ReturnStepCommand(OneReturnCommand, frozen=True, gc=False, kw_only=True):
    """A command on items of a return; on all that it may concern, when none is named."""

    items: tuple[int, ...] = ()


class ApproveReturn(ReturnStepCommand, frozen=True, gc=False, kw_only=True, tag="approve_return"):
    """Let the customer send goods. send_by: until when; as the policy says, when not given. keep: the goods need not come back."""

    send_by: datetime | None = None
    to: str = ""
    keep: bool = False


class DeclineReturn(ReturnStepCommand, frozen=True, gc=False, kw_only=True, tag="decline_return"):
    """Say no to what was asked for. A right that the law gives can't be declined."""

    reason: str


class WithdrawReturn(ReturnStepCommand, frozen=True, gc=False, kw_only=True, tag="withdraw_return"):
    """The customer keeps the goods after all."""

    reason: str = ""


class SendReturn(ReturnStepCommand, frozen=True, gc=False, kw_only=True, tag="send_return"):
    """The goods are on their way: a carrier has them."""

    carrier: str = ""
    tracking_number: str = ""
    occurred_at: datetime | None = None


class LabelReturn(OneReturnCommand, frozen=True, gc=False, kw_only=True, tag="label_return"):
    """A label, or a code, was got for the customer to send goods back with. Sent by the worker, or bought elsewhere."""

    label: ReturnLabel


class TrackReturn(OneReturnCommand, frozen=True, gc=False, kw_only=True, tag="track_return"):
    """A carrier's news of a parcel that comes back."""

    way: WayBack
    occurred_at: datetime | None = None
    code: str = ""
    place: str = ""


class ReceivedItemInput(
    msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True, kw_only=True
):
    """Units that came: of an item of a return, or of a line nobody had announced. grade: where they are seen to at once."""

    quantity: int
    item: int = 0
    line: int = 0
    grade: Grade | None = None
    reason: str = ""
    lots: tuple[LotUnits, ...] = ()
    note: str = ""
    photos: tuple[Attachment, ...] = ()


class WrongGoodsInput(
    msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True, kw_only=True
):
    """Units of a SKU that came and were not to come."""

    sku: str
    quantity: int
    note: str = ""
    lots: tuple[LotUnits, ...] = ()


class ReceiveReturn(PolicyCommand, frozen=True, gc=False, kw_only=True, tag="receive_return"):
    """Goods came to a location. number: of the return; nought: nobody had announced them.

    A receipt is known by its id: told twice it has one effect.
    """

    receipt: str
    location: str
    number: int = 0
    items: tuple[ReceivedItemInput, ...] = ()
    wrong: tuple[WrongGoodsInput, ...] = ()
    source: ReturnSource = ReturnSource.BLIND
    occurred_at: datetime | None = None

    def skus(self) -> Iterable[str]:
        return (each.sku for each in self.wrong)

    def shelves(self, world: World) -> Iterable[tuple[str, str]]:
        order = world.orders.get(self.order)
        yield from ((each.sku, self.location) for each in self.wrong)
        if order is not None:
            yield from ((line.sku, self.location) for line in order.lines)

    def lots(self, world: World) -> Iterable[tuple[str, str]]:
        """Those that are named."""
        yield from ((each.sku, lot.lot) for each in self.wrong for lot in each.lots)
        yield from lots_of(world, self.order, (each.lots for each in self.items))


class GradedInput(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """How units of an item are. disposition: what becomes of them; as the terms say, when not given."""

    item: int
    quantity: int
    grade: Grade
    disposition: Disposition | None = None
    note: str = ""
    photos: tuple[Attachment, ...] = ()


class GradeReturn(OneReturnCommand, frozen=True, gc=False, kw_only=True, tag="grade_return"):
    """Goods that came were looked at."""

    graded: tuple[GradedInput, ...]


class DisposedInput(
    msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True, kw_only=True
):
    """Units of an item, and what was done with them; as it was said when they were graded, when not given."""

    item: int
    quantity: int
    disposition: Disposition | None = None
    lots: tuple[LotUnits, ...] = ()


class DisposeReturn(OneReturnCommand, frozen=True, gc=False, kw_only=True, tag="dispose_return"):
    """Goods went to where they are to be: back on the shelf, to the vendor, to the bin. All that is graded, when none is named."""

    disposed: tuple[DisposedInput, ...] = ()
    occurred_at: datetime | None = None

    def shelves(self, world: World) -> Iterable[tuple[str, str]]:
        return stands_at(world, self.order, self.number)

    def lots(self, world: World) -> Iterable[tuple[str, str]]:
        """Those that are named."""
        return lots_of(world, self.order, (each.lots for each in self.disposed))


class SentBackInput(
    msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True, kw_only=True
):
    """Units of an item that go back to the customer."""

    item: int
    quantity: int
    lots: tuple[LotUnits, ...] = ()


class SendBackReturn(OneReturnCommand, frozen=True, gc=False, kw_only=True, tag="send_back_return"):
    """Goods go back to the customer, since no money is given for them. All that may, when none is named.

    What is here leaves in a parcel of the order; what is on its way was not let in, and turns round.
    """

    sent: tuple[SentBackInput, ...] = ()
    carrier: str = ""
    tracking_number: str = ""
    reason: str = ""
    occurred_at: datetime | None = None

    def shelves(self, world: World) -> Iterable[tuple[str, str]]:
        return stands_at(world, self.order, self.number)

    def lots(self, world: World) -> Iterable[tuple[str, str]]:
        """Those that are named."""
        return lots_of(world, self.order, (each.lots for each in self.sent))


def lots_of(world: World, order_id: OrderId, named: Iterable[Sequence[LotUnits]]) -> Iterable[tuple[str, str]]:
    """Lots that are named of an order, which may be of any of its SKUs."""
    order = world.orders.get(order_id)
    if order is not None:
        yield from ((line.sku, lot.lot) for lots in named for lot in lots for line in order.lines)


def stands_at(world: World, order_id: OrderId, number: int) -> Iterable[tuple[str, str]]:
    """The shelves that goods of a return are at, or may be put onto."""
    order = world.orders.get(order_id)
    if order is None or not 0 < number <= len(order.returns):
        return
    for item in order.returns[number - 1].items:
        line = order.line_of(item.line)
        if line is not None and item.location:
            yield line.sku, item.location


class CreditReturn(ReturnStepCommand, frozen=True, gc=False, kw_only=True, tag="credit_return"):
    """Give the money before the terms say so, or after it was denied. keep: and the goods need not come back."""

    reason: str
    keep: bool = False

    def shelves(self, world: World) -> Iterable[tuple[str, str]]:
        return stands_at(world, self.order, self.number)


class DenyReturn(ReturnStepCommand, frozen=True, gc=False, kw_only=True, tag="deny_return"):
    """Give no money for these items."""

    reason: str


class ExpireReturn(ReturnStepCommand, frozen=True, gc=False, kw_only=True, tag="expire_return"):
    """The time to send goods is over. Sent by the clock."""


class SettleExpired(ReturnStepCommand, frozen=True, gc=False, kw_only=True, tag="settle_expired_return"):
    """Money that does not go with where the goods are. They never came, and it was given: claim it back, or let it be (waived).

    They are here, and it was denied or claimed back: leave it so (upheld); giving it after all is a credit.
    charge: ask for it at once, of what the order was paid with.
    """

    money: ReturnMoney
    reason: str
    charge: bool = False
