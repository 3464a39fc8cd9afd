"""Lists of orders: every filter holds, pages are complete, and each runs on an index, however many are stored."""

import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, LiteralString

import msgspec
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orderline.core.orders.state import Order
from orderline.core.orders.status import Status, status_of
from orderline.store.loading import decode_state
from orderline.store.queries import query
from orderline.store.reading import finding, listing
from orderline.store.reading.documents import ask_order, load_order_documents, mask, mask_email
from orderline.store.reading.driving import Driver, choose, order_of
from orderline.store.reading.listed import OrderFilter, Place
from orderline.store.reading.listing import load_page
from store.busy import NAMES, BusyShop, busy_shop
from support.databases import Databases
from support.depth import deep
from support.engines import placed
from support.shop import NOON
from support.shop import order_of as new_order

READ_ONLY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=deep(50))
WHENS = st.none() | st.integers(0, 2_100).map(lambda hours: NOON - timedelta(hours=hours))
FILTERS = st.builds(
    OrderFilter,
    channels=st.sampled_from([(), ("web",), ("web", "market"), ("none",)]),
    email=st.sampled_from(["", "", "ann.3@example.com", "ANN*", "bob.1@example.com", "x@y.z"]),
    name=st.sampled_from(["", "", "ann", "Ann L", "cleo dubois", "zz"]),
    skus=st.sampled_from([(), (), ("TEE-M",), ("MUG", "EBOOK"), ("NO",)]),
    phases=st.sampled_from([(), (), ("routing",), ("held", "in_work"), ("delivered",), ("canceled", "accepted")]),
    payments=st.sampled_from([(), (), ("authorized",), ("paid", "paid_partly"), ("voided", "paid_partly"), ("none",)]),
    fulfillments=st.sampled_from([(), (), ("none",), ("planned",), ("partly", "delivered")]),
    tags=st.sampled_from([(), (), ("vip",), ("gift", "vip"), ("none",)]),
    placed_from=WHENS,
    placed_to=WHENS,
    has_hold=st.sampled_from([None, None, True, False]),
    is_test=st.sampled_from([None, None, True, False]),
    open_at=st.sampled_from([(), (), ("lyon",), ("lille", "lyon"), ("paris",)]),
    owners=st.sampled_from([(), (), ("routing",), ("risk", "lyon")]),
    next_steps=st.sampled_from([(), (), (), ("collect_payment",), ("supply", "collect_payment"), ("route", "supply")]),
    due_before=WHENS | st.just(NOON + timedelta(days=900)),
    q=st.sampled_from(["", "", "", "ann", "MUG", "b-17", "B-17", "bob.1@example.com", "1Z9", "so-10", "107"]),
    channels_seen=st.sampled_from([(), (), ("market",)]),
    locations_seen=st.sampled_from([(), (), ("lyon",)]),
)


def all_orders(busy: BusyShop) -> list[tuple[Order, Status, dict[str, Any]]]:
    rows = busy.database.rows(
        "SELECT o.state, o.owner, o.due_at, o.next_step, lower(p.name), lower(p.email) FROM orders o"
        " JOIN people p ON p.cell = o.cell AND p.token = o.person WHERE o.cell = %(cell)s"
    )
    found: list[tuple[Order, Status, dict[str, Any]]] = []
    for state, *about in rows:
        order = decode_state(state)
        told: dict[str, Any] = dict(zip(("owner", "due_at", "step", "name", "email"), about, strict=True))
        found.append((order, status_of(order), told))
    return found


