"""What clients of the crash test were told: each asks until it is answered, and what was acknowledged is remembered."""

import json
import threading
import time
from collections import Counter
from http.client import HTTPConnection, HTTPException
from random import Random
from typing import Any

GIVE_UP_S = 150


class Ledger:
    """What all clients together were told, and what contradicts it.

    acknowledged: order ids by external id. versions: of records that one client alone changes, by kind and id.
    posted: units that entries of the stock ledger have by their cause. answered: the option of decision requests.
    done: chains of work that came to their end, by name. refunded: orders whose money is to go back.
    """

    def __init__(self) -> None:
        self.acknowledged: dict[str, str] = {}
        self.versions: dict[tuple[str, str], int] = {}
        self.posted: Counter[str] = Counter()
        self.answered: dict[str, str] = {}
        self.refunded: set[str] = set()
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.answers: Counter[int] = Counter()
        self.repeated = 0
        self.received = 0
        self.wrong: list[str] = []
        self.stopping = threading.Event()
        self.lock = threading.Lock()


class Client:
    """One connection, made again when it breaks."""

    def __init__(self, port: int, key: str, ledger: Ledger | None = None, seed: int = 0) -> None:
        self._port = port
        self._key = key
        self._ledger = ledger or Ledger()
        self._dice = Random(seed)
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

    def until_answered(self, method: str, path: str, body: Any = None, key: str = "") -> tuple[int, Any]:
        """What is answered in the end, however often it takes; always with the same key."""
        give_up_at = time.monotonic() + GIVE_UP_S
        pause = 0.02
        while True:
            status, answer = self.ask(method, path, body, key)
            self._ledger.answers[status] += 1
            if 200 <= status < 500 and status != 429:
                return status, answer
            assert time.monotonic() < give_up_at, f"{method} {path}: no answer, at last {status} {answer}"
            time.sleep(pause)
            pause = min(pause * 2, 0.5)

    def do(self, method: str, path: str, body: Any, key: str, *, may_fail: bool = False) -> Any:
        """The answer of a command; now and then it is sent once more, and has to have the same answer.

        None: it was refused, which is noted as wrong unless it `may_fail`.
        """
        ledger = self._ledger
        status, answer = self.until_answered(method, path, body, key)
        if not 200 <= status < 300:
            ledger.refused[answer.get("code", "?") if isinstance(answer, dict) else "?"] += 1
            if not may_fail:
                ledger.wrong.append(f"{method} {path} {body} was answered {status} {answer}")
            return None
        if self._dice.random() < 0.2:
            again = self.until_answered(method, path, body, key)
            ledger.repeated += 1
            if again != (status, answer):
                ledger.wrong.append(f"{method} {path} was answered {status} {answer}, and then {again}")
        return answer

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
