"""`orderline user` at the terminal."""

from cli.conftest import Run
from orderline.engine.engine import Engine
from orderline.store.sign_ins import find_sign_in


def test_the_first_user_is_invited_and_others_get_roles(run: Run, merchant: Engine) -> None:
    assert "--admin" in run("user", "list").err
    assert "USER_UNKNOWN" in run("user", "invite", "ana", "--json").err
    made = run("user", "invite", "ana", "--admin", "--name", "Ana Silva", "--json").json
    assert made["path"].startswith("/welcome/")
    found = find_sign_in(merchant.database, "ana")
    assert found is not None
    assert found.name == "Ana Silva"
    assert run("user", "role", "support", "--right", "orders:read", "--name", "Support", "--yes").status == 0
    assert run("user", "put", "ben", "--role", "support", "--channel", "nowhere", "--yes").status == 1
    assert run("user", "put", "ben", "--role", "support", "--yes").status == 0
    assert run("user", "invite", "ben", "--admin").status == 0
    known = {each["id"]: each["role"] for each in run("user", "list", "--json").json}
    assert known == {"ana": "administrator", "ben": "support"}, "an invitation gives nobody another role"
    assert "orders:read" in run("user", "roles").out
    gives = ("--give-order", "EUR=20.00", "--hold-role", "desk", "--team", "desk")
    assert run("user", "role", "support", "--right", "orders:write", *gives, "--yes").status == 0
    [role] = [each for each in run("user", "roles", "--json").json if each["id"] == "support"]
    assert (role["appeasements"], role["holds"]["roles"]) == ({"per_order": {"EUR": 2000}, "team": "desk"}, ["desk"])
    assert "on an order" in run("user", "roles").out
    assert "no operation" in run("user", "role", "agent", "--right", "-erase_order", "--yes").err
    within = ("--most-refunds", "EUR=50.00", "--most-write-offs", "USD=1")
    assert (
        run("user", "role", "agent", "--right", "cancel_units", "--right", "-erase_people", *within, "--yes").status
        == 0
    )
    [agent] = [each for each in run("user", "roles", "--json").json if each["id"] == "agent"]
    assert agent["rights"] == ["cancel_units", "-erase_people"]
    assert agent["money"] == {"refunds": {"EUR": 5000}, "write_offs": {"USD": 100}}
    assert "refunds up to" in run("user", "roles").out
    assert "support" in run("user", "list").out
    assert run("user", "disable", "ben", "--reason", "left", "--yes").status == 0
    assert "USER_DISABLED" in run("user", "invite", "ben", "--json").err
