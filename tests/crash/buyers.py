"""Clients that buy: they place orders, send some of them twice, cancel some, and receive stock."""

import threading
from random import Random
from typing import Any

from crash.ledger import Client, Ledger

ADDRESS = {"name": "Ann Lee", "lines": ["1 Rue de la Paix"], "city": "Lyon", "postal_code": "69001", "country": "FR"}
HOT = "TEE-HOT"


class Buyers:
    """Threads that buy until they are stopped."""

    def __init__(self, port: int, key: str, ledger: Ledger, threads: int) -> None:
        self._port, self._key, self._ledger = port, key, ledger
        self._threads = [threading.Thread(target=self._buy, args=(number,), daemon=True) for number in range(threads)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Let each finish what it has begun."""
        for thread in self._threads:
            thread.join(180)
            assert not thread.is_alive(), "a buyer got no answer for minutes"

    def _buy(self, number: int) -> None:
        ledger = self._ledger
        client, dice, count = Client(self._port, self._key, ledger), Random(number), 0
        while not ledger.stopping.is_set():
            count += 1
            name = f"B{number}-{count}"
            body = order(name, HOT if dice.random() < 0.3 else f"SKU-{dice.randrange(50)}", dice.randint(1, 3))
            status, answer = client.until_answered("POST", "/v1/orders", body)
            if status == 201:
                with ledger.lock:
                    ledger.acknowledged[name] = answer["id"]
                if dice.random() < 0.1:
                    again, same = client.until_answered("POST", "/v1/orders", body)
                    if (again, same) != (201, answer) and again != 200:
                        ledger.wrong.append(f"{name} was answered {answer} and then {again} {same}")
                if dice.random() < 0.1:
                    path = f"/v1/orders/{answer['id']}/cancellations"
                    client.until_answered("POST", path, {"reason": "changed my mind"}, f"cancel-{name}")
            else:
                ledger.refused[answer.get("code", "?") if isinstance(answer, dict) else "?"] += 1
            if count % 20 == 0:
                adjustment = {"sku": "SKU-0", "location": "lyon", "quantity": 7, "reason": "received"}
                key = f"truck-{number}-{count}"
                status, _ = client.until_answered("POST", "/v1/stock/adjustments", adjustment, key)
                assert status in (200, 201), status
                with ledger.lock:
                    ledger.received += 7
        client.close()


def order(name: str, sku: str, quantity: int, channel: str = "web", **more: Any) -> dict[str, Any]:
    """The body of an order."""
    total = 2000 * quantity
    return {
        "channel": channel,
        "external_id": name,
        "currency": "EUR",
        "lines": [{"sku": sku, "quantity": quantity, "unit_price_minor": 2000}],
        "total_minor": total,
        "taxes_included": True,
        "customer": {"name": "Ann Lee", "email": "ann@example.com"},
        "groups": [{"address": ADDRESS}],
        "tenders": [{"provider": "sandbox_payments", "token": "tok_ok", "amount_minor": total}],
        **more,
    }
