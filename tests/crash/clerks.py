"""Clients that work: purchase orders, transfers, counts, promises, decisions, policies, waves, tills, pickups, and so on.

Each has a store of its own, `clerk-N`, whose stock, channel and orders nobody else touches, so that it knows how far
every record is that it changes.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from itertools import count
from random import Random
from typing import Any

from crash.buyers import ADDRESS, order
from crash.days import in_days
from crash.errands import ERRANDS
from crash.ledger import Client, Ledger
from crash.payments import give_back

PLENTY = 1_000_000
WAIT_S = 20.0
POLICY = """\
kind = "routing"
description = "{name}"
[scope]
channels = ["{channel}"]
[[group]]
name = "all"
[[group.rule]]
name = "near"
objective = ["late", "locations", "distance"]
"""


def stores(number: int) -> list[tuple[str, str, Any]]:
    """The calls that open so many stores, where urgent orders may take from others."""
    rules = {
        "classes": [{"id": "urgent", "priority_from": 5}],
        "takings": [{"taker": "urgent", "givers": ["others"], "covered": False}],
    }
    calls: list[tuple[str, str, Any]] = [("PUT", "/v1/priority-rule-sets/default", rules)]
    place = {"country": "FR", "postal_code": "69002", "city": "Lyon"}
    for clerk in range(number):
        name, sku = f"clerk-{clerk}", f"CLERK-{clerk}"
        location = {"name": name, "kind": "store", "pool": name, "place": place, "pickup": True}
        stock = {"sku": sku, "location": name, "quantity": PLENTY, "reason": "received"}
        calls += [
            ("PUT", f"/v1/pools/{name}", {"name": name}),
            ("PUT", f"/v1/locations/{name}", location),
            ("PUT", f"/v1/channels/{name}", {"name": name, "pools": [name]}),
            ("PUT", "/v1/skus", {"skus": [{"code": sku}]}),
            ("POST", "/v1/stock/adjustments", stock),
        ]
    return calls


class Clerks:
    """Threads that do one kind of work after the other until they are stopped."""

    def __init__(self, port: int, key: str, ledger: Ledger, threads: int) -> None:
        self._ledger = ledger
        self._threads = [
            threading.Thread(target=Clerk(port, key, ledger, number).work, daemon=True) for number in range(threads)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Let each finish what it has begun."""
        for thread in self._threads:
            thread.join(300)
            assert not thread.is_alive(), "a clerk got no answer for minutes"


