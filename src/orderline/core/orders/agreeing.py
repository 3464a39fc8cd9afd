"""What is agreed: lines with their money, the shares of a bundle's components, totals that add up."""

from collections.abc import Sequence

import msgspec

from orderline.core.orders.commands import LineInput, PlaceOrder
from orderline.core.orders.custom import check_fields
from orderline.core.orders.guards import check_text
from orderline.core.orders.priced import UNTAXED, SoldAs
from orderline.core.orders.refusals import OrderRefusal as R
from orderline.core.orders.state import AgreedLine, Charge, DemandGroup, LineKind, TaxLine
from orderline.core.sellers.refusals import SellerRefusal
from orderline.core.sellers.terms import SellerTerms
from orderline.core.stock.custom_fields import FieldPlace
from orderline.core.stock.state import Sku, SkuKind
from orderline.core.world import World
from orderline.values.address import Place
from orderline.values.failures import Refused
from orderline.values.money import MAX_MINOR, split_minor
from orderline.values.quantity import check_quantity

MAX_LINES = 2_000
NOWHERE = Place(country="")

_KINDS = {
    SkuKind.STOCKED: LineKind.SHIP,
    SkuKind.DIGITAL: LineKind.DIGITAL,
    SkuKind.SERVICE: LineKind.SERVICE,
    SkuKind.BUNDLE: LineKind.BUNDLE,
}


def check_lines(world: World, command: PlaceOrder, groups: Sequence[DemandGroup]) -> list[AgreedLine]:
    """The agreed lines; the components of each bundle follow the lines that were sent, with their share of its price."""
    if not command.lines:
        raise Refused(R.LINES_MISSING, field="lines", value=[])
    return agreed_lines(world, command.lines, groups, taxes_included=command.taxes_included, history=command.history)


def agreed_lines(
    world: World,
    asked_lines: Sequence[LineInput],
    groups: Sequence[DemandGroup],
    *,
    taxes_included: bool,
    history: bool = False,
    after: int = 0,
    unfinished: bool = False,
) -> list[AgreedLine]:
    """As `check_lines`, for lines that follow others. after: how many there are; unfinished: where to may be told later."""
    if len(asked_lines) + after > MAX_LINES:
        most = f"at most {MAX_LINES} lines"
        raise Refused(R.TOO_MANY_LINES, field="lines", value=len(asked_lines) + after, allowed=most)
    by_number = {group.group: group for group in groups}
    anywhere = history or unfinished
    agreed: list[AgreedLine] = []
    bundles: list[tuple[AgreedLine, Sku, str]] = []
    for index, asked in enumerate(asked_lines):
        group = by_number.get(asked.group)
        if group is None:
            raise Refused(R.GROUP_UNKNOWN, field=f"lines[{index}].group", value=asked.group, allowed=sorted(by_number))
        line, sku = _agreed_line(world, asked, index, group, after, taxes_included=taxes_included, history=history)
        agreed.append(line)
        if line.kind is LineKind.BUNDLE:
            bundles.append((line, sku, f"lines[{index}]"))
        elif line.kind is LineKind.SHIP and group.place is NOWHERE and not anywhere:
            raise Refused(R.ADDRESS_MISSING, field="groups", value=group.group, line=index)
    for line, sku, field in bundles:
        group = by_number[line.group]
        if group.place is NOWHERE and not anywhere:
            raise Refused(R.ADDRESS_MISSING, field="groups", value=group.group, line=field)
        agreed.extend(_components(world, line, sku, group, field, first=after + len(agreed) + 1))
    return agreed


