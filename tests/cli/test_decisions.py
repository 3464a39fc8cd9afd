"""`orderline decision`: what is open, what may be chosen, and the answer that was given on the phone."""

import json
from pathlib import Path

from cli.conftest import Run, place
from orderline.core.decisions.asking import DecisionCause
from orderline.core.decisions.commands import DraftDecision
from orderline.core.decisions.doubting import doubt_of
from orderline.core.orders.commands import HoldInput, PlaceHold
from orderline.engine.engine import Engine
from orderline.store.working import load_addresses, read_orders
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


def test_where_to_is_answered_on_the_phone_and_a_hold_is_put_to_somebody_else(
    run: Run, merchant: Engine, tmp_path: Path
) -> None:
    order, id_ = place(merchant), str(new_id())
    merchant.run(PlaceHold(order=order, hold=HoldInput(type="address")))
    known = read_orders(merchant.database, [order])[order]
    addresses = load_addresses(merchant.database, {known.person})
    doubt = doubt_of(known, 1, addresses)
    merchant.run(
        DraftDecision(decision=id_, order=order, cause=DecisionCause.ADDRESS, hold=1, doubt=doubt, by_hand=True)
    )
    assert "as given: " in run("decision", "show", "SO-1001").out
    assert run("order", "escalate", "SO-1001", "1", "--reason", "not ours", "--to", "dispatch", "--yes").status == 0
    assert "dispatch" in run("order", "show", "SO-1001").out
    file = tmp_path / "address.json"
    answering = ("decision", "answer", "SO-1001", "other", "--reason", "called us", "--address", str(file), "--yes")
    file.write_text("{}")
    assert run(*answering).status == 2
    file.write_text(
        json.dumps({"name": "Ann Lee", "lines": ["7 Quai"], "city": "Lyon", "postal_code": "69001", "country": "FR"})
    )
    assert "ANSWER_INCOMPLETE" in run("decision", "answer", "SO-1001", "other", "--reason", "called us", "--yes").err
    done = run(*answering)
    assert (done.status, done.err.rstrip().endswith("Done.")) == (0, True), done.err
    [group] = read_orders(merchant.database, [order])[order].agreement.groups
    assert load_addresses(merchant.database, {group.recipient})[group.recipient].lines == ("7 Quai",)
    assert run("verify").status == 0
