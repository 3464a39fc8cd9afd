"""What can be tried on the demo when its day is over: commands that work when they are pasted, and why one might."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from orderline.cli.demo.merchant import ANNOUNCED, OUTLET, Merchant
from orderline.cli.demo.ruling import POLICY
from orderline.cli.demo.scenes import Told
from orderline.cli.demo.summary import Summary

# By then what the late supplier owes has come.
LATER_DAYS = 25


def hints(summary: Summary, told: Sequence[Told], merchant: Merchant) -> list[tuple[str, str]]:
    """(why, arguments of `orderline`), the most telling first."""
    by = {each.scene: each.examples for each in told}
    rejected = by.get("rejection", {}).get("order", "")
    names = ("split_and_rerouted", "rerouted", "split", "backordered")
    number = rejected or next((summary.examples[name] for name in names if name in summary.examples), "SO-1001")
    asked = by.get("decisions", {})
    answered = next((asked[way] for way in ("link", "silence") if way in asked), "")
    later = (datetime.now(UTC) + timedelta(days=LATER_DAYS)).date()
    there = next(product.sku for product in merchant.products if product.sku in merchant.in_stores)
    found = [
        ("a shelf was empty: rejected, and served from elsewhere" if rejected else "an order", f"order show {number}"),
        ("why there, and why not elsewhere", f"route explain {number} --why-not {OUTLET}"),
        ("what can be promised, in terms that add up", f"stock explain {there} --channel web"),
        ("the same of what is to come, at a date", f"stock explain {ANNOUNCED[1]} --channel web --at {later}"),
        (
            "from now to the customer's door (carriers took seconds today, and it learns)",
            f"promise explain {there}=2 --channel web --country FR --postal-code 75011 --city Paris",
        ),
        ("what the noon policy would have changed in the morning", f"policy simulate {POLICY}"),
    ]
    if answered:
        found.insert(1, ("a customer was asked what to do", f"order show {answered}"))
    return found
