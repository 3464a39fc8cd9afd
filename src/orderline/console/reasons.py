"""Why something was done, in the language of a page: what people have typed stays as it is, what code has said is translated."""

import re
from typing import Final

from orderline.console.languages import OWN, Language, word

# Reasons that code puts together, and the texts they are told by: what is filled in has the names of the groups.
COMPOSED: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern, re.DOTALL), text)
    for pattern, text in (
        (r"return (?P<number>\d+)", word("return %(number)s")),
        (r"return (?P<number>\d+) came to nothing", word("return %(number)s came to nothing")),
        (r"renewed by tender (?P<number>\d+)", word("renewed by tender %(number)s")),
        (r"declined: (?P<code>.*)", word("declined: %(code)s")),
        (
            r"installment (?P<number>\d+) of (?P<all>\d+) is to be paid",
            word("installment %(number)s of %(all)s is to be paid"),
        ),
        (r"decision (?P<number>\S+)", word("decision %(number)s")),
        (r"quote (?P<number>.+)", word("quote %(number)s")),
        (r"ticket (?P<number>\S+)", word("ticket %(number)s")),
        (r"(?P<state>\S+) in the file", word("%(state)s in the file")),
        (
            r"(?P<company>\S+) would owe (?P<owed>\S+) of at most (?P<most>\S+ \S+), (?P<more>\S+) for this order",
            word("%(company)s would owe %(owed)s of at most %(most)s, %(more)s for this order"),
        ),
    )
)


def reason_in(spoken: Language, reason: str) -> str:
    """The reason in the language, as far as it is one of ours."""
    if not reason or spoken.code == OWN:
        return reason
    words = reason.replace("_", " ")
    said = spoken.gettext(words)
    if said != words:
        return said
    for pattern, text in COMPOSED:
        if found := pattern.fullmatch(reason):
            return spoken.gettext(text, **found.groupdict())
    return reason
