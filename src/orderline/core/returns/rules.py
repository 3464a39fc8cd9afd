"""The rules of returns, by command."""

from typing import Final

from orderline.core.returns import carried, decide, grading, receiving
from orderline.core.returns import commands as c

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
    c.CreditReturn: decide.decide_credit,
    c.DenyReturn: decide.decide_deny,
    c.ExpireReturn: decide.decide_expire,
    c.SettleExpired: decide.decide_settle_expired,
}
