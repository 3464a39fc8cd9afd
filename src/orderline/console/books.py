"""The books: the trial balance of a day, the entries behind each of its figures, and what customers owe by age."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from orderline.console.languages import word
from orderline.console.listings import head_of
from orderline.console.visits import Sent, Shown, Visit, sent_whole

MAIN: Final = "main"  # the entity whose books are shown when none was asked for
MOST: Final = 100
AGES: Final = (
    ("not_due", word("Not due")), ("to_30", word("To 30 days")), ("to_60", word("To 60 days")), ("to_90", word("To 90 days")), ("over_90", word("Over 90 days")),
)  # fmt: skip


async def balance(visit: Visit) -> Shown:
    """Each account with what stands on it at the end of a day, by currency."""
    given = given_of(visit, "entity", "since", "until")
    currency = visit.query.get("currency", "").strip().upper()
    found = await visit.ask("read_trial_balance", query=given)
    sums = {each["currency"]: each for each in found["sums"] if currency in ("", each["currency"])}
    accounts = {name: [each for each in found["accounts"] if each["currency"] == name] for name in sums}
    about = {
        **head_of(visit, "/ledger"), "given": given, "currency": currency, "entity": found["entity"], "sums": sums,
        "currencies": [each["currency"] for each in found["sums"]], "accounts": accounts,
        "entities": await entities(visit, found["entity"]), "today": datetime.now(UTC).date().isoformat(),
    }  # fmt: skip
    return Shown("balance.html", about)


async def entries(visit: Visit) -> Shown:
    """What was posted on an account, the oldest first."""
    given = given_of(visit, "entity", "sub", "currency", "since", "until")
    account = visit.path["account"]
    cursor = visit.query.get("cursor", "")
    found = await visit.ask(
        "list_ledger_entries", {"account": account}, query={**given, "limit": MOST, "cursor": cursor}
    )
    about = {
        **head_of(visit, "/ledger"), "given": given, "account": account, "rows": found["items"], "next": found["next"],
        "entity": given["entity"] or MAIN, "figure": None if cursor else await _figure(visit, account, given),
    }  # fmt: skip
    return Shown("entries.html", about)


async def _figure(visit: Visit, account: str, given: Mapping[str, str]) -> dict[str, Any] | None:
    """The one figure of the trial balance that the entries are of; None: they are of several."""
    asked = {name: given[name] for name in ("entity", "since", "until")}
    told = await visit.ask("read_trial_balance", query=asked)
    mine = [
        each
        for each in told["accounts"]
        if each["account"] == account
        and given["sub"] in ("", each["sub"])
        and given["currency"] in ("", each["currency"])
    ]
    return mine[0] if len(mine) == 1 else None


async def journal(visit: Visit) -> Sent:
    """The books of a day as a file for the accountants."""
    day = visit.path["day"]
    reply = await visit.fetch("read_ledger_journal", query={"day": day, "entity": visit.query.get("entity", "")})
    return sent_whole(reply.body, "text/csv; charset=utf-8", f"journal-{day}.csv")


async def receivables(visit: Visit) -> Shown:
    """What each company owes, by how long it has been due, and the invoices behind it."""
    given = given_of(visit, "entity", "day", "company")
    found = await visit.ask("read_aged_receivables", query=given)
    rows = [
        {**each, "share": _shares(each)}
        for each in sorted(found["balances"], key=lambda row: (row["currency"], -row["open_minor"], row["company"]))
    ]
    about = {
        **head_of(visit, "/receivables"), "given": given, "on": found["on"], "rows": rows, "invoices": found.get("invoices", ()),
        "ages": AGES, "sums": _sums(rows), "entity": found["entity"], "entities": await entities(visit, found["entity"]),
    }  # fmt: skip
    return Shown("receivables.html", about)


async def receivables_file(visit: Visit) -> Sent:
    """The invoices that are not paid, as a file."""
    given = given_of(visit, "entity", "day", "company")
    reply = await visit.fetch("export_aged_receivables", query=given)
    day = given["day"] or datetime.now(UTC).date().isoformat()
    return sent_whole(reply.body, "text/csv; charset=utf-8", f"receivables-{day}.csv")


async def entities(visit: Visit, shown: str) -> list[str]:
    """The legal entities that can be chosen, and the one that is shown."""
    known: list[dict[str, Any]] = []
    if visit.may("list_entities"):
        known = (await visit.ask("list_entities", query={"limit": 200}))["items"]
    return sorted({MAIN, shown, *(each["code"] for each in known)})


def given_of(visit: Visit, *names: str) -> dict[str, str]:
    """The filters by their names, empty where one was not given."""
    return {name: visit.query.get(name, "").strip() for name in names}


def _shares(row: Mapping[str, Any]) -> list[tuple[str, int, int]]:
    """What is owed by age as parts of a bar 1000 wide: the age, where it begins, how wide it is."""
    parts = [(name, max(int(row[f"{name}_minor"]), 0)) for name, _ in AGES]
    total = sum(size for _, size in parts)
    found: list[tuple[str, int, int]] = []
    before = 0
    for name, size in parts:
        if size:
            found.append((name, before * 1000 // total, (before + size) * 1000 // total - before * 1000 // total))
        before += size
    return found


def _sums(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    names = [*(f"{name}_minor" for name, _ in AGES), "on_no_invoice_minor", "open_minor"]
    found: dict[str, dict[str, int]] = {}
    for each in rows:
        of = found.setdefault(each["currency"], dict.fromkeys(names, 0))
        for name in names:
            of[name] += each[name]
    return found
