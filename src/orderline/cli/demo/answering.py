"""Customers of the demo: they read their mail, follow the link and answer, or they don't."""

import random
import re
from collections import Counter
from typing import Any, Final

from orderline.cli.demo.scenes import Set, Told
from orderline.cli.plain import amount, count
from orderline.core.decisions.links import QUESTION_PAGE

LINK: Final = re.compile(rf"{QUESTION_PAGE}(\S+)")
# Of ten customers, how many leave a question unanswered.
SILENT: Final = {"app": 4, "web": 2}
# What people choose, the likeliest first, as far as it is offered to them.
WISHES: Final = {
    "delay": (("accept", 6), ("wait", 6), ("split", 2), ("cancel", 4)),
    "unfillable": (("store", 6), ("wait", 3), ("cancel", 4)),
}


class Customers:
    """Whoever is asked something. idle: everybody who answers at all has."""

    def __init__(self, set_: Set) -> None:
        self.idle = True
        self._set = set_
        self._done: set[str] = set()
        self._answers: Counter[str] = Counter()

    async def look(self) -> None:
        """Answer what came by mail."""
        open_ = [each for each in await self._set.pages("/v1/decisions", state="sent") if self._is_new(each)]
        for each in open_:
            await self._answer(each)
        self.idle = not open_

    def _is_new(self, decision: dict[str, Any]) -> bool:
        return f"{decision['id']} {decision['sendings']}" not in self._done

    async def _answer(self, decision: dict[str, Any]) -> None:
        dice = random.Random(f"answer {decision['number']} {decision['cause']}")
        key = f"{decision['id']} {decision['sendings']}"
        if dice.randrange(10) < SILENT.get(decision["channel"], 0):
            self._done.add(key)
            return
        link = await self._link(decision["number"])
        if not link:
            return
        self._done.add(key)
        shown = (await self._set.visitor.send("GET", link, None)).json()
        chosen = _chosen(dice, decision["cause"], [each["code"] for each in shown.get("options", ())])
        if chosen:
            answer = await self._set.visitor.send("POST", link, {"option": chosen})
            self._answers[chosen.partition(":")[0]] += answer.is_success

    async def _link(self, number: str) -> str:
        """The link in the last mail about an order that has one."""
        for each in (await self._set.mail.read("/notices/messages", about=number))["messages"]:
            if found := LINK.search(each["message"]["text"]):
                return f"/v1/decisions/by-link/{found.group(1)}"
        return ""

    async def told(self) -> Told | None:
        """What became of everything that was asked."""
        decisions = await self._set.pages("/v1/decisions")
        if not decisions:
            return None
        states = Counter(each["state"] for each in decisions)
        ways = Counter(each["evidence"]["channel"] for each in decisions if each["state"] == "executed")
        back = sum(_money(each) for each in decisions if each["state"] == "executed")
        answers = ", ".join(f"{name} {number}" for name, number in self._answers.most_common())
        parts = (
            (ways["link"], f"answered by the link in their mail ({answers})"),
            (ways["silence"], "kept silent, and the default was carried out"),
            (states["sent"], "have time left"),
            (states["drafted"], "wait for somebody who passes the question on"),
            (states["withdrawn"], "had nothing to decide any more"),
        )
        said = ", ".join(f"{number} {what}" for number, what in parts if number)
        text = f"{count(len(decisions), 'customer')} had to be asked what to do: {said}; {amount(-back, 'EUR')} less is owed."
        figures = {
            "asked": len(decisions), "answered": ways["link"], "defaulted": ways["silence"], "open": states["sent"],
            "drafted": states["drafted"], "withdrawn": states["withdrawn"], "minor": back,
        }  # fmt: skip
        # those whom the late supplier has hurt are the more telling ones
        executed = [each for each in decisions if each["state"] == "executed"]
        executed.sort(key=lambda each: bool(each["about"].get("supply")))
        examples = {each["evidence"]["channel"]: each["number"] for each in executed}
        return Told("decisions", text, figures, examples)


def _chosen(dice: random.Random, cause: str, offered: list[str]) -> str:
    """An option that is offered and needs nothing else."""
    wishes = [
        (code, weight) for wish, weight in WISHES.get(cause, ()) for code in offered if code.partition(":")[0] == wish
    ]
    if not wishes:
        return ""
    return dice.choices([code for code, _ in wishes], [weight for _, weight in wishes])[0]


def _money(decision: dict[str, Any]) -> int:
    """What the option that was carried out has changed of what is owed."""
    chosen = decision["evidence"]["answer"]
    option = next((each for each in decision["options"] if each["code"] == chosen), {})
    return int(option.get("preview", {}).get("money_minor", 0))