def matches(order: Order, status: Status, about: dict[str, Any], f: OrderFilter) -> bool:
    email = f.email.lower()
    skus = {line.sku for line in order.lines}
    open_at = {each.location for each in order.fulfillments if each.execution in ("open", "in_progress")}
    named = [
        order.number.removeprefix("SO-").startswith(f.q.upper().removeprefix("SO-")), order.external_id == f.q, f.q in skus,
        about["email"].startswith(f.q.lower()) if "@" in f.q else about["name"].startswith(f.q.lower()),
        any(parcel.tracking_number == f.q for parcel in order.parcels),
    ]  # fmt: skip
    return all(
        (
            not f.channels or order.channel in f.channels,
            not f.channels_seen or order.channel in f.channels_seen,
            not f.locations_seen or {each.location for each in order.fulfillments} & set(f.locations_seen),
            about["email"].startswith(email[:-1]) if email.endswith("*") else not email or about["email"] == email,
            about["name"].startswith(f.name.lower()),
            not f.skus or skus & set(f.skus),
            not f.phases or status.phase in f.phases,
            not f.payments or status.payment in f.payments,
            not f.fulfillments or status.fulfillment in f.fulfillments,
            set(f.tags) <= set(order.tags),
            f.placed_from is None or order.placed_at >= f.placed_from,
            f.placed_to is None or order.placed_at < f.placed_to,
            f.has_hold is None or bool(order.holds) is f.has_hold,
            f.is_test is None or order.is_test is f.is_test,
            not f.open_at or open_at & set(f.open_at),
            not f.owners or about["owner"] in f.owners,
            not f.next_steps or about["step"] in f.next_steps,
            f.due_before is None or (about["due_at"] is not None and about["due_at"] < f.due_before),
            not f.q or any(named),
        )
    )


def sort_key(filter_: OrderFilter) -> Callable[[tuple[Order, Status, dict[str, Any]]], Any]:
    match order_of(filter_):
        case "placed":
            return lambda each: (-each[0].placed_at.timestamp(), -each[0].id.int)
        case "due":
            return lambda each: (each[2]["due_at"] is None, each[2]["due_at"], each[0].id)
        case _:
            return lambda each: -each[0].id.int


def read_all(busy: BusyShop, filter_: OrderFilter, most: int) -> list[Any]:
    found: list[Any] = []
    place: Place | None = None
    for _ in range(2_000):
        page = load_page(busy.source, filter_, most=most, after=place)
        assert len(page.items) <= most
        found += [row.id for row in page.items]
        place = page.place
        if place is None:
            return found
        assert place.order == order_of(filter_)
    raise AssertionError("the list has no end")


@READ_ONLY
@given(filter_=FILTERS, most=st.sampled_from([7, 50, 200]))
def test_a_list_has_what_its_filters_let_through_each_once_and_in_order(
    busy: BusyShop, filter_: OrderFilter, most: int
) -> None:
    expected = [each for each in all_orders(busy) if matches(*each, filter_)]
    assert read_all(busy, filter_, most) == [each[0].id for each in sorted(expected, key=sort_key(filter_))]


@READ_ONLY
@given(filter_=FILTERS)
def test_a_list_is_complete_when_pages_end_short(busy: BusyShop, filter_: OrderFilter) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listing, "SCAN", 40)
        patch.setattr(listing, "DENSE", 3)
        patch.setattr(finding, "MOST_SHARED", 10)
        patch.setattr(finding, "MOST_ORDERED", 15)
        patch.setattr(finding, "MOST_PEOPLE", 30)
        expected = [each[0].id for each in all_orders(busy) if matches(*each, filter_)]
        found = read_all(busy, filter_, 20)
    assert len(found) == len(set(found))
    assert set(found) == set(expected)


def test_pages_miss_nothing_and_repeat_nothing_while_orders_come_in(fresh_database: str) -> None:
    with busy_shop(fresh_database, orders=60) as shop:
        stop = threading.Event()

        def keep_placing() -> None:
            number = 0
            while not stop.is_set():
                placed(shop.engine, new_order(f"late-{number}", ("EBOOK", 1, 500), paid=None))
                number += 1

        writer = threading.Thread(target=keep_placing)
        writer.start()
        try:
            for _ in range(20):
                found = read_all(shop, OrderFilter(), 7)
                assert set(shop.ids) <= set(found)
                assert found == sorted(set(found), reverse=True)
        finally:
            stop.set()
            writer.join()


