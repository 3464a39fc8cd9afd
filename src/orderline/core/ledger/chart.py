"""Charts of accounts: what the accounts of the ledger are called in the books of the company. TOML in, codes out.

kind = "chart"; `entity`: whose; `accounts`: a code for each account, or for one of its sub-accounts ("tax_payable/VAT").
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

import msgspec

from orderline.core.ledger.state import Account, LedgerEntry
from orderline.core.policies.documents import Fault, convert, nearest_to, parse_document, refuse
from orderline.core.policies.state import Scope
from orderline.values.money import render_minor

LONGEST_CODE: Final = 60
# An account that may be left out goes by the code of another.
INSTEAD: Final = {Account.EXCHANGE: Account.FX}
COLUMNS: Final = (
    "entity", "day", "entry", "account", "name", "sub", "debit", "credit", "currency", "base_debit", "base_credit",
    "base", "rate", "cause", "document", "source",
)  # fmt: skip


class Chart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A chart as it is written. entity: whose books it is for; empty: those that have none of their own."""

    kind: str
    accounts: dict[str, Any]
    entity: str = ""
    description: str = ""

    def code_of(self, account: str, sub: str) -> str:
        """What an account is called: by its sub-account where that has a code, else as a whole."""
        own = self.accounts.get(f"{account}/{sub}") or self.accounts.get(account)
        return own or self.accounts[INSTEAD[Account(account)]]


@lru_cache(maxsize=32)
def compile_chart(text: str, version: str) -> Chart:
    """A chart of a text. Refused POLICY_MALFORMED, POLICY_INVALID: all that is wrong, with its place."""
    document = parse_document(text)
    chart = convert(document, Chart)
    known = [str(account) for account in Account]
    faults: list[Fault] = [
        document.fault(
            ("accounts", key), f"there is no account `{key.partition('/')[0]}`", expected="one of " + ", ".join(known),
            nearest=nearest_to(key.partition("/")[0], known), key=True,
        )
        for key in chart.accounts
        if key.partition("/")[0] not in known
    ]  # fmt: skip
    faults += [
        document.fault(("accounts", key), f"{code!r} is no code", expected=f"a text of 1 to {LONGEST_CODE} characters")
        for key, code in chart.accounts.items()
        if not isinstance(code, str) or not 0 < len(code.strip()) == len(code) <= LONGEST_CODE
    ]
    missing = [account for account in known if account not in chart.accounts and account not in INSTEAD]
    if missing and not faults:
        told = f"{len(missing)} accounts have no code: {', '.join(missing)}"
        faults.append(document.fault(("accounts",), told, expected="a code for each account", key=True))
    if faults:
        raise refuse(sorted(faults, key=lambda fault: (fault.line, fault.column)))
    return chart


def check_chart(text: str, entities: Iterable[str]) -> Scope:
    """As `compile_chart`, for an entity that there is."""
    chart, known = compile_chart(text, ""), list(entities)
    if chart.entity and chart.entity not in known:
        raise refuse(
            [
                parse_document(text).fault(
                    ("entity",), f"there is no entity `{chart.entity}`", expected="the code of an entity",
                    nearest=nearest_to(chart.entity, known),
                )
            ]
        )  # fmt: skip
    return Scope()


def row_of(chart: Chart, entity: str, line: LedgerEntry) -> tuple[str, ...]:
    """An entry as a row of the journal, with amounts as people write them."""
    return (
        entity, str(line.day), f"{line.source}-{line.seq}", chart.code_of(line.account, line.sub), line.account, line.sub,
        *_sides(line.amount_minor, line.currency), line.currency,
        *(_sides(line.base_minor, line.base) if line.base else ("", "")), line.base, line.rate, line.cause,
        line.document, f"{line.source_kind} {line.source}",
    )  # fmt: skip


def _sides(minor: int, currency: str) -> tuple[str, str]:
    """Debit and credit; the other one is empty."""
    amount = render_minor(abs(minor), currency)
    return (amount, "") if minor >= 0 else ("", amount)
