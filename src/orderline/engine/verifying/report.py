"""What verify answers: one line per invariant, and the faults with the keys of their rows."""

from collections.abc import Iterable
from typing import Final

import msgspec

from orderline.engine.verifying.invariants import Invariant

FAULTS_TOLD: Final = 20


class InvariantReport(msgspec.Struct, frozen=True):
    """One invariant: how many were checked, how many were at fault, and the first of those, in a sentence each."""

    name: str
    about: str
    checked: int
    faults: int
    examples: tuple[str, ...]
    seconds: float


class VerifyReport(msgspec.Struct, frozen=True):
    """All invariants, in their order. `orders`: how many were folded; `whole`: whether those were all there are."""

    invariants: tuple[InvariantReport, ...]
    orders: int
    whole: bool
    seconds: float

    @property
    def faults(self) -> int:
        """The faults of all invariants together."""
        return sum(each.faults for each in self.invariants)

    def checked_of(self, invariant: str) -> int:
        """How many were looked at for one invariant."""
        return sum(each.checked for each in self.invariants if each.name == invariant)

    def faults_of(self, invariant: str) -> int:
        """How many of those were at fault."""
        return sum(each.faults for each in self.invariants if each.name == invariant)

    @property
    def is_clean(self) -> bool:
        """Is there no fault at all?"""
        return self.faults == 0


class Tally:
    """Counts what is checked and what is at fault, invariant by invariant."""

    def __init__(self) -> None:
        self.seconds: dict[Invariant, float] = {}
        self._checked: dict[Invariant, int] = {}
        self._faults: dict[Invariant, int] = {}
        self._examples: dict[Invariant, list[str]] = {}

    def checked(self, invariant: Invariant, count: int = 1) -> None:
        """Note that so many were looked at."""
        self._checked[invariant] = self._checked.get(invariant, 0) + count

    def fault(self, invariant: Invariant, sentence: str) -> None:
        """Note a fault; the sentence names the row."""
        self.faults(invariant, 1, [sentence])

    def faults(self, invariant: Invariant, count: int, sentences: Iterable[str]) -> None:
        """Note several faults, with sentences for the first of them."""
        self._faults[invariant] = self._faults.get(invariant, 0) + count
        examples = self._examples.setdefault(invariant, [])
        examples.extend(list(sentences)[: max(0, FAULTS_TOLD - len(examples))])

    def took(self, invariant: Invariant, seconds: float) -> None:
        """Note the time an invariant has taken."""
        self.seconds[invariant] = self.seconds.get(invariant, 0.0) + seconds

    def reports(self) -> tuple[InvariantReport, ...]:
        """One line per invariant that was looked at, in the order of `Invariant`."""
        return tuple(
            InvariantReport(
                name=each.value,
                about=each.about,
                checked=self._checked.get(each, 0),
                faults=self._faults.get(each, 0),
                examples=tuple(self._examples.get(each, ())),
                seconds=round(self.seconds.get(each, 0.0), 3),
            )
            for each in Invariant
            if each in self._checked or each in self._faults
        )
