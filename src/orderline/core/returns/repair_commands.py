"""Requests about goods that are here to be repaired."""

from collections.abc import Iterable
from enum import StrEnum
from typing import ClassVar

import msgspec

from orderline.core.changes.claiming import claimable
from orderline.core.orders.commands import TenderInput
from orderline.core.orders.facts import Attachment
from orderline.core.orders.priced import TaxLine
from orderline.core.returns.commands import ExchangeLineInput, OneReturnCommand, ReturnStepCommand, stands_at
from orderline.core.world import World


class Finding(StrEnum):
    """What was found of goods that are to be repaired. refused: nothing is to be mended, or nothing that we mend."""

    REPAIRABLE = "repairable"
    UNREPAIRABLE = "unrepairable"
    REFUSED = "refused"


class AssessedInput(
    msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True, kw_only=True
):
    """What was found of units of an item.

    covered: does the warranty cover it; by its date, when not given. sku, price_minor, taxes: where it does not, the
    service that the repair of these units is sold as, and what all of them cost; for nothing, when no SKU is named.
    """

    item: int
    quantity: int
    finding: Finding
    covered: bool | None = None
    sku: str = ""
    price_minor: int = 0
    taxes: tuple[TaxLine, ...] = ()
    note: str = ""
    photos: tuple[Attachment, ...] = ()


class AssessReturn(OneReturnCommand, frozen=True, gc=False, kw_only=True, tag="assess_return"):
    """Goods that are to be repaired were looked at. What costs something waits for the customer's yes."""

    assessed: tuple[AssessedInput, ...]

    def skus(self) -> Iterable[str]:
        """Those that are named."""
        return (each.sku for each in self.assessed if each.sku)


class AnswerRepairQuote(ReturnStepCommand, frozen=True, gc=False, kw_only=True, tag="answer_repair_quote"):
    """The customer's answer to the price of a repair. reason: who said so and how; of a no, why.

    tenders: what it is paid with; what the order was paid with and can be charged again, when none is named.
    """

    adds: ClassVar = True

    accept: bool
    reason: str
    tenders: tuple[TenderInput, ...] = ()

    def skus_of_orders(self, world: World) -> Iterable[str]:
        """What repairs are sold as."""
        order = world.orders.get(self.order)
        returned = order.returns[self.number - 1 : self.number] if order is not None and self.number > 0 else ()
        return (item.quote.sku for each in returned for item in each.items if item.quote is not None)


class FinishRepair(ReturnStepCommand, frozen=True, gc=False, kw_only=True, tag="finish_repair"):
    """The repair is over. repaired: it went well; else the goods can't be repaired, and it costs nothing."""

    repaired: bool = True
    note: str = ""


class ReplaceReturn(ReturnStepCommand, frozen=True, gc=False, kw_only=True, tag="replace_return"):
    """Other goods are sent for such as can't be repaired, which are ours then. Set aside at once, in the same order."""

    adds: ClassVar = True

    lines: tuple[ExchangeLineInput, ...]
    reason: str

    def skus(self) -> Iterable[str]:
        """Those that are named."""
        return (each.sku for each in self.lines)

    def supplies(self, world: World) -> Iterable[tuple[str, str]]:
        """What is sent instead is claimed."""
        order = world.orders.get(self.order)
        return claimable(world, order, self.skus()) if order is not None else ()

    def shelves(self, world: World) -> Iterable[tuple[str, str]]:
        """Where the goods are."""
        return stands_at(world, self.order, self.number)
