"""The command `orderline`: its commands by name, each imported when it is asked for; failures told plainly."""

import os
import sys
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any, Final

import click
import msgspec

from orderline.cli.ports import Failure, Installation
from orderline.values.failures import Refused, Trouble


def _serve() -> click.Command:
    from orderline.cli.running import serve

    return serve


def _worker() -> click.Command:
    from orderline.cli.running import worker

    return worker


def _sandbox() -> click.Command:
    from orderline.cli.running import sandbox

    return sandbox


def _demo() -> click.Command:
    from orderline.cli.demo.command import demo

    return demo


def _migrate() -> click.Command:
    from orderline.cli.upkeep import migrate

    return migrate


def _verify() -> click.Command:
    from orderline.cli.upkeep import verify

    return verify


def _backup() -> click.Command:
    from orderline.cli.upkeep import backup

    return backup


def _restore() -> click.Command:
    from orderline.cli.upkeep import restore

    return restore


def _import() -> click.Command:
    from orderline.cli.exchange import import_orders

    return import_orders


def _export() -> click.Command:
    from orderline.cli.exchange import export_orders

    return export_orders


def _order() -> click.Command:
    from orderline.cli.order_edits import order
    from orderline.cli.shipping_fees import fees

    order.add_command(fees)

    return order


def _return() -> click.Command:
    from orderline.cli.returning import returns

    return returns


def _promise() -> click.Command:
    from orderline.cli.promises import promise

    return promise


def _stock() -> click.Command:
    from orderline.cli.stock_planning import stock

    return stock


def _policy() -> click.Command:
    from orderline.cli.policies import policy

    return policy


def _route() -> click.Command:
    from orderline.cli.routes import route

    return route


def _rates() -> click.Command:
    from orderline.cli.shipping import rates

    return rates


def _decision() -> click.Command:
    from orderline.cli.decisions import decision

    return decision


def _draft() -> click.Command:
    from orderline.cli.drafts import draft

    return draft


def _combination() -> click.Command:
    from orderline.cli.shipping import combination

    return combination


def _claim() -> click.Command:
    from orderline.cli.claims import claim

    return claim


def _carrier_pickup() -> click.Command:
    from orderline.cli.carrier_pickups import carrier_pickup

    return carrier_pickup


def _company() -> click.Command:
    from orderline.cli.companies import company

    return company


def _contract() -> click.Command:
    from orderline.cli.companies import contract

    return contract


def _user() -> click.Command:
    from orderline.cli.users import user

    return user


def _price_list() -> click.Command:
    from orderline.cli.price_lists import price_list

    return price_list


def _approval() -> click.Command:
    from orderline.cli.approvals import approval

    return approval


def _identity() -> click.Command:
    from orderline.cli.identities import identity

    return identity


def _payout() -> click.Command:
    from orderline.cli.payouts import payout

    return payout


def _payment() -> click.Command:
    from orderline.cli.differences import payment

    return payment


def _ledger() -> click.Command:
    from orderline.cli.ledger import ledger

    return ledger


def _documents() -> click.Command:
    from orderline.cli.documents import documents

    return documents


def _credit() -> click.Command:
    from orderline.cli.credits import credit

    return credit


def _setting(name: str) -> Callable[[], click.Command]:
    def load() -> click.Command:
        from orderline.cli import settings

        return getattr(settings, name)

    return load


def _keys() -> click.Command:
    from orderline.cli.keys import keys

    return keys


def _people() -> click.Command:
    from orderline.cli.people import people

    return people


def _dead_letters() -> click.Command:
    from orderline.cli.jobs import dead_letters

    return dead_letters


def _replay() -> click.Command:
    from orderline.cli.jobs import replay

    return replay


def _bench() -> click.Command:
    from orderline.cli.benchmarks import bench

    return bench


def _reference() -> click.Command:
    from orderline.cli.reference import reference

    return reference