def _agreed_line(
    world: World,
    asked: LineInput,
    index: int,
    group: DemandGroup,
    after: int,
    *,
    taxes_included: bool,
    history: bool,
) -> tuple[AgreedLine, Sku]:
    field = f"lines[{index}]"
    quantity = check_quantity(asked.quantity, field=f"{field}.quantity")
    sku = world.skus.get(asked.sku)
    if sku is None:
        raise Refused(R.SKU_UNKNOWN, field=f"{field}.sku", value=asked.sku[:100])
    if not sku.active and not history:
        raise Refused(R.SKU_NOT_ACTIVE, field=f"{field}.sku", value=asked.sku)
    kind = _kind(asked, sku, group, field)
    if asked.unit_price_minor < 0:
        raise Refused(R.AMOUNT_NEGATIVE, field=f"{field}.unit_price_minor", value=asked.unit_price_minor)
    if asked.discount_minor < 0:
        raise Refused(R.AMOUNT_NEGATIVE, field=f"{field}.discount_minor", value=asked.discount_minor)
    if asked.canceled and not 0 < asked.canceled <= (quantity if history else 0):
        allowed = f"from 0 to {quantity}" if history else "none: only history has canceled units"
        raise Refused(R.AMOUNT_OUT_OF_RANGE, field=f"{field}.canceled", value=asked.canceled, allowed=allowed)
    gross = asked.unit_price_minor * quantity
    if gross > MAX_MINOR:
        raise Refused(R.AMOUNT_OUT_OF_RANGE, field=f"{field}.unit_price_minor", value=asked.unit_price_minor)
    if asked.discount_minor > gross:
        raise Refused(R.AMOUNT_OUT_OF_RANGE, field=f"{field}.discount_minor", value=asked.discount_minor, allowed=gross)
    total = gross - asked.discount_minor
    tax = check_taxes(asked.taxes, f"{field}.taxes") if asked.taxes else 0
    if not taxes_included:
        total += tax
    if asked.total_minor is not None and asked.total_minor != total:
        raise Refused(R.TOTALS_DO_NOT_ADD_UP, field=f"{field}.total_minor", value=asked.total_minor, expected=total)
    if asked.custom or world.settings.fields:
        fields = world.settings.fields
        check_fields(fields, FieldPlace.LINE, asked.custom, f"{field}.custom", history=history)
    seller = "" if history else asked.seller or sku.seller
    return AgreedLine(
        line=after + index + 1,
        sku=asked.sku,
        quantity=quantity,
        unit_price_minor=asked.unit_price_minor,
        total_minor=total,
        description=(asked.description and check_text(asked.description, f"{field}.description", 500))
        or sku.description,
        kind=kind,
        group=asked.group,
        discount_minor=asked.discount_minor,
        taxes=asked.taxes,
        gift_message=asked.gift_message and check_text(asked.gift_message, f"{field}.gift_message", 1_000),
        custom=asked.custom,
        sold_as=sku.sold_as,
        seller=_terms(world, sku, seller, field) if seller else None,
    ), sku


def terms_of(world: World, sku: Sku) -> SellerTerms | None:
    """On which terms a SKU is sold now; None: it is ours."""
    return _terms(world, sku, sku.seller, "line") if sku.seller else None


def _terms(world: World, sku: Sku, seller: str, field: str) -> SellerTerms | None:
    """Refused SELLER_UNKNOWN. Donations and gift cards are never sold for others."""
    if sku.sold_as in (SoldAs.DONATION, SoldAs.GIFT_CARD):
        return None
    rule = world.settings.sellers.get(seller)
    if rule is None:
        raise Refused(SellerRefusal.SELLER_UNKNOWN, field=f"{field}.seller", value=seller[:100])
    return rule.terms(sku.category)


def _kind(asked: LineInput, sku: Sku, group: DemandGroup, field: str) -> LineKind:
    kind = _KINDS[sku.kind]
    if kind is LineKind.SHIP and group.pickup_location is not None:
        kind = LineKind.PICKUP
    if asked.kind is not None and asked.kind is not kind:
        raise Refused(
            R.LINE_KIND_NOT_POSSIBLE, field=f"{field}.kind", value=asked.kind, allowed=[kind], sku_kind=sku.kind
        )
    return kind


def _components(
    world: World, parent: AgreedLine, bundle: Sku, group: DemandGroup, field: str, *, first: int
) -> list[AgreedLine]:
    weights = [component.quantity * component.weight for component in bundle.components]
    totals = split_minor(parent.total_minor, weights)
    discounts = split_minor(parent.discount_minor, weights)
    taxes = [split_minor(tax.amount_minor, weights) for tax in parent.taxes]
    seller = parent.seller.seller if parent.seller is not None else ""
    lines: list[AgreedLine] = []
    for index, component in enumerate(bundle.components):
        sku = world.skus.get(component.sku)
        if sku is None:
            raise Refused(R.SKU_UNKNOWN, field=f"{field}.sku", value=component.sku, bundle=bundle.code)
        quantity = check_quantity(component.quantity * parent.quantity, field=f"{field}.quantity")
        kind = _KINDS[sku.kind]
        if kind is LineKind.SHIP and group.pickup_location is not None:
            kind = LineKind.PICKUP
        lines.append(
            AgreedLine(
                line=first + index,
                sku=sku.code,
                quantity=quantity,
                unit_price_minor=totals[index] // quantity,
                total_minor=totals[index],
                description=sku.description,
                kind=kind,
                group=parent.group,
                parent=parent.line,
                discount_minor=discounts[index],
                taxes=tuple(
                    msgspec.structs.replace(tax, amount_minor=parts[index])
                    for tax, parts in zip(parent.taxes, taxes, strict=True)
                ),
                sold_as=sku.sold_as,
                seller=_terms(world, sku, of, field) if (of := sku.seller or seller) else None,
            )
        )
    return lines


