"""Next steps of orders that a person has to take, and that no hold, decision request, return or fulfillment order shows."""

from typing import Final

# Few orders wait for one of these, so that an index on them alone costs those that go straight through nothing: migration
# 0091 names the same steps, and every query that is to use it does.
WAITED: Final = (
    "answer_cancel_request", "answer_dispute", "ask_provider", "authorize_by_hand", "capture_by_hand", "collect_payment",
    "decide_lost_parcel", "extend_by_hand", "pay_installment", "refund_again", "refund_by_hand", "resolve_decline",
    "supply", "void_by_hand",
)  # fmt: skip
