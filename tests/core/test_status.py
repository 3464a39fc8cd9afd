"""Status is total and deterministic: every state that units and money can be in has one phase, and a next step."""

from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from orderline.core.moves import Units
from orderline.core.orders.actions import TABLE, actions_of
from orderline.core.orders.commands import AllocateUnits, Allotment
from orderline.core.orders.next_step import next_step_of
from orderline.core.orders.state import Hold, Negotiation, Order, PaymentKind, PaymentRequest
from orderline.core.orders.status import Phase, status_of
from support.shop import NOON, MemoryShop, order_of

some = st.integers(0, 2)
units = st.builds(Units, *(some for _ in Units.__struct_fields__))


def placed() -> Order:
    shop = MemoryShop([("TEE-M", "lyon", 5), ("MUG", "lyon", 5)])
    order = shop.place(order_of("A-1", ("TEE-M", 1, 2000), ("MUG", 1, 700)))
    shop.do(AllocateUnits(order=order, group=1, allotments=(Allotment(1, "eu", "lyon", 1),)))
    return shop.order(order)


BASE = placed()


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """Orders with anything anywhere, whether or not commands lead there."""
    lines = tuple(replace(line, units=draw(units)) for line in BASE.lines)
    requests = tuple(
        PaymentRequest(f"key-{number}", draw(st.sampled_from(PaymentKind)), 5, NOON, draw(st.booleans()))
        for number in range(draw(st.integers(0, 2)))
    )
    tender = replace(
        BASE.tenders[0],
        authorized_minor=draw(st.sampled_from([0, 1000, 2700])),
        captured_minor=draw(st.sampled_from([0, 1000, 2700])),
        voided_minor=draw(st.sampled_from([0, 1000])),
        refunded_minor=draw(st.sampled_from([0, 1000, 2700])),
        declined=draw(st.sampled_from(["", "no_funds"])),
        requests=requests,
    )
    hold = Hold(1, "fraud", ("allocate",), NOON, "somebody", owner="risk", due_at=NOON)
    fulfillment = replace(BASE.fulfillments[0], negotiation=draw(st.sampled_from(Negotiation)))
    return replace(
        BASE,
        lines=lines,
        tenders=draw(st.sampled_from([(), (tender,)])),
        holds=draw(st.sampled_from([(), (hold,)])),
        fulfillments=(fulfillment,),
        closed_at=draw(st.sampled_from([None, NOON])),
    )


@given(orders())
def test_every_state_has_one_status_and_what_is_open_a_next_step(order: Order) -> None:
    status = status_of(order)
    assert status_of(order) == status
    step = next_step_of(order, status.phase)
    if status.phase not in (Phase.CANCELED, Phase.CLOSED):
        assert step is not None
        assert step.owner
        assert step.due_at is not None
    assert [action.name for action in actions_of(order)] == [name for name, _, _ in TABLE]
    assert all(action.allowed or action.refused for action in actions_of(order))


@given(orders())
def test_a_held_order_is_held_and_an_ended_one_has_ended_whatever_else_is_true(order: Order) -> None:
    live = sum(line.units.total() - line.units.canceled for line in order.lines)
    phase = status_of(order).phase
    assert (phase is Phase.CANCELED) == (live == 0)
    if live and order.closed_at is not None:
        assert phase is Phase.CLOSED
    elif live and order.holds:
        assert phase is Phase.HELD


# What an order stands for at a phase, and what it is without.
LIFTED = {
    Phase.CLOSED: {"closed_at": None},
    Phase.HELD: {"holds": ()},
    Phase.BLOCKED: {"tenders": ()},
    Phase.ACCEPTED: {"tenders": ()},
}


@given(orders())
@example(replace(BASE, tenders=(replace(BASE.tenders[0], authorized_minor=0),)))
def test_a_phase_comes_before_those_that_it_hides(order: Order) -> None:
    order_of_phases = list(Phase)
    phase = status_of(order).phase
    hidden = status_of(replace(order, **LIFTED.get(phase, {}))).phase
    assert order_of_phases.index(phase) <= order_of_phases.index(hidden)
    assert (phase is hidden) == (phase not in LIFTED)
