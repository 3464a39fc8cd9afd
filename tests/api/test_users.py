"""Roles and users over HTTP, and what a user signs in with."""

from datetime import UTC, datetime, timedelta

from api.stage import Stage
from orderline.api.operations import OPERATIONS
from orderline.store.sign_ins import (
    FAILURES_KEPT,
    IDLE,
    LONGEST,
    end_session,
    find_link,
    find_sign_in,
    find_signed_in,
    forget_failures,
    note_failure,
    open_session,
    set_password,
    set_second_factor,
    take_step,
    wait_until,
)

NOW = datetime.now(UTC)


def invited(stage: Stage, user: str, *rights: str, **limits: object) -> str:
    """The secret of the link of a new user with a role of these rights."""
    put = stage.call("PUT", f"/v1/roles/{user}-role", json={"name": "Support", "rights": rights or ["orders:read"]})
    assert put.status_code == 200, put.text
    put = stage.call("PUT", f"/v1/users/{user}", json={"role": f"{user}-role", **limits})
    assert put.status_code == 200, put.text
    answer = stage.call("POST", f"/v1/users/{user}/invitations", json={"name": "Ana Silva"})
    assert answer.status_code == 200, answer.text
    return answer.json()["path"].removeprefix("/welcome/")


def test_a_role_has_rights_that_there_are(stage: Stage) -> None:
    answer = stage.call("PUT", "/v1/roles/odd", json={"rights": ["orders:read", "orders:eat"]})
    assert answer.json()["code"] == "SCOPE_UNKNOWN"
    assert answer.json()["field"] == "rights[1]"
    assert stage.call("PUT", "/v1/roles/odd", json={"rights": []}).json()["code"] == "SCOPE_UNKNOWN"
    twice = stage.call("PUT", "/v1/roles/odd", json={"rights": ["orders:read", "orders:read"]})
    assert twice.json()["code"] == "ROLE_NOT_ACCEPTABLE"


def test_a_role_names_operations_that_there_are(stage: Stage) -> None:
    for rights in (["orders:write", "-eat_orders"], ["cancel_unit"], ["--cancel_units"], ["-orders:read"], ["-cancel_units"],
                   ["orders:read", "read_health"]):  # fmt: skip
        answer = stage.call("PUT", "/v1/roles/named", json={"rights": rights})
        assert (answer.status_code, answer.json()["code"]) == (422, "SCOPE_UNKNOWN"), rights
    rights = ["orders:write", "-erase_people", "read_order"]
    assert stage.call("PUT", "/v1/roles/named", json={"rights": rights}).json()["rights"] == rights
    assert stage.call("GET", "/v1/roles/named").json()["rights"] == rights
    limits = {"refunds": {"EUR": -1}}
    assert (
        stage.call("PUT", "/v1/roles/named", json={"rights": rights, "money": limits}).json()["field"]
        == "money.refunds.EUR"
    )
    answer = stage.call("PUT", "/v1/roles/named", json={"rights": rights, "money": {"refunds": {"EURO": 1}}})
    assert answer.json()["code"] == "CURRENCY_UNKNOWN"


def test_what_a_user_may_do_is_what_the_role_names(stage: Stage) -> None:
    invited(stage, "nina", "orders:read", "cancel_units", "-list_orders")
    signed_in = find_signed_in(stage.database, open_session(stage.database, "nina", NOW), NOW)
    assert signed_in is not None
    may = {each.name: signed_in.access.may(each) for each in OPERATIONS}
    assert (may["cancel_units"], may["read_order"], may["place_order"], may["list_orders"]) == (
        True,
        True,
        False,
        False,
    )


def test_a_user_has_a_role_that_there_is_and_limits_that_there_are(stage: Stage) -> None:
    assert stage.call("PUT", "/v1/users/nobody", json={"role": "nothing"}).json()["code"] == "ROLE_UNKNOWN"
    stage.call("PUT", "/v1/roles/store", json={"rights": ["fulfillments:read"]})
    answer = stage.call("PUT", "/v1/users/nobody", json={"role": "store", "locations": ["atlantis"]})
    assert answer.json()["code"] == "LOCATION_UNKNOWN"


