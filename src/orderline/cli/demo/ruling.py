"""Rules and promises in the demo: a policy put in force at noon, and how well was kept what was promised."""

from collections.abc import Sequence
from typing import Any, Final

from orderline.cli.demo.play import Act
from orderline.cli.demo.scenes import Set, Told, hour
from orderline.cli.plain import count

POLICY: Final = "main"
TEXT: Final = """\
kind = "routing"
description = "VIPs as soon as can be, all others with little carbon and even shelves"

[[group]]
name = "VIPs"
sort = ["-priority", "promised_by"]
[group.select]
tags = ["vip"]
[[group.rule]]
name = "the earliest day"
objective = ["late", "days", "locations"]

[[group]]
name = "all others"
[[group.rule]]
name = "in time, in one parcel, with little carbon"
objective = ["late", "locations", "carbon", "stock_balance"]
"""


class Rules:
    """A version is put before the day, and holds from noon on; a wrong one is refused at its line."""

    def __init__(self, set_: Set) -> None:
        self._set = set_
        self._refused: dict[str, Any] = {}
        self._active = False

    def agenda(self) -> Sequence[tuple[float, Act]]:
        return ((hour(12), self._activate),)

    async def before(self) -> None:
        await self._set.api.must("PUT", f"/v1/policies/{POLICY}", {"text": TEXT}, key="policy-1")

    async def _activate(self) -> None:
        wrong = {"text": TEXT.replace('"carbon"', '"carbn"')}
        answer = await self._set.api.send("PUT", f"/v1/policies/{POLICY}", wrong, key="policy-wrong")
        self._refused = answer.json()
        path = f"/v1/policies/{POLICY}/activations"
        await self._set.api.must("POST", path, {"policy_version": 1}, key="policy-activation")
        self._active = True
        self._set.say(f"policy {POLICY} 1 holds from now on; a version with a misspelt objective was refused.")

    async def told(self) -> Told | None:
        if not self._active:
            return None
        kept = await self._set.api.read("/v1/promises/kept", parcels=20_000)
        by = {each["name"]: each["ended"] for each in kept["by_policy"]}
        mine = sum(number for name, number in by.items() if name.startswith(POLICY))
        text = (
            f"policy {POLICY} 1 holds since noon: {count(mine, 'line')} were promised and routed by it, "
            f"{count(sum(by.values()) - mine, 'line')} by the standard rules before; a misspelt one was refused."
        )
        return Told("policy", text, {"lines": mine, "before": sum(by.values()) - mine}, {"policy": POLICY})


class Promises:
    """Some shoppers ask first: they are quoted dates, with units held, and order by an option."""

    def __init__(self, set_: Set) -> None:
        self._set = set_

    def agenda(self) -> Sequence[tuple[float, Act]]:
        return ()

    async def before(self) -> None:
        """They ask when they order."""

    async def told(self) -> Told | None:
        tally = self._set.player.tally
        overall = (await self._set.api.read("/v1/promises/kept", parcels=20_000))["overall"]
        if not overall["ended"]:
            return None
        missed = overall["ended"] - overall["kept"]
        text = (
            f"{count(tally.quoted, 'cart')} asked first, were quoted dates with their units held, and {tally.quotes_used} "
            f"ordered by an option; of {count(overall['ended'], 'promised line')} {overall['kept']:,} were kept, {missed} missed."
        )
        figures = {
            "quoted": tally.quoted,
            "ordered": tally.quotes_used,
            "ended": overall["ended"],
            "kept": overall["kept"],
        }
        return Told("promises", text, figures)
