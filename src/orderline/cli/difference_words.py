"""What a change would make of the money of an order, in words."""

from collections.abc import Iterator

from orderline.cli.plain import amount
from orderline.core.changes.differences import Difference


def tell_difference(found: Difference, currency: str) -> Iterator[str]:
    """What the events do not say: tax, what is to be collected or goes back, and what the customer is told."""
    if found.tax_before_minor != found.tax_minor:
        yield f"tax: {amount(found.tax_before_minor, currency)} before, {amount(found.tax_minor, currency)} after"
    if found.collect_minor and found.due_minor != found.due_before_minor:
        yield f"to be collected: {amount(found.collect_minor, currency)}"
    if found.refund_minor:
        yield f"goes back to the customer: {amount(found.refund_minor, currency)}"
    for each in found.returns:
        sent = f", {len(each.exchange.lines)} lines sent instead" if each.exchange is not None else ""
        yield f"return {each.number} of {sum(item.quantity for item in each.items)} units{sent}"
    if found.awaited_minor:
        yield f"credited when they are back: {amount(found.awaited_minor, currency)}"
    if found.claimed_minor:
        yield f"credited when the claim is approved: {amount(found.claimed_minor, currency)}"
    if found.notices:
        yield f"the customer is told: {', '.join(each.replace('_', ' ') for each in dict.fromkeys(found.notices))}"
