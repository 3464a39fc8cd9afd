"""`orderline decision`: what is open, what may be chosen, and the answer that was given on the phone."""

from cli.conftest import Run, place
from orderline.core.decisions.asking import DecisionCause
from orderline.core.decisions.commands import DraftDecision
from orderline.core.orders.commands import HoldInput, PlaceHold
from orderline.engine.engine import Engine
from orderline.values.ids import OrderId, new_id


def asked(engine: Engine) -> tuple[OrderId, str]:
    """An order that waits for somebody to approve it."""
    order, id_ = place(engine), str(new_id())
    engine.run(PlaceHold(order=order, hold=HoldInput(type="manual", reason="a large order")))
    engine.run(DraftDecision(decision=id_, order=order, cause=DecisionCause.APPROVAL, hold=1, by_hand=True))
    return order, id_


def test_a_question_is_listed_shown_and_answered_by_its_order(run: Run, merchant: Engine) -> None:
    assert "Nobody is asked anything." in run("decision", "list").err
    _, id_ = asked(merchant)
    listed = run("decision", "list").out
    assert "SO-1001  an approval  approver  sent" in listed
    assert id_ in listed
    shown = run("decision", "show", "SO-1001").out
    assert "May it go on?" in shown
    assert "Without an answer by" in shown
    assert "Nothing was done" in run("decision", "answer", "SO-1001", "approve", "--reason", "called us").err
    wrong = run("decision", "answer", "SO-1001", "fly", "--reason", "called us", "--yes")
    assert (wrong.status, "OPTION_UNKNOWN" in wrong.err, "approve" in wrong.err) == (1, True, True)
    assert run("decision", "answer", "SO-1001", "approve", "--reason", "called us", "--yes").status == 0
    assert "Answered approve (staff by" in run("decision", "show", id_).out
    drawn = run("order", "show", "SO-1001").out
    assert "approver decided about an approval, told to staff:" in " ".join(drawn.split())
    assert "Nothing is asked about SO-1001." in run("decision", "show", "SO-1001").err


def test_a_question_that_is_none_is_withdrawn(run: Run, merchant: Engine) -> None:
    _, id_ = asked(merchant)
    assert run("decision", "withdraw", id_, "--reason", "found a spare", "--yes").status == 0
    assert run("decision", "list", "--state", "withdrawn", "--json").json[0]["reason"] == "found a spare"
    assert "question about an approval withdrawn: found a spare" in " ".join(
        run("order", "show", "SO-1001").out.split()
    )