def check_taxes(taxes: Sequence[TaxLine], field: str) -> int:
    """The sum of tax lines, in minor units. Refused AMOUNT_OUT_OF_RANGE, TEXT_NOT_ACCEPTABLE."""
    for index, tax in enumerate(taxes):
        check_text(tax.name, f"{field}[{index}].name", 100)
        if not 0 <= tax.amount_minor <= MAX_MINOR:
            raise Refused(R.AMOUNT_OUT_OF_RANGE, field=f"{field}[{index}].amount_minor", value=tax.amount_minor)
        if not 0 <= tax.rate_ppm <= 10_000_000:
            raise Refused(R.AMOUNT_OUT_OF_RANGE, field=f"{field}[{index}].rate_ppm", value=tax.rate_ppm)
        if tax.category or tax.reason:
            check_text(tax.reason, f"{field}[{index}].reason", 200)
            if tax.category in UNTAXED and (tax.amount_minor or tax.rate_ppm):
                raise Refused(
                    R.AMOUNT_OUT_OF_RANGE, field=f"{field}[{index}].amount_minor", value=tax.amount_minor,
                    allowed=f"nought, in category {tax.category}",
                )  # fmt: skip
    return sum(tax.amount_minor for tax in taxes)


def check_totals(command: PlaceOrder, agreed: Sequence[AgreedLine]) -> None:
    """The total must be the sum of lines and charges, and no more may be tendered than is owed."""
    total = sum(line.total_minor for line in agreed if line.parent is None)
    for index, charge in enumerate(command.charges):
        total += charge_total(charge, f"charges[{index}]", command.taxes_included)
    if not 0 <= command.total_minor <= MAX_MINOR:
        raise Refused(R.AMOUNT_OUT_OF_RANGE, field="total_minor", value=command.total_minor)
    if total != command.total_minor:
        raise Refused(R.TOTALS_DO_NOT_ADD_UP, field="total_minor", value=command.total_minor, expected=total)
    for index, tender in enumerate(command.tenders):
        if tender.amount_minor < 0:
            raise Refused(R.AMOUNT_NEGATIVE, field=f"tenders[{index}].amount_minor", value=tender.amount_minor)
        check_text(tender.provider, f"tenders[{index}].provider", 200, required=True)
        for name in ("method", "token", "reference"):
            if text := getattr(tender, name):
                check_text(text, f"tenders[{index}].{name}", 200)
        most = tender.amount_minor if command.history and tender.state == "captured" else 0
        if not 0 <= tender.refunded_minor <= most:
            raise Refused(
                R.AMOUNT_OUT_OF_RANGE,
                field=f"tenders[{index}].refunded_minor",
                value=tender.refunded_minor,
                allowed=f"from 0 to {most}",
            )
    tendered = sum(tender.amount_minor for tender in command.tenders)
    if tendered > command.total_minor:
        raise Refused(R.TENDERS_EXCEED_TOTAL, field="tenders", value=tendered, allowed=command.total_minor)


def charge_total(charge: Charge, field: str, taxes_included: bool) -> int:
    """What a charge comes to with its tax, in minor units. Refused AMOUNT_OUT_OF_RANGE, TEXT_NOT_ACCEPTABLE, FIELD_REQUIRED."""
    check_text(charge.kind, f"{field}.kind", 60, required=True)
    check_text(charge.description, f"{field}.description", 500)
    if abs(charge.amount_minor) > MAX_MINOR:
        raise Refused(R.AMOUNT_OUT_OF_RANGE, field=f"{field}.amount_minor", value=charge.amount_minor)
    tax = check_taxes(charge.taxes, f"{field}.taxes")
    return charge.amount_minor + (0 if taxes_included else tax)