DRIVEN = [
    # filter                                                     must run on                in order, not sorted
    (OrderFilter(),                                              "orders_pkey",             True),
    (OrderFilter(phases=("held",)),                              "orders_by_phase",         True),
    (OrderFilter(phases=("held", "blocked")),                    "orders_by_phase",         False),
    (OrderFilter(fulfillments=("planned",)),                     "orders_by_phase",         False),
    (OrderFilter(payments=("declined",)),                        "orders_by_payment",       False),
    (OrderFilter(returns=("partly",)),                           "orders_by_returns",       False),
    (OrderFilter(email="a@b.c"),                                 "people_by_email",         True),
    (OrderFilter(skus=("MUG",)),                                 "order_lines_by_sku",      True),
    (OrderFilter(tags=("vip",)),                                 "orders_by_tag",           False),
    (OrderFilter(has_hold=True),                                 "holds_pkey",              True),
    (OrderFilter(open_at=("lyon",)),                             "fulfillment_orders_open", False),
    (OrderFilter(locations_seen=("lyon",)),                      "fulfillment_orders_by_location", False),
    (OrderFilter(placed_from=NOON),                              "orders_by_placed",        True),
    (OrderFilter(due_before=NOON),                               "orders_by_due",           True),
    (OrderFilter(owners=("risk",)),                              "orders_by_due",           True),
    (OrderFilter(next_steps=("supply", "collect_payment")),      "orders_waiting",          False),
    (OrderFilter(next_steps=("route",)),                         "orders_by_due",           True),
]  # fmt: skip


@pytest.fixture(scope="module")
def many(databases: Databases) -> Iterator[BusyShop]:
    """A shop with so many orders that plans matter."""
    with databases.migrated() as dsn, busy_shop(dsn, orders=60) as made:
        with psycopg.connect(dsn, autocommit=True) as connection:
            for statement in MULTIPLY:
                connection.execute(statement)
            connection.execute("ANALYZE")
        yield made


MULTIPLY: list[LiteralString] = [
    "INSERT INTO orders SELECT cell, gen_random_uuid(), number || '-' || g, channel, external_id || '-' || g, placed_at,"
    " phase, payment, fulfillment, returns, is_test, priority, currency, total_minor,"
    " CASE WHEN g % 97 = 0 THEN tags ELSE '{}' END, gen_random_uuid(), next_step, owner, due_at, version, intake_hash,"
    " '{}' FROM orders, generate_series(1, 400) AS g",
    "INSERT INTO people SELECT 0, person, id, number, number, '', NULL, NULL FROM orders WHERE state = '{}'",
    "INSERT INTO fulfillment_orders SELECT 0, gen_random_uuid(), id, 1, CASE WHEN version % 2 = 0 THEN 'lyon' ELSE 'x' END,"
    " 'closed', 'accepted', placed_at, placed_at, 0, 0, 0, 0, 0 FROM orders WHERE state = '{}'",
    "INSERT INTO parcels SELECT 0, gen_random_uuid(), id, 1, 1, 1, 'delivered', 'x', number, placed_at FROM orders"
    " WHERE state = '{}'",
]


@pytest.mark.parametrize(("filter_", "index", "ordered"), DRIVEN)
def test_candidates_come_from_an_index(many: BusyShop, filter_: OrderFilter, index: str, ordered: bool) -> None:
    plan = explain(many, filter_)
    assert index in plan
    assert "Seq Scan on " not in plan
    assert not (ordered and "Sort" in plan), plan


def test_what_waits_is_counted_by_what_is_open(many: BusyShop) -> None:
    steps = generic_plan(many, query("queues", "count_steps"))
    assert "orders_waiting" in steps
    assert "Seq Scan on orders" not in steps
    work = generic_plan(many, query("queues", "count_work"))
    assert "fulfillment_orders_open" in work
    returns = generic_plan(many, query("queues", "count_returns"))
    assert "return_items_waiting" in returns
    assert "return_items_by_custody" in returns