def test_a_record_that_has_moved_on_is_not_written_over(stage: Stage) -> None:
    path, rights = "/v1/roles/moving", ["orders:read"]
    made = stage.call("PUT", path, json={"rights": rights, "expected_version": 0})
    assert (made.status_code, made.json()["version"]) == (200, 1)
    there = stage.call("PUT", path, json={"rights": ["admin"], "expected_version": 0})
    assert (there.status_code, there.json()["code"], there.json()["facts"]["current"]) == (409, "VERSION_STALE", 1)
    mine = {"rights": ["stock:read"], "expected_version": 1}
    key = {"idempotency-key": "moving-1"}
    first = stage.call("PUT", path, json=mine, headers=key)
    assert (first.status_code, first.json()["version"]) == (200, 2)
    assert stage.call("PUT", path, json=mine, headers=key).content == first.content, "the same again has one effect"
    reused = stage.call("PUT", path, json=mine | {"expected_version": 2}, headers=key)
    assert reused.json()["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert stage.call("PUT", path, json=mine | {"name": "late"}).json()["code"] == "VERSION_STALE"
    assert stage.call("GET", path).json()["rights"] == ["stock:read"]
    assert stage.call("PUT", path, json={"rights": rights}).status_code == 200, (
        "whoever says no version takes it as it is"
    )
    stage.call("PUT", "/v1/users/moved", json={"role": "moving"})
    body = {"reason": "left", "expected_version": 7}
    assert stage.call("POST", "/v1/users/moved/disablings", json=body).json()["code"] == "VERSION_STALE"
    assert stage.call("POST", "/v1/users/moved/disablings", json=body | {"expected_version": 1}).status_code == 200


def test_users_are_for_administrators_alone(stage: Stage) -> None:
    stage.make_key("settings", "orders:read", "settings:write")
    assert stage.call("GET", "/v1/users", key="settings").status_code == 403
    assert stage.call("PUT", "/v1/roles/mine", json={"rights": ["admin"]}, key="settings").status_code == 403


def test_a_link_sets_a_password_once_and_ends_what_was_open(stage: Stage) -> None:
    secret = invited(stage, "ana")
    assert find_link(stage.database, secret, NOW) == ("ana", "Ana Silva")
    assert find_link(stage.database, secret, NOW + timedelta(days=4)) is None
    again = stage.call("POST", "/v1/users/ana/invitations", json={"name": "Ana Silva"}).json()["path"][9:]
    session = open_session(stage.database, "ana", NOW)
    assert set_password(stage.database, secret, "a hash", NOW) == "ana"
    assert set_password(stage.database, secret, "another", NOW) is None
    assert set_password(stage.database, again, "another", NOW) is None, "the other link is used up as well"
    assert find_signed_in(stage.database, session, NOW) is None
    known = find_sign_in(stage.database, "ana")
    assert known is not None
    assert known.password_hash == "a hash"


def test_a_session_ends_when_idle_when_old_when_signed_out_and_when_the_user_may_not_come_in(stage: Stage) -> None:
    invited(stage, "ben", "orders:read", channels=["web"])
    session = open_session(stage.database, "ben", NOW)
    signed_in = find_signed_in(stage.database, session, NOW + timedelta(hours=1))
    assert signed_in is not None
    assert (signed_in.access.scopes, signed_in.access.channels) == ({"orders:read"}, {"web"})
    assert find_signed_in(stage.database, session, NOW + timedelta(hours=1) + IDLE) is not None
    assert find_signed_in(stage.database, session, NOW + timedelta(hours=3) + 2 * IDLE) is None
    assert find_signed_in(stage.database, session, NOW + LONGEST + timedelta(seconds=1)) is None
    assert find_signed_in(stage.database, "guessed", NOW) is None
    other = open_session(stage.database, "ben", NOW)
    assert stage.call("POST", "/v1/users/ben/disablings", json={"reason": "left"}).json()["state"] == "disabled"
    assert find_signed_in(stage.database, other, NOW) is None
    assert stage.call("POST", "/v1/users/ben/invitations", json={"name": "Ben"}).json()["code"] == "USER_DISABLED"
    stage.call("PUT", "/v1/users/ben", json={"role": "ben-role"})
    assert find_signed_in(stage.database, other, NOW) is not None
    end_session(stage.database, other)
    assert find_signed_in(stage.database, other, NOW) is None


def test_wrong_answers_make_the_next_wait_for_a_name_that_anybody_has_or_nobody(stage: Stage) -> None:
    invited(stage, "cleo")
    for user in ("cleo", "nobody-of-that-name"):
        for _ in range(5):
            assert wait_until(stage.database, user, "", NOW) is None
            note_failure(stage.database, user, "", NOW)
        assert wait_until(stage.database, user, "", NOW) == NOW + timedelta(seconds=2)
        for _ in range(20):
            note_failure(stage.database, user, "", NOW)
        assert wait_until(stage.database, user, "", NOW) == NOW + timedelta(minutes=15)
        assert wait_until(stage.database, user, "", NOW + FAILURES_KEPT) is None
    forget_failures(stage.database, "cleo")
    assert wait_until(stage.database, "cleo", "", NOW) is None


def test_wrong_answers_from_one_address_make_it_wait_and_are_forgotten_in_a_day(stage: Stage) -> None:
    for number in range(20):
        assert wait_until(stage.database, "dora", "1.2.3.4", NOW) is None
        note_failure(stage.database, f"name-{number}", "1.2.3.4", NOW)
    assert wait_until(stage.database, "dora", "1.2.3.4", NOW) == NOW + timedelta(seconds=2)
    assert wait_until(stage.database, "dora", "1.2.3.5", NOW) is None
    forget_failures(stage.database, "dora")
    assert wait_until(stage.database, "dora", "1.2.3.4", NOW) is not None, "a name of one's own takes none of them back"
    note_failure(stage.database, "elmo", "1.2.3.4", NOW + FAILURES_KEPT)
    assert wait_until(stage.database, "dora", "1.2.3.4", NOW + FAILURES_KEPT) is None
    [[kept]] = stage.database.rows("SELECT count(*)::int FROM sign_in_failures WHERE cell = %(cell)s", {})
    assert kept == 2, "what is a day old goes"


def test_a_code_of_a_second_factor_is_taken_once(stage: Stage) -> None:
    invited(stage, "cara")
    set_second_factor(stage.database, "cara", "SECRET", 7)
    assert not take_step(stage.database, "cara", 7)
    assert take_step(stage.database, "cara", 8)
    assert not take_step(stage.database, "cara", 8)
