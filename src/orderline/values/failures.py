"""The kinds of failure: a refusal, trouble, and everything else, which is a bug."""

from enum import StrEnum
from typing import Any


class Refused(Exception):
    """The present state, or the input, does not allow what was asked; nothing has changed.

    code: a member of the refusal enum of a capability; stable, part of the API.
    facts: what the caller needs to mend it: `field`, `value`, `allowed`, `blocked_by` ... (JSON values).
    """

    def __init__(self, code: StrEnum, **facts: Any) -> None:
        super().__init__(str(code))
        self.code: StrEnum = code
        self.facts: dict[str, Any] = facts

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.code.value}: {told}" if told else self.code.value


class Trouble(Exception):
    """Something outside did not answer as it should; it may pass, so the worker tries again.

    in_doubt: the request may have reached the other side before the answer was lost, so that the effect
    has to be asked for before it is asked for again.
    """

    def __init__(
        self, system: str, message: str = "", *, retry_after_s: int | None = None, in_doubt: bool = False
    ) -> None:
        super().__init__(f"{system}: {message}" if message else system)
        self.system = system
        self.message = message
        self.retry_after_s = retry_after_s
        self.in_doubt = in_doubt
