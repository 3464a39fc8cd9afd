"""More work of a clerk: parcels of several orders, what carriers lose, what is sent instead, lots, demand, legs to stores."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from crash.clerks import Clerk

from crash.buyers import ADDRESS
from crash.days import in_days

UNIT: Final = [{"line": 1, "quantity": 1}]


def combine(clerk: "Clerk", name: str) -> bool:
    """Two orders to one address leave in one parcel, whose label the worker buys."""
    found: list[str] = []
    for part in ("one", "two"):
        placed = clerk.bought(f"{name}-{part}", groups=[{"address": ADDRESS, "method": "standard"}])
        work = clerk.routed(placed) if placed is not None else ""
        if (
            placed is None
            or not work
            or not steps(clerk, f"{name}-{part}", work, ("acceptances", {}), ("picks", {"lines": UNIT}))
        ):
            return False
        found.append(placed["id"])
    path = f"/v1/combinations/{name}"
    asked = {"location": clerk.place, "work": [{"order": order} for order in found]}
    if clerk.client.do("PUT", path, asked, f"{name}-put") is None:
        return False
    if clerk.client.do("POST", f"{path}/packings", {"weight_g": 700}, f"{name}-packings") is None:
        return False
    if not clerk.awaited(path, lambda answer: answer["state"] == "labeled"):
        return False
    return clerk.client.do("POST", f"{path}/handovers", {}, f"{name}-handovers") is not None


def claim(clerk: "Clerk", name: str) -> bool:
    """Goods that came damaged: the carrier says no, is asked again, and pays in two parts."""
    parcel = delivered(clerk, name)
    drafted = {"claim": name, "reason": "damaged", "value_minor": 1500}
    if not parcel or clerk.client.do("POST", f"{parcel}/carrier-claims", drafted, f"{name}-draft") is None:
        return False
    made = clerk.on_record(
        "carrier_claim", name, "/v1/carrier-claims",
        ("POST", "/filing", {"reference": f"R-{name}"}),
        ("POST", "/answers", {"accepted": False, "note": "well packed?"}),
        ("POST", "/appeals", {"note": "a picture"}),
        ("POST", "/answers", {"accepted": True, "amount_minor": 1500}),
        ("POST", "/payments", {"amount_minor": 500}),
        ("POST", "/payments", {"amount_minor": 1000}),
    )  # fmt: skip
    return made is not None and made["paid_minor"] == 1500


def miss(clerk: "Clerk", name: str) -> bool:
    """A parcel that was told as delivered, and is lost: the worker drafts a claim for it."""
    parcel = delivered(clerk, name)
    reported = {"case": name, "note": "nothing came"}
    if not parcel or clerk.client.do("POST", f"{parcel}/missing-parcels", reported, f"{name}-report") is None:
        return False
    decided = {"state": "accepted", "answer": "lost"}
    return clerk.on_record("missing_parcel", name, "/v1/missing-parcels", ("POST", "/decisions", decided)) is not None


def substitute(clerk: "Clerk", name: str) -> bool:
    """Something else is sent for one of two units, while a hold keeps them from being routed."""
    sku, other = f"{name}-A".upper(), f"{name}-B".upper()
    clerk.client.do("PUT", "/v1/skus", {"skus": [{"code": sku}, {"code": other}]}, f"{name}-skus")
    rules = {"substitutes": [{"sku": other, "consent": False}]}
    clerk.client.do("PUT", f"/v1/skus/{sku}/substitutes", rules, f"{name}-rules")
    for each in (sku, other):
        receive(clerk, name, each, 2)
    placed = clerk.bought(name, sku, 2, holds=[{"type": "address", "reason": "look at it"}])
    if placed is None:
        return False
    path = f"/v1/orders/{placed['id']}"
    body = {"line": 1, "sku": other, "quantity": 1, "reason": "on the phone"}
    swapped = clerk.client.do("POST", f"{path}/substitutions", body, f"{name}-swap")
    lifted = clerk.client.do("DELETE", f"{path}/holds/1", None, f"{name}-lift")
    return swapped is not None and lifted is not None


def lots(clerk: "Clerk", name: str) -> bool:
    """Of two lots, the one that is named is picked, packed and sent."""
    sku = name.upper()
    clerk.client.do("PUT", "/v1/skus", {"skus": [{"code": sku, "tracking": "lot"}]}, f"{name}-sku")
    there = [{"lot": "A", "quantity": 2, "expires_on": "2099-01-01"}, {"lot": "B", "quantity": 2}]
    receive(clerk, name, sku, 4, lots=there)
    placed = clerk.bought(name, sku)
    work = clerk.routed(placed) if placed is not None else ""
    picked = {"lines": UNIT, "lots": [{"line": 1, "lot": "B"}]}
    return bool(work) and steps(
        clerk, name, work, ("acceptances", {}), ("picks", picked), ("packings", parcel_of(name)), ("shipments", {})
    )


def schedule(clerk: "Clerk", name: str) -> bool:
    """Units are kept for a date, then fewer of them, then none."""
    line = {"sku": clerk.sku, "pool": clerk.place, "quantity": 4, "need_at": in_days(6)}
    made = clerk.on_record(
        "demand", name, "/v1/demands",
        ("PUT", "", {"lines": [line]}),
        ("POST", "/revision", {"lines": [{"line": 1, "quantity": 2}], "reason": "fewer"}),
        ("POST", "/cancellation", {"reason": "not wanted"}),
    )  # fmt: skip
    return made is not None


def supply_store(clerk: "Clerk", name: str) -> bool:
    """Goods that a store lacks are sent to it for who collects them there, and come in two parts."""
    sku = name.upper()
    clerk.client.do("PUT", "/v1/skus", {"skus": [{"code": sku, "short_policy": "backorder"}]}, f"{name}-sku")
    placed = clerk.bought(name, sku, 2, groups=[{"pickup_location": clerk.place}])
    receive(clerk, name, sku, 2, "lille")
    if placed is None or not clerk.awaited(f"/v1/orders/{placed['id']}", is_paid):
        return False
    leg = {"transfer": name, "source": "lille", "lines": [{"line": 1, "quantity": 2}], "due_at": in_days(2)}
    if clerk.client.do("POST", f"/v1/orders/{placed['id']}/store-transfers", leg, f"{name}-leg") is None:
        return False
    made = clerk.on_record(
        "transfer", name, "/v1/transfers",
        ("POST", "/picking", {}),
        ("POST", "/shipping", {}),
        ("POST", "/receipts", {"receipt": "1", "lines": UNIT}),
        ("POST", "/receipts", {"receipt": "2", "lines": UNIT}),
    )  # fmt: skip
    clerk.ledger.posted[f"transfer:{name}"] += 2 + 2 + 2  # picked, sent, come
    return made is not None


ERRANDS: Final[tuple[Callable[["Clerk", str], bool], ...]] = (
    combine, claim, miss, substitute, lots, schedule, supply_store,
)  # fmt: skip


def is_paid(answer: Any) -> bool:
    """Does an order's money stand behind it?"""
    return answer["status"]["payment"] == "authorized"


