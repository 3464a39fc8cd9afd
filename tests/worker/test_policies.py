"""Routing by the policy that holds at the moment of the decision; what was decided can be made again."""

from datetime import UTC, datetime

import msgspec
import psycopg
import pytest

from orderline.core.decisions.asking import Asked, DecisionCause
from orderline.core.orders.commands import GroupInput
from orderline.core.policies.commands import ActivatePolicy, PutPolicy, RollBackPolicy, ShadowPolicy
from orderline.core.routing.model import Cause, Decision
from orderline.core.routing.replaying import encode_decision, route_again
from orderline.core.routing.simulating import compare_shadows
from orderline.core.stock.commands import PutLocation, PutSkus, SetSafety
from orderline.core.stock.state import Location, LocationKind, ShortPolicy, Sku
from orderline.core.stock.substitutes import Substitute
from orderline.engine.promising import PromiseAsked, Promised, Promiser, WantedLine
from orderline.engine.routing import compiled, dry_run, live_policies
from orderline.store.policies import load_recorded, shadows_between
from orderline.store.reading.source import open_source
from orderline.store.snapshots import frozen
from orderline.values.address import Address, Place
from orderline.values.ids import OrderId
from worker.site import PLACES, Site, until

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


def leaving(do: str) -> str:
    return FAR.replace('do = "queue"\nlabel = "nowhere"', f'do = "{do}"')


def test_the_customer_is_asked_about_units_that_a_rule_leaves(site: Site) -> None:
    site.stock(TEE_lyon=5)
    put(site, leaving("ask_customer"), 1)
    id_ = site.place(("TEE", 2))
    until(lambda: any(each.sent for each in site.order(id_).asked), "a question")
    order = site.order(id_)
    [asked] = order.asked
    assert (asked.cause, asked.to, asked.lines, asked.sent) == (DecisionCause.UNFILLABLE, Asked.CUSTOMER, (1,), True)
    assert order.lines[0].units.unplanned == 2
    [hold] = order.holds
    assert (hold.type, hold.reason) == ("unfillable", "2 x TEE: routing rule all/not lyon")
    site.until_no_jobs()
    site.verified()


def test_what_finds_no_location_in_time_is_canceled_by_the_rule_that_left_it(site: Site) -> None:
    site.stock(TEE_lyon=5)
    put(site, leaving("set_auto_cancel_days") + "days = 3\n", 1)
    id_ = site.place(("TEE", 2))
    until(lambda: site.order(id_).lines[0].auto_cancel, "a date")
    until(lambda: [job for job in site.jobs(kind="route") if job["attempts"]], "the units to wait all the same")
    site.verified()
    put(site, NEAR, 2)
    site.clock.forward(3_600)
    assert site.until_units(id_, "delivered", 2).lines[0].auto_cancel is None
    site.engine.run(RollBackPolicy(policy="main"))
    never = site.place(("TEE", 1))
    until(lambda: site.order(never).lines[0].auto_cancel, "a date")
    site.clock.forward(4 * 86_400)
    order = site.until_units(never, "canceled", 1)
    assert order.lines[0].auto_cancel is None
    site.until_no_jobs()
    site.verified()


def test_a_substitute_is_sent_for_what_a_rule_leaves(site: Site) -> None:
    site.stock(TEE_lyon=5, MUG_lille=5)
    site.engine.run(PutSkus(skus=(Sku("TEE", "A thing", substitutes=(Substitute(sku="MUG", consent=False),)),)))
    put(site, leaving("substitute"), 1)
    order = site.until_units(site.place(("TEE", 1)), "delivered", 1)
    assert [(line.sku, line.units.canceled, line.units.delivered) for line in order.lines] == [
        ("TEE", 1, 0), ("MUG", 0, 1),
    ]  # fmt: skip
    site.until_no_jobs()
    site.verified()


def test_a_group_that_was_to_go_at_once_goes_in_parts_where_a_rule_says_so(site: Site) -> None:
    site.stock(TEE_lyon=5, MUG_lille=5)
    put(site, leaving("split_group"), 1)
    address = Address(name="Ann", lines=("1 Rue X",), city="Lyon", postal_code="69001", country="FR")
    id_ = site.place(("TEE", 1), ("MUG", 1), groups=(GroupInput(address=address, ship_complete=True),))
    order = site.until_units(id_, "delivered", 1)
    assert [(line.sku, line.units.delivered) for line in order.lines] == [("TEE", 0), ("MUG", 1)]
    assert not order.agreement.groups[0].ship_complete
    until(lambda: site.jobs(kind="route"), "what is left to wait for a location")


def test_feeds_that_are_too_old_and_receipts_are_known_to_rules(site: Site) -> None:
    place = Place(country="FR", postal_code="59000", city="Lille")
    vendor = Location("vendor", "Vendor", LocationKind.VENDOR, "fr", place, feed_max_age_s=86_400)
    site.engine.run(PutLocation(location=vendor))
    site.engine.run(PutSkus(skus=(Sku("TEE", "A thing", short_policy=ShortPolicy.BACKORDER),)))
    put(site, FAR.replace('not_codes = ["lyon"]', "most_feed_age_minutes = 60"), 1)
    id_ = site.place(("TEE", 1))
    site.until_units(id_, "unplanned", 1)
    site.until_no_jobs()  # it is paid
    site.stock(TEE_vendor=1)
    site.until_units(id_, "allocated", 1)
    [(decision, recorded)] = load_recorded(site.database, id_)
    assert [each.location for each in decision.allotments] == ["vendor"]
    assert recorded.inputs.order.cause is Cause.RECEIPT
    assert recorded.inputs.locations["vendor"].feed_age_s is not None
    assert recorded.inputs.locations["vendor"].feed_age_s < 3600
    site.verified()


def test_what_is_promised_goes_by_the_version_that_holds(still_site: Site) -> None:
    site = still_site
    site.stock(TEE_lyon=5, TEE_lille=5)
    promiser, source = Promiser(site.database), open_source(site.database)
    asked = PromiseAsked(channel="web", lines=(WantedLine("TEE", 1),), place=PLACES["lyon"], methods=("standard",))

    def promised_from() -> tuple[str, str]:
        [told] = promiser.answer(source, [asked])
        assert isinstance(told, Promised)
        [part] = told.options[0].parts
        return part.location, told.options[0].policy

    assert promised_from()[0] == "lyon"
    put(site, FAR, 1)
    assert promised_from() == ("lille", "main@1")
    put(site, NEAR, 2)
    assert promised_from() == ("lyon", "main@2")
    risky = FAR.replace('not_codes = ["lyon"]', "keep_safety_stock = true")
    put(site, risky, 3)
    site.engine.run(SetSafety(sku="TEE", location="lyon", safety=5))
    assert promised_from() == ("lille", "main@3")
    source.connection.close()