class Clerk:
    """One thread and its store."""

    def __init__(self, port: int, key: str, ledger: Ledger, number: int) -> None:
        self.place = f"clerk-{number}"
        self.sku = f"CLERK-{number}"
        self.dice = Random(number)
        self.ledger = ledger
        self.client = Client(port, key, ledger, number)
        self.names = count(1)
        self.policies = 0

    def work(self) -> None:
        """Every kind of work in turn, each in another order in each round."""
        own = (
            self.purchase, self.transfer, self.count, self.promise, self.decide, self.rule, self.wave, self.reject,
            self.collect, self.redirect, self.tills, self.box, self.reallocate,
        )  # fmt: skip
        kinds: list[tuple[str, Callable[[str], bool]]] = [(each.__name__, each) for each in own]
        kinds += [(each.__name__, partial(each, self)) for each in (*ERRANDS, give_back)]
        while not self.ledger.stopping.is_set():
            self.dice.shuffle(kinds)
            for kind, do in kinds:
                if self.ledger.stopping.is_set():
                    break
                if do(f"{self.place}-{next(self.names)}"):
                    self.ledger.done[kind] += 1
        self.client.close()

    def on_record(self, kind: str, name: str, path: str, *steps: tuple[str, str, Any]) -> Any:
        """Commands on one record that nobody else changes: (method, rest of the path, body)."""
        answer: Any = None
        for method, rest, body in steps:
            answer = self.client.do(
                method, f"{path}/{name}{rest}", body, f"{name}-{rest.strip('/')}-{next(self.names)}"
            )
            if answer is None:
                return None
            with self.ledger.lock:
                self.ledger.versions[kind, name] = answer["version"]
        return answer

    def bought(self, name: str, sku: str = "", quantity: int = 1, **more: Any) -> Any:
        """An order that was accepted."""
        more.setdefault("channel", self.place)
        answer = self.client.do("POST", "/v1/orders", order(name, sku or self.sku, quantity, **more), name)
        if answer is not None:
            with self.ledger.lock:
                self.ledger.acknowledged[name] = answer["id"]
        return answer

    def awaited(self, path: str, is_so: Any) -> Any:
        """What a path answers as soon as it is so; None: the worker has not come to it in time."""
        give_up_at = time.monotonic() + WAIT_S
        while time.monotonic() < give_up_at and not self.ledger.stopping.is_set():
            status, answer = self.client.until_answered("GET", path)
            if status == 200 and is_so(answer):
                return answer
            time.sleep(0.05)
        return None

    def routed(self, placed: Any) -> str:
        """The path of the fulfillment order that routing has made of it; "": it has not yet."""
        path = f"/v1/orders/{placed['id']}"
        found = self.awaited(path, lambda answer: answer["order"].get("fulfillments"))
        return f"{path}/fulfillments/{found['order']['fulfillments'][-1]['number']}" if found else ""

    def purchase(self, name: str) -> bool:
        due_at = in_days(5)
        notice = {"notice": f"{name}-asn", "lines": [{"line": 1, "quantity": 4}]}
        revision = {"lines": [{"line": 1, "due_at": in_days(9)}], "reason": "storm"}
        receipt = {"receipt": f"{name}-r", "notice": f"{name}-asn", "lines": [{"line": 1, "quantity": 4, "damaged": 1}]}
        made = self.on_record(
            "purchase_order", name, "/v1/purchase-orders",
            ("PUT", "", {"location": self.place, "lines": [{"sku": self.sku, "quantity": 6, "due_at": due_at}]}),
            ("POST", "/sending", {}),
            ("POST", "/confirmation", {}),
            ("POST", "/revision", revision),
            ("POST", "/notices", notice),
            ("POST", "/receipts", receipt),
            ("POST", "/receipts", receipt),  # told again, under another key: no further effect
            ("POST", "/closing", {"reason": "the rest never comes"}),
        )  # fmt: skip
        self.ledger.posted[f"purchase_order:{name}"] += 5
        return made is not None

    def transfer(self, name: str) -> bool:
        plan = {
            "source": self.place,
            "target": "lille",
            "lines": [{"sku": self.sku, "quantity": 4}],
            "due_at": in_days(2),
        }
        made = self.on_record(
            "transfer", name, "/v1/transfers",
            ("PUT", "", plan),
            ("POST", "/approval", {}),
            ("POST", "/picking", {}),
            ("POST", "/shipping", {}),
            ("POST", "/receipts", {"receipt": "1", "lines": [{"line": 1, "quantity": 2, "damaged": 1}]}),
            ("POST", "/receipts", {"receipt": "2", "lines": [], "complete": True}),
        )  # fmt: skip
        # picked, sent, and come or missing
        self.ledger.posted[f"transfer:{name}"] += 4 + 4 + 4
        return made is not None

    def count(self, name: str) -> bool:
        path, lines = "/v1/counts", [self.sku]
        if (
            self.on_record(
                "count", name, path, ("PUT", "", {"location": self.place, "lines": lines}), ("POST", "/opening", {})
            )
            is None
        ):
            return False
        status, shelf = self.client.until_answered("GET", f"/v1/stock?sku={self.sku}&location={self.place}")
        assert status == 200, shelf
        row = next(row for row in shelf["items"] if row["location"] == self.place)
        found = {"location": self.place, "lines": [{"sku": self.sku, "quantity": row["sellable"] + 1}]}
        done = self.on_record("count", name, path, ("POST", "/results", found), ("POST", "/approval", {}))
        if done is not None:
            line = done["lines"][0]
            difference, missing = line["quantity"] - line.get("expected", 0), row["missing"]
            # Units that were missed before are found first; what is missed still is written off.
            self.ledger.posted[f"count:{name}"] += abs(difference) + missing - min(missing, max(0, difference))
        return done is not None

    def promise(self, name: str) -> bool:
        asked = {
            "channel": self.place, "lines": [{"sku": self.sku, "quantity": 2}], "place": {"country": "FR"},
            "methods": ["standard"], "quote_for_s": 600, "hold": True,
        }  # fmt: skip
        quoted = self.client.do("POST", "/v1/promises", asked, f"{name}-quote")
        if quoted is None:
            return False
        by = {"quote": quoted["quote"], "quote_option": quoted["options"][0]["id"], "cart_hold": quoted["cart_hold"]}
        placed = self.bought(name, quantity=2, groups=[{"address": ADDRESS, "method": "standard"}], **by)
        if placed is not None:
            self.ledger.versions["quote", quoted["quote"]] = 2  # made, and ordered by
        return placed is not None

    def decide(self, name: str) -> bool:
        """Something is sold before it comes, comes later, and the customer is asked."""
        sku = name.upper()
        self.client.do("PUT", "/v1/skus", {"skus": [{"code": sku, "peg_days": 60}]}, f"{name}-sku")
        line = {"sku": sku, "quantity": 5, "due_at": in_days(4)}
        late = {"lines": [{"line": 1, "due_at": in_days(30)}], "reason": "late"}
        path = "/v1/purchase-orders"
        made = ("PUT", "", {"location": self.place, "lines": [line]})
        if self.on_record("purchase_order", name, path, made, ("POST", "/sending", {})) is None:
            return False
        placed = self.bought(name, sku)
        if placed is None or self.on_record("purchase_order", name, path, ("POST", "/revision", late)) is None:
            return False
        found = self.awaited(f"/v1/orders/{placed['id']}", lambda answer: answer["order"].get("asked"))
        if not found:
            return False
        asked = f"/v1/decisions/{found['order']['asked'][0]['id']}"
        decision = self.awaited(asked, lambda answer: answer["state"] == "sent")
        if not decision:
            return False
        option = self.dice.choice([each["code"] for each in decision["options"]])
        answer = {"option": option, "reason": "called us"}
        executed = self.client.do("POST", f"{asked}/answer", answer, f"{name}-answer")
        if executed is not None:
            self.ledger.answered[decision["id"]] = option
        return executed is not None

    def rule(self, name: str) -> bool:
        self.policies += 1
        text = POLICY.format(name=name, channel=self.place)
        steps: list[tuple[str, str, Any]] = [
            ("PUT", "", {"text": text}),
            ("POST", "/activations", {"policy_version": self.policies}),
        ]
        if self.policies > 1 and self.dice.random() < 0.5:
            steps.append(("POST", "/rollbacks", {}))
        path = "/v1/policies"
        for number, (method, rest, body) in enumerate(steps):
            answer = self.client.do(method, f"{path}/{self.place}{rest}", body, f"{name}-{number}")
            if answer is None:
                return False
            self.ledger.versions["policy", self.place] = answer["version"]
        return True

    def wave(self, name: str) -> bool:
        """Routed, accepted, picked in a wave under the scanner, packed, handed over, and on a manifest."""
        placed = self.bought(name, quantity=2)
        work = self.routed(placed) if placed is not None else ""
        if placed is None or not work:
            return False
        do = self.client.do
        do("POST", f"{work}/acceptances", {}, f"{name}-accept")
        if (
            self.on_record("wave", name, "/v1/waves", ("PUT", "", {"location": self.place, "by": "batch", "most": 500}))
            is None
        ):
            return False
        wave = self.awaited(f"/v1/waves/{name}", lambda answer: True)
        if wave is None:
            return False
        for stop in wave["lists"][0]["stops"]:
            if (
                self.on_record(
                    "wave",
                    name,
                    "/v1/waves",
                    ("POST", "/scans", {"list": 1, "code": stop["sku"], "quantity": stop["quantity"]}),
                )
                is None
            ):
                return False
        self.on_record("wave", name, "/v1/waves", ("POST", "/completions", {"list": 1}))
        if not self.awaited(f"/v1/orders/{placed['id']}", lambda answer: units(answer, "picked") == 2):
            return False
        parcel = {
            "items": [{"line": 1, "quantity": 2}],
            "weight_g": 500,
            "carrier": "own",
            "tracking_number": f"OWN-{name}",
        }
        do("POST", f"{work}/packings", {"parcels": [parcel]}, f"{name}-pack")
        do("POST", f"{work}/shipments", {"carrier": "own"}, f"{name}-ship")
        today = datetime.now(UTC).date().isoformat()
        return (
            do(
                "PUT",
                f"/v1/manifests/{name}",
                {"location": self.place, "carrier": "own", "day": today},
                f"{name}-manifest",
            )
            is not None
        )

    def reject(self, name: str) -> bool:
        placed = self.bought(name)
        work = self.routed(placed) if placed is not None else ""
        body = {"reason": "not found", "shelf": "missing"}
        return bool(work) and self.client.do("POST", f"{work}/rejections", body, f"{name}-reject") is not None

    def collect(self, name: str) -> bool:
        """Picked up in the store by somebody who has forgotten the code."""
        placed = self.bought(name, groups=[{"pickup_location": self.place}])
        work = self.routed(placed) if placed is not None else ""
        if not work:
            return False
        items = [{"line": 1, "quantity": 1}]
        for step, body in (
            ("acceptances", {}), ("picks", {"lines": items}), ("packings", {"parcels": [{"items": items}]}),
            ("pickup", {}), ("collections", {"without_code": "passport seen"}),
        ):  # fmt: skip
            if self.client.do("POST", f"{work}/{step}", body, f"{name}-{step}") is None:
                return False
        return True

    def redirect(self, name: str) -> bool:
        """What was to be collected is sent instead, while a hold keeps it from being routed."""
        hold = {"type": "address", "reason": "look at it"}
        placed = self.bought(name, groups=[{"pickup_location": self.place}], holds=[hold])
        if placed is None:
            return False
        path = f"/v1/orders/{placed['id']}"
        sent = self.client.do(
            "POST", f"{path}/deliveries", {"group": 1, "address": ADDRESS}, f"{name}-to", may_fail=True
        )
        lifted = self.client.do("DELETE", f"{path}/holds/1", None, f"{name}-lift")
        return sent is not None and lifted is not None

    def tills(self, name: str) -> bool:
        """A till that tells everything again: each ticket has one effect."""
        ticket = {"till": name, "lines": [{"kind": "sale", "sku": self.sku, "quantity": 2}]}
        tickets = [{**ticket, "sequence": number} for number in (1, 2, 3)]
        path = f"/v1/locations/{self.place}/pos-batches"
        for sent in (tickets[:2], tickets, tickets):
            status, answer = self.client.until_answered("POST", path, {"tickets": sent})
            if status != 200 or answer["refused"]:
                self.ledger.wrong.append(f"tickets {name}: {status} {answer}")
                return False
        for number in (1, 2, 3):
            self.ledger.versions["ticket", f"{self.place}:{name}:{number}"] = 1
        return True

    def box(self, name: str) -> bool:
        size = {"length_mm": 300, "width_mm": 200, "height_mm": 100, "max_weight_g": 5_000}
        return (
            self.on_record("box", name, "/v1/boxes", ("PUT", "", size), ("PUT", "", {**size, "tare_g": 90})) is not None
        )

    def reallocate(self, name: str) -> bool:
        """Who orders last gets the only unit of who ordered first."""
        sku = name.upper()
        self.client.do("PUT", "/v1/skus", {"skus": [{"code": sku, "short_policy": "backorder"}]}, f"{name}-sku")
        one = {"sku": sku, "location": self.place, "quantity": 1, "reason": "received"}
        self.client.do("POST", "/v1/stock/adjustments", one, f"{name}-stock")
        first, last = self.bought(f"{name}-first", sku), self.bought(f"{name}-last", sku, priority=9)
        if first is None or last is None:
            return False
        take = {"order": first["id"], "line": 1, "quantity": 1}
        body = {"order": last["id"], "line": 1, "sku": sku, "takes": [take], "reason": "a doctor"}
        return self.on_record("reallocation", name, "/v1/reallocations", ("PUT", "", body)) is not None


def units(answer: Any, bucket: str) -> int:
    """Units of an order in a bucket."""
    return sum(line["units"].get(bucket, 0) for line in answer["order"]["lines"])
