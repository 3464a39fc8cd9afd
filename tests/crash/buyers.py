"""Clients that never give up: each order is sent until it is answered, and what was acknowledged is remembered."""

import json
import threading
import time
from collections import Counter
from http.client import HTTPConnection, HTTPException
from random import Random
from typing import Any

ADDRESS = {"name": "Ann Lee", "lines": ["1 Rue de la Paix"], "city": "Lyon", "postal_code": "69001", "country": "FR"}
HOT = "TEE-HOT"


class Client:
    """One connection, made again when it breaks."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._key = key
        self._connection: HTTPConnection | None = None

    def ask(self, method: str, path: str, body: Any = None, key: str = "") -> tuple[int, Any]:
        """Status and body; (0, None) when there was no answer."""
        headers = {"authorization": f"Bearer {self._key}", "content-type": "application/json"}
        if key:
            headers["idempotency-key"] = key
        try:
            if self._connection is None:
                self._connection = HTTPConnection("127.0.0.1", self._port, timeout=30)
            self._connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = self._connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else None
        except (OSError, HTTPException, ValueError):
            self.close()
            return 0, None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Buyers:
    """Threads that place orders, send some of them twice, cancel some, and receive stock."""

    def __init__(self, port: int, key: str, threads: int) -> None:
        self.acknowledged: dict[str, str] = {}
        self.refused: Counter[str] = Counter()
        self.received = 0
        self.answers: Counter[int] = Counter()
        self.wrong: list[str] = []
        self._port, self._key = port, key
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._buy, args=(number,), daemon=True) for number in range(threads)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let each finish what it has begun."""
        self._stop.set()
        for thread in self._threads:
            thread.join(180)
            assert not thread.is_alive(), "a buyer got no answer for minutes"

    def _buy(self, number: int) -> None:
        client, dice, count = Client(self._port, self._key), Random(number), 0
        while not self._stop.is_set():
            count += 1
            name = f"B{number}-{count}"
            body = order(name, HOT if dice.random() < 0.3 else f"SKU-{dice.randrange(50)}", dice.randint(1, 3))
            status, answer = self._until_answered(client, "POST", "/v1/orders", body)
            if status == 201:
                self._note(name, answer["id"])
                if dice.random() < 0.1:
                    again, same = self._until_answered(client, "POST", "/v1/orders", body)
                    if (again, same) != (201, answer) and again != 200:
                        self.wrong.append(f"{name} was answered {answer} and then {again} {same}")
                if dice.random() < 0.1:
                    path = f"/v1/orders/{answer['id']}/cancellations"
                    self._until_answered(client, "POST", path, {"reason": "changed my mind"}, f"cancel-{name}")
            else:
                self.refused[answer.get("code", "?") if isinstance(answer, dict) else "?"] += 1
            if count % 20 == 0:
                adjustment = {"sku": "SKU-0", "location": "lyon", "quantity": 7, "reason": "received"}
                key = f"truck-{number}-{count}"
                status, _ = self._until_answered(client, "POST", "/v1/stock/adjustments", adjustment, key)
                assert status in (200, 201), status
                with self._lock:
                    self.received += 7
        client.close()

    def _until_answered(self, client: Client, method: str, path: str, body: Any, key: str = "") -> tuple[int, Any]:
        give_up_at = time.monotonic() + 150
        pause = 0.02
        while True:
            status, answer = client.ask(method, path, body, key)
            self.answers[status] += 1
            if 200 <= status < 500 and status != 429:
                return status, answer
            assert time.monotonic() < give_up_at, f"{method} {path}: no answer, at last {status} {answer}"
            time.sleep(pause)
            pause = min(pause * 2, 0.5)

    def _note(self, name: str, order_id: str) -> None:
        with self._lock:
            self.acknowledged[name] = order_id


def order(name: str, sku: str, quantity: int) -> dict[str, Any]:
    """The body of an order."""
    total = 2000 * quantity
    return {
        "channel": "web",
        "external_id": name,
        "currency": "EUR",
        "lines": [{"sku": sku, "quantity": quantity, "unit_price_minor": 2000}],
        "total_minor": total,
        "taxes_included": True,
        "customer": {"name": "Ann Lee", "email": "ann@example.com"},
        "groups": [{"address": ADDRESS}],
        "tenders": [{"provider": "sandbox_payments", "token": "tok_ok", "amount_minor": total}],
    }
