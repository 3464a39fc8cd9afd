"""The command `orderline`: its commands by name, each imported when it is asked for; failures told plainly."""

import os
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import Any, Final

import click
import msgspec

from orderline.cli.ports import Failure, Installation
from orderline.values.failures import Refused, Trouble

# name: (what it is for, module under `orderline.cli` and its name there)
COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "demo": ("Start everything and watch a day of orders go through.", "demo.command:demo"),
    "serve": ("Run Orderline: the API and, in the same process, the worker.", "running:serve"),
    "worker": ("Run a worker of its own, beside `serve --no-worker`.", "running:worker"),
    "sandbox": ("Run partners to try with: payments, carrier, warehouse, shop, notices, scorer.", "running:sandbox"),
    "order": (
        "Look at orders and change them: show, list, find, fees, give, cancel, change, propose, undo, undo-handover, hold,"
        " release, reject, escalate, annotate.",
        "appeasements:order",
    ),
    "return": (
        "Goods that come back: list, show, quote, request, approve, decline, withdraw, send, receive, grade, dispose, "
        "send-back, assess, answer-quote, repaired, replace, credit, deny, settle.",
        "returning:returns",
    ),
    "photo": ("Photos of goods of an order: add, list, save.", "photos:photo"),
    "draft": ("Orders on the phone and quotes: list, show, put, again, offer, order, discard.", "drafts:draft"),
    "decision": ("Questions to customers and others: list, show, answer, send, withdraw.", "decisions:decision"),
    "promise": ("Promises: explain, quote, quotes, hold, release, show, kept, hours.", "quotes:promise"),
    "stock": (
        "Look at stock, change and plan it: explain, show, as-of, put, adjust, supply, vendors, demand, listings, lots, recall, "
        "substitutes, gaps, cover, replenish, reallocate, approve-reallocation, plan-count, tasks.",
        "stock_planning:stock",
    ),
    "policy": (
        "Rules in versions: validate, put, activate, rollback, retire, diff, show, simulate, shadow, shadow-report, precision.",
        "policies:policy",
    ),
    "route": ("Look at routing decisions: explain, dry-run.", "routes:route"),
    "rates": ("What a parcel could be sent by, and what would be chosen.", "shipping:rates"),
    "combination": (
        "Work that leaves in one parcel: proposals, list, show, combine, pack, split.",
        "shipping:combination",
    ),
    "claim": (
        "Claims against carriers: stalled, list, show, draft, file, answer, appeal, pay, withdraw.",
        "claims:claim",
    ),
    "orphan": (
        "Goods with no order known: list, show, receive, identify, suggest, match, dispose.",
        "orphans:orphan",
    ),
    "carrier-pickup": ("Carriers that come for parcels: list, show, book, cancel.", "carrier_pickups:carrier_pickup"),
    "purchase": (
        "Purchase orders: list, show, create, send, confirm, revise, announce, receive, close, cancel.",
        "stock_records:purchase",
    ),
    "transfer": (
        "Goods between locations: list, show, create, approve, pick, ship, receive, cancel.",
        "stock_records:transfer",
    ),
    "count": ("Cycle counts: list, show, plan, open, submit, recount, approve, void.", "stock_records:count"),
    "wave": ("Work that is picked together: list, show, create, print, scan, complete, void.", "waves:wave"),
    "company": ("Businesses that buy: list, show, owes, orders, statement.", "companies:company"),
    "contract": ("What is bought again and again: list, show, skip, pause, resume, end.", "companies:contract"),
    "user": ("People who sign in: list, put, invite, disable, roles, role.", "users:user"),
    "agreement": ("What companies call off by and by: list, show, calls, put, end.", "agreements:agreement"),
    "price-list": ("Prices that were agreed on: list, show, prices, price, put, set.", "price_lists:price_list"),
    "approval": (
        "Orders of companies that wait for somebody's yes: list, show, approve, reject, delegate.",
        "approvals:approval",
    ),
    "identity": (
        "Customers of several orders that are one person: list, suggested, show, merge, undo.",
        "identities:identity",
    ),
    "customer-link": (
        "Links by which customers see their orders: make, list, show, revoke.",
        "customer_links:customer_link",
    ),
    "payout": ("What payment providers have paid out: list, show, correct.", "payouts:payout"),
    "seller": (
        "Third parties whose goods are sold here: put, list, show, owed, state, statements, lines, bank-file,"
        " paid, failed, returned.",
        "sellers:seller",
    ),
    "tender": (
        "How orders are paid: open, list, plan, add, retry, receive, settle, reverse, renew, schedule, call.",
        "tenders:tender",
    ),
    "payment": ("Payments compared with their providers: differences, show, assign, settle.", "differences:payment"),
    "ledger": (
        "The books: balance, account, order, rates, reconcile, receivables, revaluation, write-off, close,"
        " periods, export.",
        "ledger:ledger",
    ),
    "edi": (
        "Documents of partners in X12 and EDIFACT: check, acknowledge, take, write, interchanges, purchases,"
        " shipping-orders, partners, partner, put-partner.",
        "edi:edi",
    ),
    "indicators": ("How well things go, by figures with a definition: list, show, orders.", "indicators:indicators"),
    "mappings": ("What partners' own words mean here: list, show, map, ignore.", "mappings:mappings"),
    "documents": ("Invoices and credit notes: list, show, print, issue.", "documents:documents"),
    "appeasement": ("Money given without goods coming back: report, show, budget.", "appeasements:appeasement"),
    "credit": ("Store credit and gift cards: list, show, statement, issue, cards, transfer.", "credits:credit"),
    "sku": ("SKUs: put, list.", "settings:sku"),
    "location": ("Locations: put, list.", "settings:location"),
    "pool": ("Pools: put, list.", "settings:pool"),
    "channel": ("Channels: put, list.", "settings:channel"),
    "entity": ("Legal entities: put, list.", "settings:entity"),
    "import": ("Take in orders from a CSV or JSON Lines file.", "exchange:import_orders"),
    "export": ("Write orders to a file.", "exchange:export_orders"),
    "verify": ("Prove that every unit and every cent is accounted for.", "upkeep:verify"),
    "people": ("What is known of people: export, erase.", "people:people"),
    "keys": ("API keys: create, list, revoke.", "keys:keys"),
    "dead-letters": ("Jobs that have failed for good: list, requeue, drop.", "jobs:dead_letters"),
    "replay": ("Do outside calls of a range of the journal again.", "jobs:replay"),
    "migrate": ("Bring the database to this release.", "upkeep:migrate"),
    "backup": ("Write a backup of the database to a file.", "upkeep:backup"),
    "restore": ("Read a backup into an empty database, and verify it.", "upkeep:restore"),
    "bench": ("Measure speed beside the bound of this machine.", "benchmarks:bench"),
    "reference": ("Print the reference pages from the code.", "reference:reference"),
}


