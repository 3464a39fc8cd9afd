"""Money that did not come: asked for again, or paid by other means, each intention once."""

import msgspec

from orderline.core.orders import commands as c
from orderline.core.orders.state import Order, PaymentKind
from orderline.engine.engine import Engine
from orderline.engine.submissions import Submission
from orderline.store.loading import load_orders
from orderline.values.ids import OrderId
from support.engines import assert_clean, open_shop, placed, value
from support.shop import order_of

PAYS = "SELECT count(*) FROM outbox WHERE kind = 'pay'"


def order_in(engine: Engine, order: OrderId) -> Order:
    with engine.database.connection() as connection:
        return load_orders(connection, engine.database.cell, [order])[order]


def answer(engine: Engine, id_: OrderId, tender: int, *, declined: str = "") -> None:
    request = order_in(engine, id_).tenders[tender - 1].requests[0]
    about = {"key": request.key, "kind": PaymentKind.AUTHORIZE, "amount_minor": request.amount_minor}
    engine.run(c.AnswerPayment(order=id_, tender=tender, declined=declined, **about))


def test_a_declined_tender_is_asked_for_again_once_for_each_intention(engine: Engine) -> None:
    open_shop(engine, [("TEE-M", "lyon", 2)])
    id_ = placed(engine, order_of("A-1", ("TEE-M", 1, 2000), paid="requested"))
    answer(engine, id_, 1, declined="no_funds")
    again = Submission(command=c.RetryPayment(order=id_, tender=1), key="again")
    first, second = engine.submit(again).result(30), engine.submit(again).result(30)
    assert (first.answer, second.replayed) == (second.answer, True)
    assert value(engine.database, PAYS) == 2
    answer(engine, id_, 1)
    assert msgspec.json.decode(first.answer)["next_step"]["what"] == "authorize_payment"
    assert order_in(engine, id_).tenders[0].authorized_minor == 2000
    assert value(engine.database, "SELECT count(*) FROM outbox WHERE kind = 'route'") == 1
    assert_clean(engine.database)


def test_another_tender_takes_the_place_of_a_declined_one(engine: Engine) -> None:
    open_shop(engine, [("TEE-M", "lyon", 2)])
    id_ = placed(engine, order_of("A-1", ("TEE-M", 1, 2000), paid="requested"))
    answer(engine, id_, 1, declined="no_funds")
    tender = c.TenderInput(provider="sandbox", amount_minor=2000, token="tok", state="authorized", reference="auth-9")
    engine.run(c.AddTender(order=id_, tender=tender))
    order = order_in(engine, id_)
    assert [(each.given_up, each.authorized_minor) for each in order.tenders] == [("declined: no_funds", 0), ("", 2000)]
    assert value(engine.database, "SELECT phase FROM orders") == "routing"
    assert_clean(engine.database)