COMMANDS: Final[dict[str, tuple[str, Callable[[], click.Command]]]] = {
    "demo": ("Start everything and watch a day of orders go through.", _demo),
    "serve": ("Run Orderline: the API and, in the same process, the worker.", _serve),
    "worker": ("Run a worker of its own, beside `serve --no-worker`.", _worker),
    "sandbox": ("Run partners to try with: payments, carrier, warehouse, shop, notices, scorer.", _sandbox),
    "order": (
        "Look at orders and change them: show, list, find, fees, cancel, change, propose, undo, undo-handover, hold,"
        " release, reject, annotate.",
        _order,
    ),
    "return": (
        "Goods that come back: list, show, quote, request, approve, decline, withdraw, send, receive, grade, dispose, "
        "credit, deny, settle.",
        _return,
    ),
    "draft": ("Orders on the phone and quotes: list, show, put, offer, order, discard.", _draft),
    "decision": ("Questions to customers and others: list, show, answer, send, withdraw.", _decision),
    "promise": ("Look at promises: explain, show, kept, hours.", _promise),
    "stock": (
        "Look at stock, change and plan it: explain, show, as-of, put, adjust, supply, vendors, demand, listings, lots, recall, "
        "substitutes, gaps, cover, replenish, reallocate, approve-reallocation, plan-count, tasks.",
        _stock,
    ),
    "policy": (
        "Rules in versions: validate, put, activate, rollback, retire, diff, show, simulate, shadow, shadow-report.",
        _policy,
    ),
    "route": ("Look at routing decisions: explain, dry-run.", _route),
    "rates": ("What a parcel could be sent by, and what would be chosen.", _rates),
    "combination": ("Work that leaves in one parcel: proposals, list, show, combine, pack, split.", _combination),
    "claim": ("Claims against carriers: stalled, list, show, draft, file, answer, appeal, pay, withdraw.", _claim),
    "carrier-pickup": ("Carriers that come for parcels: list, show, book, cancel.", _carrier_pickup),
    "company": ("Businesses that buy: list, show, owes, orders, statement.", _company),
    "contract": ("What is bought again and again: list, show, skip, pause, resume, end.", _contract),
    "user": ("People who sign in: list, put, invite, disable, roles, role.", _user),
    "price-list": ("Prices that were agreed on: list, show, prices, price, put, set.", _price_list),
    "approval": (
        "Orders of companies that wait for somebody's yes: list, show, approve, reject, delegate.",
        _approval,
    ),
    "identity": ("Customers of several orders that are one person: list, suggested, show, merge, undo.", _identity),
    "payout": ("What payment providers have paid out: list, show, correct.", _payout),
    "payment": ("Payments compared with their providers: differences, show, assign, settle.", _payment),
    "ledger": ("The books: balance, account, order, rates, reconcile, write-off, close, periods, export.", _ledger),
    "documents": ("Invoices and credit notes: list, show, print, issue.", _documents),
    "credit": ("Store credit and gift cards: list, show, statement, issue, transfer.", _credit),
    "sku": ("SKUs: put, list.", _setting("sku")),
    "location": ("Locations: put, list.", _setting("location")),
    "pool": ("Pools: put, list.", _setting("pool")),
    "channel": ("Channels: put, list.", _setting("channel")),
    "entity": ("Legal entities: put, list.", _setting("entity")),
    "import": ("Take in orders from a CSV or JSON Lines file.", _import),
    "export": ("Write orders to a file.", _export),
    "verify": ("Prove that every unit and every cent is accounted for.", _verify),
    "people": ("What is known of people: export, erase.", _people),
    "keys": ("API keys: create, list, revoke.", _keys),
    "dead-letters": ("Jobs that have failed for good: list, requeue, drop.", _dead_letters),
    "replay": ("Do outside calls of a range of the journal again.", _replay),
    "migrate": ("Bring the database to this release.", _migrate),
    "backup": ("Write a backup of the database to a file.", _backup),
    "restore": ("Read a backup into an empty database, and verify it.", _restore),
    "bench": ("Measure speed beside the bound of this machine.", _bench),
    "reference": ("Print the reference pages from the code.", _reference),
}


class Commands(click.Group):
    """A group that imports a command only when it is run or its own help is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = COMMANDS.get(cmd_name)
        return found[1]() if found else None

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