def load_command(name: str) -> click.Command:
    """A command by its name, imported now."""
    module, _, attribute = COMMANDS[name][1].partition(":")
    return getattr(import_module(f"orderline.cli.{module}"), attribute)


class Commands(click.Group):
    """A group that imports a command only when it is run or its own help is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return load_command(cmd_name) if cmd_name in COMMANDS else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = get_close_matches(args[0], COMMANDS, n=1)
            ctx.fail(f"No such command {args[0]!r}.{f' Did you mean {near[0]!r}?' if near else ''}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, purpose) for name, (purpose, _) in COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="orderline", message="orderline %(version)s")
def cli() -> None:
    """Order management: every unit and every cent accounted for.

    Settings come from environment variables (ORDERLINE_*) or a TOML file named by ORDERLINE_CONFIG.
    """


def run_cli(installation: Installation, arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit status: 0 done, 1 refused or failed, 2 not understood."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    as_json = "--json" in arguments
    try:
        ended = cli.main(arguments, prog_name="orderline", obj=installation, standalone_mode=False)
    except click.exceptions.Abort:
        return _told("interrupted", "", 130, as_json=False)
    except click.exceptions.NoArgsIsHelpError as error:
        return _told(error.format_message(), "", 2, as_json=as_json)
    except click.UsageError as error:
        usage = error.ctx.get_usage() if error.ctx else "orderline --help lists the commands."
        return _told(error.format_message(), usage, 2, as_json=as_json)
    except Failure as failure:
        return _told(failure.message, failure.todo, failure.exit_code, as_json=as_json, **failure.facts)
    except click.ClickException as error:
        return _told(error.format_message(), "", error.exit_code, as_json=as_json)
    except Refused as refused:
        facts = {name: value for name, value in refused.facts.items() if value not in (None, "")}
        text = f"{refused.code.value}: {installation.explain(refused)}"
        return _told(text, "", 1, as_json=as_json, code=refused.code.value, **facts)
    except Trouble as trouble:
        return _told(f"{trouble}.", _todo_for(trouble), 1, as_json=as_json, system=trouble.system)
    except UnicodeEncodeError as error:
        given = error.object.encode("utf-8", "backslashreplace").decode()
        return _told(f"This is no text in UTF-8: {given[:200]}", "", 2, as_json=as_json, value=given[:200])
    except BrokenPipeError:
        # The reader has gone, as `head` does; nothing is left to be said.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return ended if isinstance(ended, int) else 0


def _todo_for(trouble: Trouble) -> str:
    if trouble.system == "postgresql":
        return "Look whether PostgreSQL runs and ORDERLINE_DATABASE_URL or ORDERLINE_DATA_DIR names the right one."
    return "Look whether it can be reached, then try again."


def _told(message: str, todo: str, status: int, *, as_json: bool, **facts: Any) -> int:
    if as_json:
        error = {"error": message, **({"todo": todo} if todo else {}), **facts}
        click.echo(msgspec.json.encode(error, enc_hook=str), err=True)
    else:
        click.echo(message, err=True)
        if todo:
            click.echo(todo, err=True)
    return status