def test_a_tag_that_many_have_is_looked_for_among_the_newest(many: BusyShop) -> None:
    plan = generic_plan(many, listing.page_statement(Driver("from_tagged", {}), ["tags"]))
    assert "orders_tagged" in plan
    assert "Sort" not in plan
    assert "orders_tagged" in generic_plan(many, query("reading_lists", "count_tagged"))


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("find_by_email", "people_by_email"),
        ("find_by_name", "people_by_name"),
        ("find_newest_people", "people_pkey"),
        ("find_by_sku", "order_lines_by_sku"),
        ("find_codes", "parcels_by_tracking"),
        ("find_codes", "orders_cell_number_key"),
        ("find_codes", "orders_cell_channel_external_id_key"),
        ("find_newest_number", "orders_pkey"),
    ],
)
def test_texts_are_found_by_index(many: BusyShop, name: str, index: str) -> None:
    plan = generic_plan(many, query("reading_texts", name))
    assert index in plan
    assert "Seq Scan on " not in plan


def explain(busy: BusyShop, filter_: OrderFilter) -> str:
    driver, _ = choose(busy.source, filter_, None)
    assert driver is not None
    filters = [name for name in listing._filters(filter_) if name not in driver.applies]
    return generic_plan(busy, listing.page_statement(driver, filters))


def generic_plan(busy: BusyShop, text: LiteralString) -> str:
    """The plan that all readers share, made without knowing the parameters."""
    run: Any = busy.source.connection.execute
    names = list(dict.fromkeys(re.findall(r"%\((\w+)\)b", text)))
    numbered = re.sub(r"%\((\w+)\)b", lambda found: f"${names.index(found[1]) + 1}", text)
    nothing = ", ".join(["NULL"] * len(names))
    run(f"PREPARE asked AS {numbered}", prepare=False)
    try:
        return "\n".join(row[0] for row in run(f"EXPLAIN EXECUTE asked({nothing})", prepare=False))
    finally:
        run("DEALLOCATE asked", prepare=False)


def test_documents_of_many_orders_are_read_together(busy: BusyShop) -> None:
    asked = [ask_order(str(id_)) for id_ in busy.ids] + [ask_order("SO-0"), ask_order("nothing")]
    reads = load_order_documents(busy.source, asked)
    assert reads[-2:] == [None, None]
    journal = dict(busy.database.rows("SELECT order_id, count(*) FROM journal WHERE cell = %(cell)s GROUP BY 1"))
    for id_, read in zip(busy.ids, reads, strict=False):
        assert read is not None
        document = msgspec.json.decode(read.body)
        assert document["order"]["id"] == str(id_)
        assert [entry["seq"] for entry in document["timeline"]] == list(range(1, read.version + 1))
        assert len(document["timeline"]) == journal[id_]
        assert document["people"][0]["name"] in NAMES
        assert document["explain"]["phase"]["value"] == document["status"]["phase"]


def test_a_beginning_stands_for_few_numbers_or_none() -> None:
    assert finding.numbers_like("12", 130) == [12, *range(120, 130)]
    assert finding.numbers_like("12", 1205) == [12, *range(120, 130), *range(1200, 1206)]
    assert finding.numbers_like("12", 5) == []
    assert len(finding.numbers_like("1204", 2_000_000)) == 1_111
    assert finding.numbers_like("120", 2_000_000) == []


def test_the_timeline_is_that_of_the_version_that_was_read(busy: BusyShop) -> None:
    id_ = busy.ids[0]
    with psycopg.connect(busy.database.dsn) as other:  # rolled back at the end
        other.execute(
            "INSERT INTO journal (cell, order_id, seq, recorded_at, body, hash) SELECT cell, order_id, 99, recorded_at,"
            " body, hash FROM journal WHERE order_id = %s AND seq = 1",
            [id_],
        )
        from orderline.store.reading.source import Source

        read = load_order_documents(Source(other, 0), [ask_order(str(id_), parts=frozenset({"timeline"}))])[0]
        other.rollback()
    assert read is not None
    assert 99 not in {entry["seq"] for entry in msgspec.json.decode(read.body)["timeline"]}


def test_masked_texts_tell_people_apart_and_no_more() -> None:
    assert (mask("Ann van Lee"), mask(""), mask("+33 6")) == ("A*** v*** L***", "", "+*** 6***")
    assert (mask_email("ann@example.com"), mask_email("odd"), mask_email("")) == ("a***@example.com", "o***", "")
