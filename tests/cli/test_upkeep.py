"""Migrate, verify, keys, dead letters, and what is said when something is wrong."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg

from cli.conftest import Run, place
from orderline.engine.engine import Engine


def test_a_database_that_is_not_migrated_is_said_with_what_to_do(run: Run, empty_database: str) -> None:
    refused = run("order", "list", database=empty_database)
    assert refused.status == 1
    assert "Run `orderline migrate`" in refused.err


def test_migrate_brings_a_database_to_this_release_once(run: Run, empty_database: str) -> None:
    assert run("migrate", "--check", database=empty_database).status == 1
    assert run("migrate", "--json", database=empty_database).json["applied"]
    assert run("migrate", "--json", database=empty_database).json["applied"] == []
    assert run("migrate", "--check", database=empty_database).status == 0


def test_verify_has_a_line_for_each_invariant_and_finds_what_is_wrong(
    run: Run, merchant: Engine, fresh_database: str
) -> None:
    place(merchant)
    clean = run("verify", "--json")
    assert (clean.status, clean.json["clean"], clean.json["orders"]) == (0, True, 1)
    with psycopg.connect(fresh_database, autocommit=True) as connection:
        connection.execute("UPDATE pool_levels SET claims = claims + 1 WHERE sku = 'TEE'")
    broken = run("verify")
    assert broken.status == 1
    assert "✗" in broken.out
    assert "TEE" in broken.out
    assert "found." in broken.err


def test_a_key_is_shown_once_and_can_be_revoked(run: Run, fresh_database: str) -> None:
    made = run("keys", "create", "shop", "--scope", "orders:write", "--json").json
    assert made["secret"].startswith("ol_")
    assert made["secret"] not in run("keys", "list").out
    assert run("keys", "revoke", made["id"]).status == 0
    assert "revoked" in run("keys", "list").out
    assert run("keys", "revoke", "nobody").status == 1
    with psycopg.connect(fresh_database) as connection:
        found = connection.execute("SELECT id, state, version FROM records WHERE kind = 'api_key'").fetchall()
    assert found == [(made["id"], "revoked", 2)], "the journal tells both"


def test_scopes_are_those_of_the_api() -> None:
    from orderline.api.calls import GRANTABLE
    from orderline.cli.keys import SCOPES

    assert set(SCOPES) == {right.value for right in GRANTABLE}


def test_dead_letters_are_listed_tried_again_and_dropped(run: Run, merchant: Engine, fresh_database: str) -> None:
    place(merchant)
    with psycopg.connect(fresh_database, autocommit=True) as connection:
        connection.execute("UPDATE outbox SET state = 'dead', last_error = 'no answer', attempts = 7")
    dead = run("dead-letters", "list", "--json").json["items"]
    assert {each["error"] for each in dead} == {"no answer"}
    assert len(run("dead-letters", "requeue", dead[0]["id"], "--json").json["requeued"]) == 1
    assert len(run("dead-letters", "drop", "--all", "--yes", "--json").json["dropped"]) == len(dead) - 1
    assert run("dead-letters", "drop", dead[0]["id"], "--yes").status == 1


def test_what_is_not_understood_is_2_with_the_usage(run: Run) -> None:
    for arguments in (["order", "show"], ["nonsense"], ["order", "list", "--phase", "happy"], ["dead-letters", "drop"]):
        refused = run(*arguments)
        assert refused.status == 2, arguments
        assert "Usage: orderline" in refused.err


def test_a_database_that_does_not_answer_is_said_plainly(run: Run, tmp_path: Path) -> None:
    refused = run("order", "list", database=f"postgresql:///nothing?host={tmp_path}")
    assert refused.status == 1
    assert refused.err.startswith("postgresql: no connection")


def test_a_wrong_setting_ends_the_command_with_2() -> None:
    environment = {**os.environ, "ORDERLINE_PORT": "many"}
    command = [sys.executable, "-m", "orderline.boot.main", "migrate"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr == "ORDERLINE_PORT is 'many'; expected a whole number from 0 to 65535.\n"


def test_an_address_that_is_none_and_a_role_without_rights_are_said_plainly(run: Run, empty_database: str) -> None:
    refused = run("order", "list", database="nonsense")
    assert refused.status == 1
    assert refused.err.startswith("ORDERLINE_DATABASE_URL is no address of a database")
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC, pg_database_owner")
    refused = run("migrate", database=empty_database)
    assert refused.status == 1
    assert refused.err.startswith("PostgreSQL refuses it to this role: permission denied for schema public.")


def test_a_mistyped_command_is_answered_with_the_nearest(run: Run) -> None:
    assert run("ordr").err.startswith("No such command 'ordr'. Did you mean 'order'?\n")
    assert run("order").err.count("Usage:") == 1


def test_a_range_that_ends_before_it_begins_is_not_understood(run: Run) -> None:
    backwards = run("replay", "2026-03-02", "2026-03-01T00:00:00+02:00", "--kind", "webhook")
    assert (backwards.status, backwards.err.splitlines()[0]) == (2, "END must be after START")
    none = run("replay", "yesterday", "today", "--kind", "webhook")
    assert "write 2026-03-01 or 2026-03-01T12:00:00Z" in none.err


def test_a_key_is_limited_to_what_there_is(run: Run) -> None:
    for option, code in (("--channel", "CHANNEL_UNKNOWN"), ("--location", "LOCATION_UNKNOWN")):
        told = run("keys", "create", "typo", "--scope", "orders:read", option, "wep")
        assert told.status == 1
        assert code in told.err
    assert "typo" not in run("keys", "list").out


def test_keys_are_listed_with_what_they_see(run: Run, merchant: Engine) -> None:
    run("keys", "create", "shop", "--scope", "orders:read", "--channel", "web")
    assert "web" in run("keys", "list").out


def test_a_key_is_made_with_what_it_may_give_and_which_holds_it_resolves(run: Run, merchant: Engine) -> None:
    gives = ("--give-order", "EUR=20.00", "--give-order", "JPY=3000", "--give-day", "EUR=100", "--team", "desk")
    holds = ("--hold-role", "risk", "--hold-type", "fraud", "--hold-limit", "EUR=500.00")
    run("keys", "create", "desk", "--scope", "orders:write", *gives, *holds)
    run("keys", "create", "shop", "--scope", "orders:write")
    desk, shop = sorted(run("keys", "list", "--json").json["items"], key=lambda each: each["name"])[-2:]
    assert desk["appeasements"] == {
        "per_order": {"EUR": 2000, "JPY": 3000}, "per_day": {"EUR": 10000}, "team": "desk",
    }  # fmt: skip
    assert desk["holds"] == {"roles": ["risk"], "types": ["fraud"], "limits": {"EUR": 50000}}
    assert not shop.keys() & {"holds", "appeasements"}
    assert "gives" in run("keys", "list").out
    for wrong in ("EUR", "EUR=-1", "EUR=1.005", "XXX=1"):
        assert run("keys", "create", "typo", "--scope", "orders:write", "--give-day", wrong).status == 2
    assert run("keys", "create", "typo", "--scope", "orders:write", "--hold-type", "fraud2").status == 2
    assert "typo" not in run("keys", "list").out


def test_dropping_all_of_no_dead_letters_is_no_failure(run: Run) -> None:
    assert run("dead-letters", "drop", "--all").status == 0