def steps(clerk: "Clerk", name: str, work: str, *asked: tuple[str, Any]) -> bool:
    """Commands on the work of an order, one after the other."""
    return all(clerk.client.do("POST", f"{work}/{step}", body, f"{name}-{step}") is not None for step, body in asked)


def delivered(clerk: "Clerk", name: str) -> str:
    """The path of a parcel that was sent and has come; "": it has not."""
    placed = clerk.bought(name)
    work = clerk.routed(placed) if placed is not None else ""
    packed = ("acceptances", {}), ("picks", {"lines": UNIT}), ("packings", parcel_of(name))
    if placed is None or not work or not steps(clerk, name, work, *packed, ("shipments", {})):
        return ""
    parcel = f"/v1/orders/{placed['id']}/parcels/1"
    came = clerk.client.do("POST", f"{parcel}/tracking", {"state": "delivered"}, f"{name}-came")
    return parcel if came is not None else ""


def parcel_of(name: str) -> Any:
    """One parcel of one unit, with a label of the store's own."""
    return {"parcels": [{"items": UNIT, "weight_g": 300, "carrier": "own", "tracking_number": f"OWN-{name}"}]}


def receive(clerk: "Clerk", name: str, sku: str, quantity: int, place: str = "", **more: Any) -> None:
    """Units of a SKU of the clerk's own."""
    come = {"sku": sku, "location": place or clerk.place, "quantity": quantity, "reason": "received", **more}
    clerk.client.do("POST", "/v1/stock/adjustments", come, f"{name}-{sku}-stock")
