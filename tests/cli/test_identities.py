"""`orderline identity` at the terminal."""

from msgspec.structs import replace

from cli.conftest import Run
from orderline.core.orders.commands import CustomerInput
from orderline.engine.engine import Engine
from orderline.engine.verifying import verify
from support.engines import assert_clean, placed
from support.shop import order_of


def test_one_person_is_suggested_merged_and_apart_again(run: Run, merchant: Engine) -> None:
    vera = CustomerInput(name="Vera Lind", email="vera@example.com")
    for name in ("V-1", "V-2"):
        placed(merchant, replace(order_of(name, ("TEE", 1, 2000)), customer=vera))
    placed(merchant, replace(order_of("V-3", ("TEE", 1, 2000)), customer=CustomerInput(email="else@example.com")))
    assert "There is no such identity." in run("identity", "list").err
    assert "email, address, name" in run("identity", "suggested", "V-1").out
    assert "Nobody else" in run("identity", "suggested", "V-3").err
    assert run("identity", "merge", "V-1", "V-2", "--reason", "same email", "--json").json["applied"] is False
    assert run("identity", "merge", "V-1", "V-2", "--reason", "same email", "--yes").status == 0
    [merged] = run("identity", "list", "--json").json
    assert merged["reason"] == "same email"
    assert "same email" in run("identity", "show", merged["id"]).out
    told = run("identity", "suggested", "V-2")
    assert merged["id"] in told.err
    assert told.out == ""
    taken = run("identity", "merge", "V-1", "V-3", "--reason", "hm", "--yes", "--json")
    assert "IDENTITY_TAKEN" in taken.err
    assert_clean(merchant.database)
    for table in ("record_journal", "records"):
        merchant.database.rows(
            f"DELETE FROM {table} WHERE cell = %(cell)s AND id IN"
            " (SELECT id FROM records WHERE cell = %(cell)s AND kind = 'identity_member' ORDER BY id LIMIT 1) RETURNING id"
        )
    assert "identities" in {each.name for each in verify(merchant.database).invariants if each.faults}


def test_a_merge_is_taken_back(run: Run, merchant: Engine) -> None:
    for name in ("W-1", "W-2"):
        placed(merchant, order_of(name, ("TEE", 1, 2000)))
    assert run("identity", "merge", "W-1", "W-2", "--reason", "sisters?", "--yes").status == 0
    [merged] = run("identity", "list", "--json").json
    assert run("identity", "undo", merged["id"], "--reason", "sisters", "--yes").status == 0
    assert run("identity", "list", "--json").json == []
    assert run("identity", "list", "--state", "undone", "--json").json[0]["reason"] == "sisters"
    assert "IDENTITY_STATE" in run("identity", "undo", merged["id"], "--reason", "again", "--yes", "--json").err
    assert "IDENTITY_UNKNOWN" in run("identity", "show", "none", "--json").err
    assert_clean(merchant.database)
