"""`orderline customer-link` at the terminal."""

from cli.conftest import Run
from orderline.core.customer_links.state import CustomerLink
from orderline.core.decisions.links import decision_in, hash_of
from orderline.engine.engine import Engine
from orderline.store.loading import decode_record
from support.engines import assert_clean, placed
from support.shop import order_of


def test_a_link_is_made_told_once_and_revoked(run: Run, merchant: Engine) -> None:
    placed(merchant, order_of("L-1", ("TEE", 1, 2000)))
    assert "There is no such link." in run("customer-link", "list").err
    made = run("customer-link", "make", "L-1", "--may", "return", "--may", "cancel", "--json").json
    token = made["link"].rpartition("/")[2]
    assert (decision_in(token), made["may"]) == (made["id"], ["cancel", "return"])
    [(body,)] = merchant.database.rows("SELECT body FROM records WHERE cell = %(cell)s AND kind = 'customer_link'")
    kept: CustomerLink = decode_record("customer_link", body)
    assert kept.token_hash == hash_of(token)
    assert token not in body
    assert run("customer-link", "make", "L-1").out.startswith("/your-order/")
    assert "cancel, return" in run("customer-link", "list", "--order", "L-1").out
    assert run("customer-link", "revoke", made["id"], "--json").json["applied"] is False
    assert run("customer-link", "revoke", made["id"], "--reason", "lost", "--yes").status == 0
    assert "lost" in run("customer-link", "show", made["id"]).out
    assert len(run("customer-link", "list", "--state", "good", "--json").json) == 1
    assert "CUSTOMER_LINK_STATE" in run("customer-link", "revoke", made["id"], "--yes", "--json").err
    assert "CUSTOMER_LINK_UNKNOWN" in run("customer-link", "show", "none", "--json").err
    assert_clean(merchant.database)
