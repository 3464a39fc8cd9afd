"""The rules of returns, by command."""

from typing import Final

from orderline.core.returns import carried, decide, grading, money, receiving, repairing, sending_back
from orderline.core.returns import commands as c
from orderline.core.returns import repair_commands as rc

RULES: Final = {
    c.RequestReturn: decide.decide_request,
    c.ApproveReturn: decide.decide_approve,
    c.DeclineReturn: decide.decide_decline,
    c.WithdrawReturn: decide.decide_withdraw,
    c.SendReturn: decide.decide_send,
    c.LabelReturn: carried.decide_label,
    c.TrackReturn: carried.decide_track,
    c.ReceiveReturn: receiving.decide_receive,
    c.GradeReturn: grading.decide_grade,
    c.DisposeReturn: grading.decide_dispose,
    rc.AssessReturn: repairing.decide_assess,
    rc.AnswerRepairQuote: repairing.decide_answer_quote,
    rc.FinishRepair: repairing.decide_finish,
    rc.ReplaceReturn: repairing.decide_replace,
    c.SendBackReturn: sending_back.decide_send_back,
    c.CreditReturn: money.decide_credit,
    c.DenyReturn: money.decide_deny,
    c.ExpireReturn: decide.decide_expire,
    c.SettleExpired: money.decide_settle_expired,
}
