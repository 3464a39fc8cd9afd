"""Routing by the policy that holds at the moment of the decision; what was decided can be made again."""

from datetime import UTC, datetime

import msgspec
import psycopg
import pytest

from orderline.core.policies.commands import ActivatePolicy, PutPolicy, RollBackPolicy, ShadowPolicy
from orderline.core.routing.model import Decision
from orderline.core.routing.replaying import encode_decision, route_again
from orderline.core.routing.simulating import compare_shadows
from orderline.engine.routing import compiled, dry_run, live_policies
from orderline.store.policies import load_recorded, shadows_between
from orderline.store.snapshots import frozen
from orderline.values.ids import OrderId
from worker.site import Site, until

FAR = """kind = "routing"
[[group]]
name = "all"
[[group.rule]]
name = "not lyon"
[group.rule.locations]
not_codes = ["lyon"]
[[group.rule.leftover]]
do = "queue"
label = "nowhere"
"""
NEAR = FAR.replace("not_codes", "codes").replace("not lyon", "lyon alone")


def put(site: Site, text: str, version: int) -> None:
    site.engine.run(PutPolicy(policy="main", text=text))
    site.engine.run(ActivatePolicy(policy="main", policy_version=version))


def where(site: Site, order: OrderId) -> list[str]:
    return [each.location for each in site.order(order).fulfillments]


def test_the_version_that_holds_decides_at_once_and_its_decision_can_be_made_again(site: Site) -> None:
    site.stock(TEE_lyon=5, TEE_lille=5)
    put(site, FAR, 1)
    first = site.until_units(site.place(("TEE", 1)), "delivered", 1).id
    put(site, NEAR, 2)
    second = site.until_units(site.place(("TEE", 1)), "delivered", 1).id
    site.engine.run(RollBackPolicy(policy="main"))
    third = site.until_units(site.place(("TEE", 1)), "delivered", 1).id
    assert [where(site, each) for each in (first, second, third)] == [["lille"], ["lyon"], ["lille"]]
    named: list[str] = []
    for order in (first, second, third):
        for decision, recorded in load_recorded(site.database, order):
            named.append(decision.policy)
            text = FAR if decision.policy == "main@1" else NEAR
            again = route_again(recorded.inputs, compiled(text, decision.policy))
            assert encode_decision(again).decode() == recorded.body
    assert named == ["main@1", "main@2", "main@1"]
    site.until_no_jobs()
    site.verified()


def test_another_version_is_scored_beside_the_live_one(site: Site) -> None:
    site.stock(TEE_lyon=5, TEE_lille=5)
    put(site, FAR, 1)
    site.engine.run(PutPolicy(policy="main", text=NEAR))
    site.engine.run(ShadowPolicy(policy="main", policy_version=2))
    order = site.until_units(site.place(("TEE", 1)), "delivered", 1)
    [(decision, recorded)] = load_recorded(site.database, order.id)
    assert recorded.shadow is not None
    other = msgspec.json.decode(recorded.shadow, type=Decision)
    assert (decision.policy, other.policy, other.dry_run) == ("main@1", "main@2", True)
    assert [each.location for each in other.allotments] == ["lyon"]
    assert [each.location for each in order.fulfillments] == ["lille"]
    [pairs] = shadows_between(site.database, datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
    report = compare_shadows(pairs, "main@2")
    assert (report.before.units, report.after.units, report.changed, report.units_moved) == (1, 1, 1, 1)
    [told] = report.differences
    assert (told.before, told.after) == ({"lille": 1}, {"lyon": 1})
    assert told.cost_after - told.cost_before == report.after.cost_minor - report.before.cost_minor
    assert compare_shadows(pairs, "main@3").before.orders == 0


def test_what_a_rule_leaves_goes_where_it_says(site: Site) -> None:
    site.stock(TEE_lyon=5)
    put(site, FAR, 1)
    id_ = site.place(("TEE", 1))
    until(lambda: bool(site.order(id_).holds), "a hold")
    order = site.order(id_)
    [hold] = order.holds
    assert (hold.type, hold.owner, hold.blocks, hold.line) == ("manual", "nowhere", ("allocate",), 1)
    assert order.lines[0].units.pooled == 1
    site.until_no_jobs()
    site.verified()


def test_a_dry_run_keeps_nothing(still_site: Site) -> None:
    site = still_site
    site.stock(TEE_lyon=5, TEE_lille=5)
    id_ = site.place(("TEE", 1))
    put(site, FAR, 1)
    now = datetime.now(UTC)
    [(decision, inputs, _)] = [(each.decision, each.inputs, each.policy) for each in dry_run(site.database, id_, now)]
    assert (decision.dry_run, decision.policy, [each.location for each in decision.allotments]) == (
        True, "main@1", ["lille"],
    )  # fmt: skip
    [other] = dry_run(site.database, id_, now, compiled(NEAR, "try@1"))
    assert [each.location for each in other.decision.allotments] == ["lyon"]
    assert encode_decision(route_again(inputs, compiled(FAR, "main@1"), dry_run=True)) == encode_decision(decision)
    assert len(live_policies(site.database, now)) == 1
    assert load_recorded(site.database, id_) == []


def test_a_dry_run_is_read_where_nothing_can_be_written(still_site: Site) -> None:
    with frozen(still_site.database) as source, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        source.rows("DELETE FROM stock RETURNING cell")
